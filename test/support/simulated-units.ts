import { UNITS } from '../../src/split/unit-draw.ts';
import { normalQuantile, normalTail } from '../../src/stats/evidence/normal.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitBlock, type UnitDraws } from '../../src/stats/units/unit-block.ts';
import { binomial, normal, poisson, type Random } from './random.ts';

/** One sticky key: its part of the traffic, and what is its own. */
export interface User {
  readonly share: number;
  /** Its latencies are this many times the usual ones. */
  readonly slower: number;
  /** It fails this many times as often. */
  readonly errors: number;
  /** Other than the whole population's rate: the share of its requests that fail, always or at a time of the simulation. */
  readonly failing?: number | ((at: number) => number);
  /** When it is there, in ms since the simulation began; always, if omitted. */
  readonly present?: readonly [from: number, to: number];
}

/** What the canary does differently. */
export interface UnitEffect {
  readonly slower?: number;
  readonly errorsTimes?: number;
  readonly errorsPlus?: number;
}

export interface Population {
  readonly users: readonly User[];
  readonly requestsPerSecond: number;
  readonly errors: number;
}

export interface UnitSpan {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly canaryBps: number;
  readonly splitEpoch?: number;
}

const MEDIAN_MS = 40;
const SIGMA = 0.85;
const RATIO = 1.02;
const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/** Margins in buckets of 2 %: the defaults of p50, p95, p99 and dominance. */
const HARM = [2, 3, 5];
const PARITY = [5, 8, 12];
const SHIFT = 2;

/** A population on its way through a rollout: who gets which bucket, and the edges that its latencies are counted at. */
export class UnitTraffic {
  readonly draws: UnitDraws;
  private readonly random: Random;
  private readonly population: Population;
  private readonly unitOf: Uint16Array;
  private readonly edges: readonly number[];
  private readonly scores: readonly number[];

  constructor(random: Random, population: Population) {
    this.random = random;
    this.population = population;
    this.draws = Float64Array.from({ length: UNITS }, () => random());
    this.unitOf = Uint16Array.from(population.users, () => Math.floor(random() * UNITS));
    this.edges = LEVELS.map((level) => quantileOf(population.users, level));
    this.scores = scoresOf();
  }

  /** One block of every user's requests, as a sticky route's recorder counts them. */
  block({ startedAt, durationMs, canaryBps, splitEpoch = 1 }: UnitSpan, effect: UnitEffect = {}): UnitBlock {
    const cells = new Float64Array(UNITS * UNIT_CELLS);
    const weight = canaryBps / UNITS;
    const total = (this.population.requestsPerSecond * durationMs) / 1_000;
    this.population.users.forEach((user, index) => {
      if (user.present && (startedAt < user.present[0] || startedAt >= user.present[1])) return;
      const unit = this.unitOf[index] ?? 0;
      const isCanary = (this.draws[unit] ?? 0) < weight;
      const requests = count(this.random, total * user.share);
      if (requests === 0) return;
      const failing = typeof user.failing === 'function' ? user.failing(startedAt) : user.failing;
      const usual = failing ?? this.population.errors * user.errors;
      const rate = isCanary ? usual * (effect.errorsTimes ?? 1) + (effect.errorsPlus ?? 0) : usual;
      const errors = drawn(this.random, requests, Math.min(1, rate));
      const at = unit * UNIT_CELLS;
      add(cells, at + UNIT_CELL.requests, requests);
      add(cells, at + UNIT_CELL.errors, errors);
      this.answer(cells, at, requests - errors, user.slower * (isCanary ? (effect.slower ?? 1) : 1), isCanary);
    });
    const units = Uint16Array.from(
      Array.from({ length: UNITS }, (_, unit) => unit).filter((unit) => (cells[unit * UNIT_CELLS] ?? 0) > 0),
    );
    const rows = new Float64Array(units.length * UNIT_CELLS);
    units.forEach((unit, row) => {
      rows.set(cells.subarray(unit * UNIT_CELLS, (unit + 1) * UNIT_CELLS), row * UNIT_CELLS);
    });
    const onCanary = Uint8Array.from(units, (unit) => ((this.draws[unit] ?? 0) < weight ? 1 : 0));
    return { startedAt, durationMs, splitEpoch, canaryBps, units, onCanary, cells: rows, edges: null };
  }

  // Nested draws from the top: answers above a higher edge are among those above a lower one.
  private answer(cells: Float64Array, at: number, answers: number, slower: number, isCanary: boolean): void {
    const beyond = (edge: number, buckets: number) =>
      normalTail(Math.log((edge * RATIO ** (isCanary ? buckets : 0)) / (MEDIAN_MS * slower)) / SIGMA);
    add(cells, at + UNIT_CELL.answers, answers);
    let left = answers;
    let share = 1;
    const above = (next: number) => {
      left = drawn(this.random, left, share <= 0 ? 0 : Math.min(1, next / share));
      share = next;
      return left;
    };
    for (const [index, level] of [2, 5, 6].entries()) {
      const edge = this.edges[level] ?? 0;
      add(cells, at + UNIT_CELL.above + index, above(beyond(edge, HARM[index] ?? 0)));
      if (isCanary) add(cells, at + UNIT_CELL.beyond + index, above(beyond(edge, PARITY[index] ?? 0)));
    }
    const tails = [1, ...this.edges.map((edge) => beyond(edge, SHIFT)), 0];
    add(cells, at + UNIT_CELL.score, this.score(answers, tails));
  }

  private score(answers: number, tails: readonly number[]): number {
    const shares = this.scores.map((_, bin) => (tails[bin] ?? 0) - (tails[bin + 1] ?? 0));
    if (answers > 30) {
      const mean = shares.reduce((sum, share, bin) => sum + share * (this.scores[bin] ?? 0), 0);
      const square = shares.reduce((sum, share, bin) => sum + share * (this.scores[bin] ?? 0) ** 2, 0);
      return answers * mean + Math.sqrt(answers * Math.max(0, square - mean * mean)) * normal(this.random);
    }
    let sum = 0;
    for (let answer = 0; answer < answers; answer += 1) {
      let place = this.random();
      const bin = shares.findIndex((share) => {
        place -= share;
        return place < 0;
      });
      sum += this.scores[bin === -1 ? this.scores.length - 1 : bin] ?? 0;
    }
    return sum;
  }
}

/** Shares of users whose k-th has k^-power of the first's traffic. */
export function zipf(users: number, power: number): readonly number[] {
  const raw = Array.from({ length: users }, (_, rank) => (rank + 1) ** -power);
  const total = raw.reduce((sum, share) => sum + share, 0);
  return raw.map((share) => share / total);
}

/** Users with these shares, whose latencies differ by a factor of e^(sd z). */
export function usersOf(random: Random, shares: readonly number[], sd: number): readonly User[] {
  return shares.map((share) => ({ share, slower: Math.exp(sd * normal(random)), errors: 1 }));
}

/** A gamma-distributed number of this shape, below 1, and a mean of the shape (Marsaglia and Tsang, 2000). */
export function gamma(random: Random, shape: number): number {
  const d = shape + 1 - 1 / 3;
  for (;;) {
    const z = normal(random);
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < z * z * 0.5 + d - d * v + d * Math.log(v)) {
      return d * v * (1 - random()) ** (1 / shape);
    }
  }
}

function quantileOf(users: readonly User[], level: number): number {
  let low = 0.01;
  let high = 1e6;
  for (let round = 0; round < 60; round += 1) {
    const middle = Math.sqrt(low * high);
    const above = users.reduce(
      (sum, { share, slower }) => sum + share * normalTail(Math.log(middle / (MEDIAN_MS * slower)) / SIGMA),
      0,
    );
    if (above > 1 - level) low = middle;
    else high = middle;
  }
  return high;
}

// The mean of a standard normal variable between its quantiles at the bin's levels, with a variance of 1 overall.
function scoresOf(): readonly number[] {
  const density = (level: number) =>
    level <= 0 || level >= 1 ? 0 : Math.exp(-(normalQuantile(level) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  const cuts = [0, ...LEVELS, 1];
  const means = cuts.slice(1).map((upper, bin) => {
    const lower = cuts[bin] ?? 0;
    return { share: upper - lower, mean: (density(lower) - density(upper)) / (upper - lower) };
  });
  const variance = means.reduce((sum, { share, mean }) => sum + share * mean * mean, 0);
  return means.map(({ mean }) => mean / Math.sqrt(variance));
}

function count(random: Random, mean: number): number {
  if (mean < 50) return poisson(random, mean);
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
}

function drawn(random: Random, n: number, p: number): number {
  const variance = n * p * (1 - p);
  if (variance < 50) return p > 0.5 ? n - binomial(random, n, 1 - p) : binomial(random, n, p);
  return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(variance) * normal(random))));
}

function add(cells: Float64Array, at: number, value: number): void {
  cells[at] = (cells[at] ?? 0) + value;
}
