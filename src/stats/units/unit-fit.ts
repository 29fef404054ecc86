import type { UnitPast } from './spread.ts';

/** What each unit did in the step so far. */
export interface UnitSample {
  /** Events of each unit, or its sum of scores; the margin is already taken off the canary's. */
  readonly outcomes: ArrayLike<number>;
  /** Requests or answers of each unit. */
  readonly trials: ArrayLike<number>;
}

/** What is known of the units before the step, and how much they differ from one another (`spreadOf`, `meanSpreadOf`). */
export interface UnitPrior {
  /** Empty arrays when nothing is known. */
  readonly past: UnitPast;
  readonly spread: number;
}

/** What was to be expected of each unit, and what came. A symmetric function of the units: it knows no versions. */
export interface UnitFit {
  /** The expected outcome; for scores, the answers. */
  readonly expected: Float64Array;
  /** Outcome less expectation, clipped. */
  readonly residual: Float64Array;
  /** Standard deviation of the outcome. */
  readonly deviation: Float64Array;
  /** The best weight of a residual: its share of the variance that an effect could explain. */
  readonly weight: Float64Array;
  /** Variance of one request over its mean. */
  readonly binomial: number;
  /** Variance between units that the past does not explain. */
  readonly unexplained: number;
}

const ROUNDS = 6;
const LEAST_SPREAD = 1e-4;
/** A unit may fail at most this many times as often as the population. */
const HIGHEST_RATIO = 60;
const HIGHEST_SHARE = 0.98;
const LEAST_BINOMIAL = 0.02;
const LARGEST_CHANGE = 2;

/** Where less was seen, this many events are taken for likely: no event at all is evidence too. */
const FEWEST_EVENTS = 0.5;

/**
 * Fits events (errors, or answers above an edge) with the units' past as prior (docs/statistics.md section 3.18). Null without
 * requests.
 *
 * @param observed the outcomes that residuals are taken from, where they differ from those that are fitted
 * @param between the variance between units, where it is known already
 */
export function fitRates(
  { outcomes, trials }: UnitSample,
  { past, spread }: UnitPrior,
  observed: ArrayLike<number> = outcomes,
  between: number | null = null,
): UnitFit | null {
  const requests = sum(trials);
  if (!(requests > 0)) return null;
  const events = Math.max(FEWEST_EVENTS, sum(outcomes));
  const units = trials.length;
  const binomial = binomialOf({ outcomes, trials });
  const shrinkage = binomial / Math.max(spread, LEAST_SPREAD);
  const highest = Math.min(HIGHEST_RATIO, (HIGHEST_SHARE * requests) / events);
  const knows = past.expected.length > 0;
  const known = new Float64Array(units);
  const expected = new Float64Array(units);
  let scale = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const seen = past.events[unit] ?? 0;
    const ratio = knows ? Math.min(highest, (seen + shrinkage) / ((past.expected[unit] ?? 0) + shrinkage)) : 1;
    known[unit] = knows ? binomial / (shrinkage + seen) : 0;
    expected[unit] = (trials[unit] ?? 0) * ratio;
    scale += expected[unit] ?? 0;
  }
  multiply(expected, events / scale);
  let unexplained = between ?? 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let excess = 0;
    let base = 0;
    let surplus = 0;
    let weights = 0;
    for (let unit = 0; unit < units; unit += 1) {
      const mean = expected[unit] ?? 0;
      if (mean <= 0) continue;
      const before = known[unit] ?? 0;
      const rising = binomial + mean * (unexplained + before);
      const variance = mean * rising;
      const difference = (outcomes[unit] ?? 0) - mean;
      excess += clip(difference, 3 * Math.sqrt(variance) + 1.5) / rising;
      base += mean / rising;
      const precision = (mean / variance) ** 2;
      surplus += precision * (Math.min(difference ** 2, 9 * variance + 2) - binomial * mean - mean * mean * before);
      weights += precision * mean * mean;
    }
    unexplained = between ?? Math.max(0, surplus / weights);
    multiply(expected, Math.min(LARGEST_CHANGE, Math.max(1 / LARGEST_CHANGE, 1 + excess / base)));
  }
  const fit = openFit(expected, binomial, unexplained);
  for (let unit = 0; unit < units; unit += 1) {
    const mean = expected[unit] ?? 0;
    const rising = binomial + mean * (unexplained + (known[unit] ?? 0));
    const deviation = Math.sqrt(mean * rising);
    fit.deviation[unit] = deviation;
    fit.weight[unit] = 1 / rising;
    fit.residual[unit] = clip((observed[unit] ?? 0) - mean, 3 * deviation + 1.5);
  }
  return fit;
}

/** The variance of one request over its mean: the share of requests that are no events, at least 2 %. */
export function binomialOf({ outcomes, trials }: UnitSample): number {
  return Math.max(LEAST_BINOMIAL, 1 - Math.max(FEWEST_EVENTS, sum(outcomes)) / sum(trials));
}

/** Fits sums of scores, each score with a mean of about 0 and a variance of 1. Null without answers. */
export function fitScores({ outcomes, trials }: UnitSample, { past, spread }: UnitPrior): UnitFit | null {
  const units = trials.length;
  if (!(sum(trials) > 0)) return null;
  const knows = past.expected.length > 0 && spread > 0;
  const prior = new Float64Array(units);
  const known = new Float64Array(units);
  for (let unit = 0; unit < units; unit += 1) {
    if (!knows) continue;
    const answers = (past.expected[unit] ?? 0) + 1 / spread;
    prior[unit] = (past.events[unit] ?? 0) / answers;
    known[unit] = 1 / answers;
  }
  let unexplained = 0;
  let mean = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let excess = 0;
    let base = 0;
    for (let unit = 0; unit < units; unit += 1) {
      const answers = trials[unit] ?? 0;
      const weight = 1 / (1 + answers * (unexplained + (known[unit] ?? 0)));
      excess += weight * ((outcomes[unit] ?? 0) - answers * (prior[unit] ?? 0));
      base += weight * answers;
    }
    mean = excess / base;
    let surplus = 0;
    let weights = 0;
    for (let unit = 0; unit < units; unit += 1) {
      const answers = trials[unit] ?? 0;
      if (answers <= 0) continue;
      const before = known[unit] ?? 0;
      const residual = (outcomes[unit] ?? 0) - answers * (mean + (prior[unit] ?? 0));
      const variance = answers + answers * answers * (unexplained + before);
      const precision = (answers / variance) ** 2;
      surplus += precision * (Math.min(residual ** 2, 9 * variance) - answers - answers * answers * before);
      weights += precision * answers * answers;
    }
    unexplained = Math.max(0, surplus / weights);
  }
  const fit = openFit(Float64Array.from(trials), 1, unexplained);
  for (let unit = 0; unit < units; unit += 1) {
    const answers = trials[unit] ?? 0;
    const variance = answers + answers * answers * (unexplained + (known[unit] ?? 0));
    const deviation = Math.sqrt(variance);
    fit.deviation[unit] = deviation;
    fit.weight[unit] = answers > 0 ? answers / variance : 0;
    fit.residual[unit] = clip((outcomes[unit] ?? 0) - answers * (mean + (prior[unit] ?? 0)), 3 * deviation + 1.5);
  }
  return fit;
}

function openFit(expected: Float64Array, binomial: number, unexplained: number): UnitFit {
  const units = expected.length;
  return {
    expected,
    residual: new Float64Array(units),
    deviation: new Float64Array(units),
    weight: new Float64Array(units),
    binomial,
    unexplained,
  };
}

function clip(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}

function multiply(values: Float64Array, factor: number): void {
  for (let index = 0; index < values.length; index += 1) values[index] = (values[index] ?? 0) * factor;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index += 1) total += values[index] ?? 0;
  return total;
}
