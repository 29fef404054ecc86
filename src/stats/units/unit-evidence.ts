import type { UnitFit } from './unit-fit.ts';

/** How a step assigned its units: each is the canary's with probability `chance`, independently of all others. */
export interface UnitDraw {
  readonly chance: number;
  /** 1 for the canary's units, 0 for the stable's. */
  readonly canary: ArrayLike<number>;
}

/** An absolute margin: the canary's units may have this many more events per trial. */
export interface UnitAllowance {
  readonly perTrial: number;
  readonly trials: ArrayLike<number>;
}

/** What a look can tell: the smallest effect that it would see, and how many equal units the units are worth that are counted. */
export interface UnitResolution {
  /** As a share of the expected outcome. */
  readonly effect: number;
  readonly units: number;
}

const ROUNDS = 8;
const HIGHEST_STAKE = 8;
const SETTLED = 0.02;

/**
 * The log e-value of one look by randomisation over units (docs/statistics.md section 3.18): each unit's residual is a bet
 * that pays if it turns out to be the canary's. Neither residuals nor stakes know the assignment, so that the mean over
 * all assignments is exactly 1, whatever the units do.
 *
 * @param zeta how many standard deviations the bet is made for
 * @param against `harm` pays when the canary's units are above expectation, `parity` when they are below
 */
export function logUnitE(
  fit: UnitFit,
  draw: UnitDraw,
  zeta: number,
  against: 'harm' | 'parity',
  allowance: UnitAllowance | null = null,
): number {
  const { chance, canary } = draw;
  const { stake, weights } = stakesOf(fit, fit.residual, chance, zeta);
  const signed = against === 'harm' ? stake : -stake;
  let log = 0;
  for (let unit = 0; unit < weights.length; unit += 1) {
    const weight = weights[unit] ?? 0;
    if (weight === 0) continue;
    const isCanary = canary[unit] === 1;
    const allowed = isCanary && allowance !== null ? allowedAt(allowance, unit, signed * weight) : 0;
    const payoff = signed * weight * ((fit.residual[unit] ?? 0) - allowed);
    log += (isCanary ? payoff : 0) - Math.log1p(chance * Math.expm1(payoff));
  }
  return log;
}

/**
 * The smallest effect that a look could tell from the units' own differences, and the number of equal units that would
 * tell as much.
 *
 * @param level of the false alarms, or of the false parity
 * @param counted 1 for the units that `units` is about; all, if omitted
 */
export function resolutionOf(
  fit: UnitFit,
  chance: number,
  level: number,
  counted: ArrayLike<number> | null = null,
): UnitResolution {
  const zeta = Math.sqrt(-2 * Math.log(level));
  const { weights } = stakesOf(fit, fit.deviation, chance, zeta);
  let noise = 0;
  let signal = 0;
  let ofCounted = 0;
  let squares = 0;
  for (let unit = 0; unit < weights.length; unit += 1) {
    const weight = weights[unit] ?? 0;
    const expected = weight * (fit.expected[unit] ?? 0);
    noise += (weight * (fit.deviation[unit] ?? 0)) ** 2;
    signal += expected;
    if (counted !== null && counted[unit] !== 1) continue;
    ofCounted += expected;
    squares += expected ** 2;
  }
  if (signal <= 0) return { effect: Number.POSITIVE_INFINITY, units: 0 };
  return {
    effect: (zeta * Math.sqrt(noise)) / (Math.sqrt(chance * (1 - chance)) * signal),
    units: squares === 0 ? 0 : ofCounted ** 2 / squares,
  };
}

// The stake follows from the size of the residuals; a unit that could win or lose more than its deviation allows weighs less.
function stakesOf(
  { weight, deviation }: UnitFit,
  sizes: ArrayLike<number>,
  chance: number,
  zeta: number,
): { readonly stake: number; readonly weights: Float64Array } {
  const weights = weight.slice();
  let stake = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let squares = 0;
    for (let unit = 0; unit < weights.length; unit += 1) squares += ((weights[unit] ?? 0) * (sizes[unit] ?? 0)) ** 2;
    stake = Math.min(HIGHEST_STAKE, zeta / Math.sqrt(chance * (1 - chance) * squares));
    let moved = 0;
    for (let unit = 0; unit < weights.length; unit += 1) {
      const before = weights[unit] ?? 0;
      if (before === 0) continue;
      const after = Math.min(weight[unit] ?? 0, 1 / (stake * (deviation[unit] ?? 0)));
      moved = Math.max(moved, Math.abs(after - before) / before);
      weights[unit] = after;
    }
    if (moved <= SETTLED) break;
  }
  return { stake, weights };
}

// What Poisson events at the allowed rate would win on average, so that the mean stays 1 with them.
function allowedAt({ perTrial, trials }: UnitAllowance, unit: number, bet: number): number {
  return (perTrial * (trials[unit] ?? 0) * Math.expm1(bet)) / bet;
}
