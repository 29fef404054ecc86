import type { StepContext } from '../../src/judge/input.ts';
import { type Look, look, openJudgement } from '../../src/judge/judge.ts';
import type { Verdict } from '../../src/judge/verdict.ts';
import type { Policy } from '../../src/policy/schema.ts';
import type { Random } from './random.ts';
import { type Behaviour, simulateBlock } from './simulated-traffic.ts';

/** What the traffic is at a time, in ms since the rollout began. */
export interface Traffic {
  readonly requestsPerSecond: number;
  readonly stable: Behaviour;
  readonly canary: Behaviour;
}

export interface Outcome {
  readonly end: 'promoted' | 'harmful' | 'time-out';
  /** Time in each compared step, in ms. */
  readonly stepMs: readonly number[];
  readonly last: Verdict;
  /** The largest combined log evidence that any look reported. */
  readonly highest: number;
}

/**
 * Runs a rollout on virtual time: a warm-up at weight 0, then each weight step until `at-parity`, one look a block.
 */
export function runRollout(
  policy: Policy,
  random: Random,
  trafficAt: (ms: number) => Traffic,
  limits: { readonly internalMs: number; readonly longestStepMs: number },
): Outcome {
  const blockMs = policy.spec.judge.block;
  const weights = policy.spec.steps.flatMap((step) => ('weight' in step ? [step.weight] : []));
  let state = openJudgement(policy);
  let now = 0;
  let highest = Number.NEGATIVE_INFINITY;
  const stepMs: number[] = [];

  let last = during({ kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 }, 0);
  while (now < limits.internalMs) last = during(contextOf('internal', 0), 0);
  for (const [index, canaryBps] of weights.entries()) {
    const began = now;
    const context = contextOf('weight', index);
    for (;;) {
      last = during(context, canaryBps);
      if (last.verdict.name === 'harmful') return ended('harmful', began);
      if (last.verdict.name === 'at-parity') break;
      if (now - began >= limits.longestStepMs) return ended('time-out', began);
    }
    stepMs.push(now - began);
  }
  return { end: 'promoted', stepMs, last: last.verdict, highest };

  function contextOf(kind: 'internal' | 'weight', index: number): StepContext {
    const position = index === weights.length - 1 ? 'last' : index === 0 ? 'first' : 'middle';
    return { kind, index, position, splitEpoch: kind === 'internal' ? 1 : index + 2, appliedAt: now };
  }

  function during(step: StepContext, canaryBps: number): Look {
    const { requestsPerSecond, stable, canary } = trafficAt(now);
    const span = { startedAt: now, durationMs: blockMs, splitEpoch: step.splitEpoch, canaryBps, requestsPerSecond };
    const block = simulateBlock(random, span, stable, canary);
    now += blockMs;
    const result = look(policy, state, { at: now, blocks: [block], unusable: null, step, skippedChecks: [] });
    state = result.state;
    highest = Math.max(highest, result.verdict.logEvidence);
    return result;
  }

  function ended(end: 'harmful' | 'time-out', began: number): Outcome {
    return { end, stepMs: [...stepMs, now - began], last: last.verdict, highest };
  }
}
