import { Problem } from '../../problem/problem.ts';
import { STILL_RUNS } from '../../rollout/acts/acts.ts';
import { type Change, type Deed, eventOf, namingThoseLeft, rebasedOn } from '../../rollout/acts/deed.ts';
import type { Preview } from '../../rollout/acts/outcome.ts';
import { previewOf, previewOfRetry, previewOfSame, refusedPreview } from '../../rollout/acts/preview.ts';
import type { Actor } from '../../rollout/event.ts';
import { noEvidence } from '../../rollout/evidence.ts';
import { ordered } from '../../rollout/eyes/asked.ts';
import { noSuchRollout, type RolloutRecord } from '../../rollout/record.ts';
import { whyNotAsRepair } from '../../rollout/repair.ts';
import { isEnded } from '../../rollout/state.ts';
import { begin } from '../../rollout/transition.ts';
import { changeFor } from '../commit.ts';
import { orRemembered } from '../patience.ts';
import type { ControllerPorts } from '../ports.ts';
import { declaredRoute, loadedPolicy, readHistory, sameRollout, stableOf } from '../start.ts';
import { sameVersion } from './start-refusal.ts';
import { around, owedTo, policyNow, whyNoRetry } from './surroundings.ts';

interface Asker {
  readonly by: Actor;
  readonly reason: string;
}

/**
 * What a verb would do now: the change that it would commit, which is not committed. A refusal is part of the answer. Works without
 * the database as far as the verb does.
 */
export async function previewDeed(ports: ControllerPorts, id: string, deed: Deed, who: Asker): Promise<Preview> {
  const { store, memory } = ports;
  const found = await orRemembered(
    () => store.rollouts.find(id),
    () => memory.looks.find(id),
  );
  if (!found) throw noSuchRollout(id);
  try {
    return deed.verb === 'retry'
      ? await previewRetry(ports, found, who)
      : previewOverride(ports, settled(ports, found), deed, who);
  } catch (error) {
    if (!(error instanceof Problem) || !REFUSALS.has(error.code)) throw error;
    return refusedPreview(settled(ports, found).rollout.version, error.message);
  }
}

/** Those by which a verb is refused for what it finds, whoever asks again. */
const REFUSALS: ReadonlySet<string> = new Set(['refused', 'conflict', 'forbidden', 'invalid-input', 'not-found']);

/** The rollout once what the gateway has done is recorded, which comes before any verb. */
function settled(ports: ControllerPorts, record: RolloutRecord): RolloutRecord {
  const owed = owedTo(ports, record.rollout);
  if (owed === null) return record;
  const { rollout, evidence } = changeFor(ports, record, owed, null);
  return { rollout, evidence };
}

function previewOverride(ports: ControllerPorts, before: RolloutRecord, deed: Change, { by, reason }: Asker): Preview {
  const { at, needsOld } = around(ports, before);
  const { route, policy } = before.rollout;
  const meant =
    deed.verb === 'rebase'
      ? rebasedOn(loadedPolicy(ports, policy.metadata.name))
      : namingThoseLeft(eventOf(deed), needsOld);
  const noRepair = whyNotAsRepair(before, meant);
  if (noRepair !== null) throw new Problem('refused', noRepair);
  const event = ordered(before.rollout, meant, at);
  const change = changeFor(ports, before, { event, at, actor: by, reason, needsOld }, null);
  const { rollout: after, evidence, deliveries } = change;
  return previewOf({ deed, event, before, after, evidence, deliveries, listed: ports.listed(route), at });
}

async function previewRetry(ports: ControllerPorts, record: RolloutRecord, { by, reason }: Asker): Promise<Preview> {
  const { rollout } = record;
  if (!isEnded(rollout)) throw new Problem('refused', STILL_RUNS);
  const { canary } = rollout;
  const route = declaredRoute(ports, rollout.route);
  const policy = policyNow(ports, rollout.policy.metadata.name);
  if ('refused' in policy) throw new Problem('invalid-input', policy.refused);
  const history = await readHistory(ports, route.name);
  const running = history.filter((one) => !isEnded(one.rollout));
  const same = running.find((one) => sameRollout(one, canary, policy));
  if (same) return previewOfSame(record, same.rollout);
  const stable = await stableOf(ports, route);
  const refusal = whyNoRetry(ports, record, { policy, running, stable, by });
  if (refusal !== null) throw new Problem('refused', refusal);
  const at = ports.memory.time.estimate();
  const earlier = history.filter((one) => sameVersion(one.rollout.canary, canary));
  const begun = begin(
    {
      kind: 'rolloutStarted',
      id: rollout.id,
      route: route.name,
      attempt: earlier.length + 1,
      recentAttempt: 1,
      stable,
      canary,
      policy: policy.policy,
      policyDigest: policy.digest,
      splitEpoch: 0,
      ...(route.router === undefined || route.router === 'gateway' ? {} : { router: route.router }),
    },
    at,
    { by, reason },
  );
  const first = { rollout: begun, evidence: noEvidence(policy.policy, at) };
  const change = changeFor(ports, first, { event: { kind: 'preflightPassed' }, at, actor: by, reason }, null);
  return previewOfRetry(record, change.rollout, change.deliveries);
}
