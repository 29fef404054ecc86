import { messageOf } from '../../problem/log.ts';
import { Problem } from '../../problem/problem.ts';
import { type Act, actsOf, type Surroundings } from '../../rollout/acts/acts.ts';
import { type Actor, type Happening, SERIN } from '../../rollout/event.ts';
import { type NeedsOld, whoNeedsOld } from '../../rollout/needs/old-version.ts';
import { mayHoldHarm } from '../../rollout/on-harm.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import { isEnded } from '../../rollout/state.ts';
import type { ListedRule, Upstream } from '../../split/order.ts';
import { owedEvent, type PolicyNow } from '../memory.ts';
import type { ControllerPorts } from '../ports.ts';
import { declaredRoute, loadedPolicy, sameRollout } from '../start.ts';
import { refuseToStart } from './start-refusal.ts';

/** Views are asked for every second, and a policy is a file. */
const POLICY_AGE_MS = 1_000;
/** An act that is shown is for whoever sees it; who may not name an upstream is told when they try. */
const ANYBODY: Actor = { name: '', role: 'admin' };

/** What may be done to a rollout now, by what this process remembers: no database is asked. */
export function actsNow(ports: ControllerPorts, record: RolloutRecord): readonly Act[] {
  const { rollout } = record;
  const { memory } = ports;
  const policy = recentPolicy(ports, rollout.policy.metadata.name);
  const running = memory.looks.known().filter((known) => known.rollout.route === rollout.route);
  const stable = memory.stables.get(rollout.route) ?? null;
  return actsOf(record, {
    ...around(ports, record),
    policy,
    startRefused: whyNoRetry(ports, record, { policy, running, stable, by: ANYBODY }),
  });
}

/** What is known without asking anybody. */
export function around(
  ports: ControllerPorts,
  record: RolloutRecord,
): Omit<Surroundings, 'policy' | 'startRefused'> & { readonly needsOld: NeedsOld } {
  const { rollout } = record;
  return {
    at: ports.memory.time.estimate(),
    needsOld: needsOldOf(record, ports.listed(rollout.route)),
    owed: owedTo(ports, rollout),
  };
}

/** Whom a change to 100 % would give the canary before they were moved. What is not listed is known as of the last look. */
export function needsOldOf(
  { rollout, evidence }: RolloutRecord,
  listed: readonly Pick<ListedRule, 'name' | 'rule'>[],
): NeedsOld {
  return whoNeedsOld(rollout, listed, evidence.consumers?.needsOld.unlisted ?? null);
}

/** What `settle` would record before anything else. */
export function owedTo(
  { memory }: Pick<ControllerPorts, 'memory'>,
  rollout: RolloutRecord['rollout'],
): Happening | null {
  if (isEnded(rollout)) return null;
  const done = memory.unrecorded.get(rollout.id);
  if (done) return { event: done.event, at: done.at, actor: done.by, reason: done.reason };
  const event = owedEvent(memory, rollout.id);
  if (event === null || rollout.stage.kind === 'preflight') return null;
  if (event.kind === 'harmHeld' && !mayHoldHarm(rollout)) return null;
  return { event, at: memory.time.estimate(), actor: SERIN, reason: '' };
}

/** The policy as its file has it, or the sentence by which a command that reads it is refused. */
export function policyNow(ports: Pick<ControllerPorts, 'policy' | 'policyNames'>, name: string): PolicyNow {
  try {
    return loadedPolicy(ports, name);
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

/** The same, as it was at most a second ago. */
export function recentPolicy(ports: ControllerPorts, name: string): PolicyNow {
  const { policies } = ports.memory;
  const readAtMs = ports.monotonic();
  const known = policies.get(name);
  if (known && readAtMs - known.readAtMs < POLICY_AGE_MS) return known.read;
  const read = policyNow(ports, name);
  policies.set(name, { readAtMs, read });
  return read;
}

interface Grounds {
  readonly policy: PolicyNow;
  /** Rollouts of the route that have not ended. */
  readonly running: readonly RolloutRecord[];
  /** Null when it is not known. */
  readonly stable: Upstream | null;
  readonly by: Actor;
}

/** Why `retry` would be refused before the canary and the sources are asked; null where it would not be. */
export function whyNoRetry(
  ports: Pick<ControllerPorts, 'operatorUpstream' | 'routes'>,
  { rollout }: RolloutRecord,
  { policy, running, stable, by }: Grounds,
): string | null {
  if (!isEnded(rollout)) return null;
  try {
    const route = declaredRoute(ports, rollout.route);
    if ('refused' in policy) return policy.refused;
    const { canary } = rollout;
    if (running.some((record) => sameRollout(record, canary, policy))) return null;
    const command = { replace: false, force: true };
    const served = stable ?? route.stable;
    refuseToStart(ports, { command, by, route, loaded: policy, canary, stable: served, history: running });
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}
