import { WHOLE_BPS } from '../split/assign.ts';
import type { StepPlan } from './plan-step.ts';

/** Keys of a sticky route that are active during a step. */
export interface StickyKeys {
  readonly keys: number;
  /** How far a key's mean latency is from another's: its standard deviation over the mean. */
  readonly spread: number;
}

export interface StickyPlan extends StickyKeys {
  /** The smallest change of the latency that can be told from the keys' own differences, by step. */
  readonly tells: readonly { readonly step: number; readonly weightBps: number; readonly effect: number }[];
}

/** Of the false-promotion budget of a step, what one of its looks has. */
const LOOKS = 5;
const BETA = 0.05;

/**
 * What a sticky key costs: the comparison has as many members as keys, and time adds none. Of equal keys
 * effect = sqrt(2 ln(1/level)) * spread / sqrt(keys w (1-w)) (docs/statistics.md section 3.8).
 */
export function planStickiness({ keys, spread }: StickyKeys, steps: readonly StepPlan[]): StickyPlan {
  const zeta = Math.sqrt(2 * Math.log(LOOKS / BETA));
  const tells = steps.map(({ step, weightBps }) => {
    const share = weightBps / WHOLE_BPS;
    return { step, weightBps, effect: (zeta * spread) / Math.sqrt(keys * share * (1 - share)) };
  });
  return { keys, spread, tells };
}
