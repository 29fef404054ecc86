import { type Policy, type PolicyDocument, policySchema } from '../../src/policy/schema.ts';
import { announce, type Installation } from '../../src/rollout/announce.ts';
import { type Happening, SERIN, type StartedEvent } from '../../src/rollout/event.ts';
import { noEvidence } from '../../src/rollout/evidence.ts';
import type { Message } from '../../src/rollout/message.ts';
import type { TransitionContext } from '../../src/rollout/move.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import { begin, transition } from '../../src/rollout/transition.ts';

export const T0 = Date.UTC(2026, 0, 1);

/** A policy of two weight steps with a gate in the internal phase; `spec` replaces what a test cares about. */
export function policyOf(spec: Partial<PolicyDocument['spec']> = {}): Policy {
  return policySchema.parse({
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'two-steps' },
    spec: {
      internal: { requests: 5, maxErrors: 0, gates: ['integration-tests'] },
      steps: [
        { weight: '10%', dwell: '1m' },
        { weight: '50%', dwell: '2m' },
      ],
      bake: { dwell: '1m' },
      ...spec,
      judge: { warmUp: '0s', ...spec.judge },
    },
  });
}

export function startedEvent(policy: Policy = policyOf()): StartedEvent {
  return {
    kind: 'rolloutStarted',
    id: '019ac000-0000-7000-8000-000000000001',
    route: 'payments',
    attempt: 1,
    recentAttempt: 1,
    stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
    canary: { url: 'http://127.0.0.1:9002/', version: 'v2' },
    policy,
    policyDigest: 'sha256:first',
    splitEpoch: 3,
  };
}

export function context(over: Partial<TransitionContext> = {}): TransitionContext {
  return { at: T0 + 1_000, actor: { name: 'ada', role: 'operator' }, reason: 'because', ...over };
}

/** A rollout that stands in the stage named, reached by nothing but events. */
export function rolloutIn(stage: string, policy: Policy = policyOf()): Rollout {
  let rollout = begin(startedEvent(policy), T0);
  const wanted = (): boolean =>
    stage === (rollout.stage.kind === 'step' ? `step-${rollout.stage.index + 1}` : rollout.stage.kind);
  const ends = { 'rolled-back': 'rolledBack', aborted: 'aborted' } as const;
  if (stage in ends) {
    return apply(rolloutIn('step-1', policy), { kind: ends[stage as keyof typeof ends] });
  }
  while (!wanted()) rollout = next(rollout);
  return rollout;
}

function next(rollout: Rollout): Rollout {
  const { stage } = rollout;
  switch (stage.kind) {
    case 'preflight':
      return apply(rollout, { kind: 'preflightPassed' });
    case 'internal':
      return apply(rollout, { kind: 'internalPassed', reason: '5 forced requests, 0 failed' });
    case 'step': {
      const last = stage.index + 1 === rollout.policy.spec.steps.length;
      return apply(rollout, { kind: 'advanced', to: last ? 'bake' : `step-${stage.index + 2}` });
    }
    case 'bake':
      return apply(rollout, { kind: 'bakePassed', reason: 'baked for 1m within its guards' });
    case 'promoted':
      return apply(rollout, { kind: 'rolloutFinalised', reason: 'the canary is the stable now' });
    default:
      throw new Error(`nothing comes after ${stage.kind}`);
  }
}

export function apply(
  rollout: Rollout,
  event: Parameters<typeof transition>[1],
  over: Partial<TransitionContext> = {},
): Rollout {
  const moved = transition(rollout, event, context(over));
  if (moved.kind === 'refused') throw new Error(moved.reason);
  return moved.rollout;
}

/** The event as it comes: from Serin when it is a machine's, from ada when it is a person's. */
export function happening(event: Happening['event'], reason = 'because', at = T0): Happening {
  const isMachine = 'reason' in event || event.kind === 'preflightPassed';
  return { event, at, actor: isMachine ? SERIN : { name: 'ada', role: 'operator' }, reason: isMachine ? '' : reason };
}

/** What is told when the event happens to a rollout. */
export function announced(
  before: Rollout,
  event: Happening['event'],
  installation: Installation = {},
): readonly Message[] {
  const seen = noEvidence(before.policy, T0);
  return announce(before, apply(before, event), happening(event), seen, installation);
}

/** Why the event is refused; fails when it is not. */
export function refusal(
  rollout: Rollout,
  event: Parameters<typeof transition>[1],
  over: Partial<TransitionContext> = {},
): string {
  const moved = transition(rollout, event, context(over));
  if (moved.kind === 'moved') throw new Error(`${event.kind} was not refused`);
  return moved.reason;
}
