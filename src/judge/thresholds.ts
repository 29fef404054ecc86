import type { Policy } from '../policy/schema.ts';
import type { StepContext } from './input.ts';

/** The log thresholds for the evidence. */
export interface Thresholds {
  /** ln(1/alpha): roll back. */
  readonly harm: number;
  readonly hold: number;
  /** ln(1/beta) of the step: parity is shown. Attempt k has beta * 2^-(k-1), so that retries cannot let a bad version in. */
  readonly parity: number;
  /** The most that one block may add to one alternative, so that evidence takes `minBlocks` blocks. */
  readonly cap: number;
}

const SLACK_OF_CAP = 5;

export function thresholdsOf(policy: Policy, step: StepContext): Thresholds {
  const { alpha, beta, hold, minBlocks } = policy.spec.judge;
  const harm = -Math.log(alpha);
  return {
    harm,
    hold: Math.log(hold),
    parity: -Math.log(beta[step.position]) + ((step.attempt ?? 1) - 1) * Math.LN2,
    cap: (harm + SLACK_OF_CAP) / minBlocks,
  };
}
