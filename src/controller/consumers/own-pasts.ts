import { DAY_MS, utcDayOf } from '../../consumers/ledger/consumer-day.ts';
import { addedUp, compareWithPast, LEDGER_ALPHA, type OwnPast } from '../../consumers/ledger/own-past.ts';
import { ownPastInWords } from '../../consumers/ledger/own-past-words.ts';
import { pastsOf } from '../../consumers/ledger/past.ts';
import type { Compared, ConsumersSeen, WorseOff } from '../../rollout/evidence.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import type { Rollout } from '../../rollout/state.ts';
import type { ListedConsumer } from '../../store/store.ts';
import type { ControllerPorts } from '../ports.ts';

/** How far back the past of a consumer is read. */
const PAST_DAYS = 28;
const AT_ONCE = 20;

/** How those fare who were moved. Nobody is compared before the steps, when no rule counts. */
export async function compareMoved(
  { store }: Pick<ControllerPorts, 'store'>,
  { rollout, evidence }: RolloutRecord,
  list: readonly ListedConsumer[],
  at: number,
): Promise<Pick<ConsumersSeen, 'compared' | 'worse'>> {
  const moved = list.filter(({ rule }) => rule === 'canary');
  if (rollout.stage.kind !== 'step' || moved.length === 0) return {};
  const [stable, canary] = [rollout.stable.version, rollout.canary.version];
  const fromDay = utcDayOf(at - PAST_DAYS * DAY_MS);
  const { days } = await store.consumerLedger.read(rollout.route, { fromDay, consumers: list });
  const pasts = pastsOf(list, days);
  const others = addedUp(list.filter(({ rule }) => rule !== 'canary').flatMap(({ name }) => pasts.get(name) ?? []));
  const terms = { alpha: LEDGER_ALPHA, consumers: list.length, phi: rollout.policy.spec.judge.dispersion.initial };
  const found: { readonly name: string; readonly past: OwnPast }[] = [];
  for (const [index, consumer] of moved.entries()) {
    const own = pasts.get(consumer.name) ?? [];
    const asked = { stable, canary, sinceDay: firstDay(rollout, consumer), own, others };
    found.push({ name: consumer.name, past: compareWithPast(asked, terms) });
    // The gateway answers requests in the same process.
    if (index % AT_ONCE === AT_ONCE - 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const named = (kind: 'alike' | 'too-few') => found.filter(({ past }) => past.kind === kind).map(({ name }) => name);
  const compared: Compared = { moved: moved.length, tooFew: named('too-few').length, alike: named('alike') };
  const known = new Map((evidence.consumers?.worse ?? []).map(({ name, since }) => [name, since]));
  const worse = found
    .filter(({ past }) => past.kind === 'worse')
    .map(({ name, past }): WorseOff => {
      return { name, since: known.get(name) ?? at, says: ownPastInWords(past, { stable, canary }) };
    });
  return { compared, ...(worse.length === 0 ? {} : { worse }) };
}

/**
 * The first day that counts for a consumer: that of its move. What an earlier attempt of the version answered, or the version before the
 * consumer was taken back and moved again, would be held against it, so that these begin on the day after.
 */
function firstDay({ startedAt, recentAttempt, movedBack = {} }: Rollout, { name, changedAt }: ListedConsumer): string {
  const started = recentAttempt > 1 ? startedAt + DAY_MS : startedAt;
  // A consumer may have the name of something that every object has.
  const back = Object.hasOwn(movedBack, name) ? movedBack[name] : undefined;
  return utcDayOf(Math.max(changedAt, started, back === undefined ? 0 : back + DAY_MS));
}
