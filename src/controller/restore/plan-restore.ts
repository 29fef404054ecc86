import { type ConsumerChange, isEffective } from '../../consumers/change-list.ts';
import { type Consumer, MOST_CONSUMERS } from '../../consumers/consumer.ts';
import { changesToList, listBefore } from '../../consumers/list-before.ts';
import { counted } from '../../policy/counted.ts';
import { digestOf } from '../../policy/digest.ts';
import { isRecord } from '../../policy/is-record.ts';
import type { ScopeVerb } from '../../rollout/acts/scope.ts';
import type { AuditEntry, RolloutRecord } from '../../rollout/record.ts';
import { type RolloutRestore, restoreOf } from '../../rollout/restore/rollout-restore.ts';
import { type Rollout, stageName } from '../../rollout/state.ts';
import type { ListedConsumer } from '../../store/store.ts';
import type { ControllerPorts } from '../ports.ts';
import { declaredRoute } from '../start.ts';
import { entriesSince, entryOf, type PastAudit, pastOf } from './read-past.ts';

export interface PastPorts {
  readonly controller: ControllerPorts;
  readonly audit: PastAudit;
  /** Whether a route says what its consumers are known by. */
  readonly knowsConsumers: (route: string) => boolean;
}

/** What a restore would do, by what is stored now. */
export interface RestorePlan {
  readonly entry: AuditEntry;
  /** The rollout that runs, also one that had not begun then. */
  readonly rollout: Rollout | null;
  /** The rollout that ran then and runs still, and what of it is put back. */
  readonly running: { readonly record: RolloutRecord; readonly restore: RolloutRestore } | null;
  readonly list: readonly ListedConsumer[];
  readonly changes: readonly ConsumerChange[];
  /** What stays although it differs, or may, each in a sentence. */
  readonly left: readonly string[];
  /** By which a person would do all of it without a restore. */
  readonly verbs: readonly ScopeVerb[];
  /** Identifies what it was computed from. */
  readonly tag: string;
  /** The newest entry of the route. */
  readonly last: AuditEntry;
}

const HISTORY = 1_000;

/** Throws Problem('not-found') for an unknown route, and for an entry that is not of it. */
export async function planRestore(ports: PastPorts, route: string, seq: number): Promise<RestorePlan> {
  const { controller, audit } = ports;
  const { store } = controller;
  declaredRoute(controller, route);
  const entry = await entryOf(audit, route, seq);
  const since = await entriesSince(audit, { route }, seq);
  const [record] = await store.rollouts.list({ route, active: true, limit: 1 });
  const list = await store.consumers.list(route);
  const past = record ? await pastOf(audit, record.rollout, entry, since) : null;
  const restore = record && past ? restoreOf(record.rollout, past) : null;
  const listed = await planList(ports, { route, list, since, entry });
  const running = record && restore ? { record, restore } : null;
  const verbs = [
    ...(restore?.parts.map(({ verb }) => verb) ?? []),
    ...(listed.changes.length > 0 ? (['consumers'] as const) : []),
  ];
  return {
    entry,
    rollout: record?.rollout ?? null,
    running,
    list,
    changes: listed.changes,
    left: [
      ...(restore?.left ?? []),
      ...(await leftOfRollouts(ports, entry, record, past !== null)),
      ...stablesSince(since),
      ...listed.left,
    ],
    verbs,
    tag: digestOf({
      rollout: record ? [record.rollout.id, record.rollout.version] : null,
      list: list.map(consumerOf),
    }).slice(0, 32),
    last: since[0] ?? entry,
  };
}

function consumerOf({ route: _route, changedAt: _changedAt, ...consumer }: ListedConsumer): Consumer {
  return consumer;
}

interface ListPast {
  readonly route: string;
  readonly list: readonly ListedConsumer[];
  readonly since: readonly AuditEntry[];
  readonly entry: AuditEntry;
}

async function planList(
  { audit, knowsConsumers }: PastPorts,
  { route, list, since, entry }: ListPast,
): Promise<{ readonly changes: readonly ConsumerChange[]; readonly left: readonly string[] }> {
  const stays = (why: string) => ({ changes: [], left: [`${why}: the list of consumers stays as it is.`] });
  const now = list.map(consumerOf);
  const before = listBefore(now, since);
  if ('lostAt' in before) {
    return stays(`Entry ${before.lostAt} is by an older Serin and does not keep all that puts a consumer back`);
  }
  const changes = changesToList(now, before.list, `as before entry ${entry.seq}`).filter(isEffective);
  if (changes.length === 0) return { changes, left: [] };
  if (!knowsConsumers(route)) return stays(`Route ${route} does not say what a consumer is known by (consumerKey)`);
  const house = await entriesSince(audit, { route: '' }, entry.seq);
  const renewed = house.find(({ event }) => event.kind === 'secretReplaced');
  if (renewed) {
    return stays(
      `The secret that credentials are hashed with was replaced since (entry ${renewed.seq}), so that those of then are not recognised any more`,
    );
  }
  const rekeyed = house.find((one) => changesKey(one, route));
  if (rekeyed) {
    return stays(
      `What consumers of ${route} are known by was changed in serin.yaml since (entry ${rekeyed.seq}), so that those of then may not be recognised`,
    );
  }
  if (before.list.length > MOST_CONSUMERS && before.list.length > now.length) {
    return stays(
      `The list of then has ${counted(before.list.length, 'consumer')}, and a route lists at most ${MOST_CONSUMERS.toLocaleString('en-US')}`,
    );
  }
  return { changes, left: [] };
}

function changesKey({ event, before, after }: AuditEntry, route: string): boolean {
  const path = `routes.${route}.consumerKey`;
  return event.kind === 'configReloaded' && [before, after].some((side) => isRecord(side) && Object.hasOwn(side, path));
}

/** The rollout that runs now is another one than then, or none. */
async function leftOfRollouts(
  { controller }: PastPorts,
  entry: AuditEntry,
  record: RolloutRecord | undefined,
  hadBegun: boolean,
): Promise<readonly string[]> {
  if (hadBegun) return [];
  const history = await controller.store.rollouts.list({ route: entry.route, active: false, limit: HISTORY });
  const then = history.find(
    ({ rollout: { startedAt, endedAt } }) => startedAt <= entry.at && endedAt !== null && endedAt >= entry.at,
  );
  const mayRetry = then?.rollout.stage.kind !== 'finalised' && record === undefined;
  return [
    ...(then
      ? [
          `The rollout of ${then.rollout.canary.version} that ran then is over (${stageName(then.rollout.stage)}): it does not run again${mayRetry ? ', and retry begins a new attempt' : ''}.`,
        ]
      : []),
    ...(record
      ? [`The rollout of ${record.rollout.canary.version} had not begun then: it stays as it is, and abort ends it.`]
      : []),
  ];
}

/** A version that nothing tested since gets no traffic by a restore. */
function stablesSince(since: readonly AuditEntry[]): readonly string[] {
  return since
    .filter(
      ({ event }) =>
        event.kind === 'rolloutFinalised' || event.kind === 'finalisedByHand' || event.kind === 'stableDeclared',
    )
    .slice(0, 1)
    .map(
      ({ seq }) =>
        `The route has another stable since entry ${seq}: it stays, and the way back to the former one is a rollout of it.`,
    );
}
