import { logSum } from '../evidence/log-sum.ts';
import type { FittedUnits } from './fresh-units.ts';
import { logUnitE } from './unit-evidence.ts';
import { UNIT_LOOKS_MS } from './unit-looks.ts';

/** For how many standard deviations harm is looked for, and the weights. */
const ZETAS: readonly number[] = [3, 4.5, 6.5];
const ZETA_WEIGHTS: readonly number[] = [0.25, 0.5, 0.25];

/** What the steps that the policy declares have of the evidence, in equal parts. */
const DECLARED = 0.85;
/** What steps beyond them have together, each half of what is left, and the looks in the warm-ups. */
const OTHERS = 0.1;
const WARM_UPS = 0.05;

/** The log e-value of one look against "no worse than the margin". */
export function logUnitHarm({ fit, draw, allowance }: FittedUnits): number {
  return logSum(
    ZETAS.map((zeta) => logUnitE(fit, draw, zeta, 'harm', allowance)),
    ZETA_WEIGHTS,
  );
}

/**
 * The weight of one look in the evidence of a rollout, which is the sum over all planned looks and so at most 1 on average
 * at any time (docs/statistics.md section 3.18).
 *
 * @param step how many steps were begun before, of this rollout
 * @param steps how many the policy declares
 */
export function lookMass(step: number, steps: number): number {
  const ofStep = step < steps ? DECLARED / steps : OTHERS * 2 ** (steps - 1 - step);
  return ofStep / UNIT_LOOKS_MS.length;
}

/** The weight of a look in a warm-up, of which `before` were made: all of them together have what they have. */
export function warmUpLookMass(before: number): number {
  return WARM_UPS / ((before + 1) * (before + 2));
}
