/** What is remembered of each unit (a bucket of keys), by unit: what it did, and what an average unit would have done. */
export interface UnitPast {
  /** Events; for the mean score, its sum above the population's. */
  readonly events: ArrayLike<number>;
  /** Events that the population's rate would have given at its traffic; for the mean score, answers. */
  readonly expected: ArrayLike<number>;
}

/** How steady the units were: what `profileParity` needs beside their past. */
export interface UnitSteadiness {
  /** By unit: squared deviations from what its own past expected of each period, less those that chance explains. */
  readonly surplus: ArrayLike<number>;
  /** Events of the population by period: their sum, and the sum of their squares. */
  readonly totals: number;
  readonly squares: number;
}

/** Nothing is known of any unit. */
export const NO_PAST: UnitPast = { events: [], expected: [] };

const RATE_ROUNDS = 6;
const MEAN_ROUNDS = 4;
/** Squared deviations beyond this many variances count as this many, from the second round on: a few units do not decide. */
const CLIP = 16;

/**
 * The variance between units of the ratio of a unit's rate to the population's, by moments weighted by their precision
 * (docs/statistics.md section 3.18). Zero when units differ no more than chance makes them.
 *
 * @param q share of requests that are no events, the variance of one request over its mean
 * @example spreadOf({ events: [10, 4, 9, 12, 8, 17], expected: [9, 5, 8, 14, 8, 6] }, 1) // 0.3706...
 */
export function spreadOf({ events, expected }: UnitPast, q: number): number {
  const squares = new Float64Array(events.length);
  for (let unit = 0; unit < squares.length; unit += 1)
    squares[unit] = ((events[unit] ?? 0) - (expected[unit] ?? 0)) ** 2;
  return betweenUnits(squares, expected, q, RATE_ROUNDS);
}

/** The same for the mean score, whose variance is 1 for each answer. */
export function meanSpreadOf({ events, expected }: UnitPast): number {
  const squares = new Float64Array(events.length);
  for (let unit = 0; unit < squares.length; unit += 1) squares[unit] = (events[unit] ?? 0) ** 2;
  return betweenUnits(squares, expected, 1, MEAN_ROUNDS);
}

function betweenUnits(squares: ArrayLike<number>, expected: ArrayLike<number>, q: number, rounds: number): number {
  let between = 0;
  for (let round = 0; round < rounds; round += 1) {
    let surplus = 0;
    let weights = 0;
    for (let unit = 0; unit < squares.length; unit += 1) {
      const mean = expected[unit] ?? 0;
      if (mean <= 0) continue;
      const variance = mean * q + mean * mean * between;
      const square = squares[unit] ?? 0;
      const precision = (mean / variance) ** 2;
      surplus += precision * ((round === 0 ? square : Math.min(square, CLIP * variance)) - mean * q);
      weights += precision * mean * mean;
    }
    if (weights === 0) return 0;
    between = Math.max(0, surplus / weights);
  }
  return between;
}
