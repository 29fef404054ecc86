import type { Verdict, VerdictName } from '../../src/judge/verdict.ts';
import type { Facts } from '../../src/rollout/decide.ts';
import { type Evidence, noEvidence } from '../../src/rollout/evidence.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import { T0 } from './rollouts.ts';

export const MINUTE = 60_000;

export function verdict(name: VerdictName): Verdict {
  return {
    name,
    reason: `it is ${name}`,
    logEvidence: 0,
    logThreshold: 6.9,
    logHold: 3,
    findings: [],
    worst: null,
    needs: null,
    forecast: null,
  };
}

/** Of a stage whose dwell is over. */
export function evidence(rollout: Rollout, over: Partial<Evidence> = {}): Evidence {
  return { ...noEvidence(rollout.policy, T0), appliedAt: T0, dwellMs: 60 * MINUTE, ...over };
}

export function facts(over: Partial<Facts> = {}): Facts {
  return { at: T0 + 2 * MINUTE, braked: null, preflightFailure: null, ...over };
}
