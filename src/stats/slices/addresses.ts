import { decayOver } from '../evidence/decay.ts';
import { type Tails, tailAbove, tailBucket } from '../latency/tails.ts';
import { ANSWER_CELLS, CELL, CELLS, type SliceTable } from '../slice.ts';

/** Decayed answers of one address of one version, and those of them above the stable's p50. */
export interface AddressCounts {
  readonly track: 'stable' | 'canary';
  readonly name: string;
  readonly answers: number;
  readonly above: number;
}

/**
 * How far the addresses of the stable are apart: the yardstick for the canary's, which chance did not assign
 * (docs/statistics.md section 3.19).
 */
export type AddressSpread = readonly AddressCounts[];

const HALF_LIFE_MS = 1_800_000;
const FORGOTTEN = 0.5;
const KEPT_DIGITS = 1e4;
/** With fewer addresses of the stable there is no yardstick; one with fewer answers says too little. */
const FEWEST_ADDRESSES = 3;
const FEWEST_ANSWERS = 50;
/** An address of the canary with a smaller part of its answers is left out. */
const LEAST_PART = 0.01;
/** One in a hundred healthy canaries has addresses further from the stable's than this many standard deviations. */
const DEVIATIONS = 2.33;
/** Buckets beside the median over which its density is taken. */
const BESIDE = 5;

export function stepAddresses(spread: AddressSpread, table: SliceTable, durationMs: number): AddressSpread {
  if (table.slowMs === null) return spread;
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  const counts = new Map(spread.map((address) => [`${address.track} ${address.name}`, address]));
  for (const [key, { answers, above, ...rest }] of counts) {
    counts.set(key, { ...rest, answers: rounded(answers * kept), above: rounded(above * kept) });
  }
  for (let row = 0; row * CELLS < table.canary.length; row += 1) {
    const slice = table.slices[row];
    if (slice?.dimension !== 'upstream' || slice.name === 'other') continue;
    for (const track of ['stable', 'canary'] as const) {
      const { answers, above } = answersAt(table[track], row * CELLS + CELL.answers);
      if (answers === 0) continue;
      const key = `${track} ${slice.name}`;
      const known = counts.get(key) ?? { track, name: slice.name, answers: 0, above: 0 };
      counts.set(key, { ...known, answers: rounded(known.answers + answers), above: rounded(known.above + above) });
    }
  }
  return [...counts.values()].filter(({ answers }) => answers >= FORGOTTEN);
}

/**
 * Buckets by which latency margins are wider, because the canary's addresses may be slower machines: what chance would
 * explain if they were as far apart as the stable's, and one bucket at least where the canary has a single address, whose
 * difference nothing can tell from the version's. 0 where nothing is known of addresses, or the stable has too few.
 *
 * @param past the stable's past latencies
 */
export function addressAllowance(spread: AddressSpread, past: Tails): number {
  const stable = spread.filter(({ track, answers }) => track === 'stable' && answers >= FEWEST_ANSWERS);
  const canary = canaryAddresses(spread);
  const isShared = canary.some(({ name }) => spread.some((other) => other.track === 'stable' && other.name === name));
  if (stable.length < FEWEST_ADDRESSES || canary.length === 0 || isShared) return 0;
  const apart = DEVIATIONS * spreadOf(stable, past) * Math.sqrt(1 / canary.length + 1 / stable.length);
  return Math.max(canary.length === 1 ? 1 : 0, Math.round(apart));
}

/** The canary's only address, where the stable has several; null otherwise. */
export function onlyCanaryAddress(spread: AddressSpread): string | null {
  const [only, ...others] = canaryAddresses(spread);
  const stable = spread.filter(({ track, answers }) => track === 'stable' && answers >= FEWEST_ANSWERS);
  return only !== undefined && others.length === 0 && stable.length >= FEWEST_ADDRESSES ? only.name : null;
}

function canaryAddresses(spread: AddressSpread): AddressSpread {
  const canary = spread.filter(({ track }) => track === 'canary');
  const whole = canary.reduce((sum, { answers }) => sum + answers, 0);
  return canary.filter(({ answers }) => answers >= LEAST_PART * whole);
}

// A latency that is longer by a bucket puts about `density` more of the answers above the median. Only a spread beyond what
// the counts would show by chance is taken for one.
function spreadOf(stable: AddressSpread, past: Tails): number {
  const edge = tailBucket(past, 0.5);
  if (edge === null) return 0;
  const density = (tailAbove(past, edge - BESIDE) - tailAbove(past, edge + BESIDE)) / (2 * BESIDE * past.total);
  if (density <= 0) return 0;
  const answers = stable.reduce((sum, address) => sum + address.answers, 0);
  const share = stable.reduce((sum, { above }) => sum + above, 0) / answers;
  const freedom = stable.length - 1;
  const variances = stable.map((address) => Math.max(share * (1 - share), 1 / address.answers) / address.answers);
  const squares = stable.map((address) => (address.above / address.answers - share) ** 2);
  const excess = squares.reduce((sum, square, index) => sum + square / (variances[index] ?? 1), 0);
  if (excess <= freedom + DEVIATIONS * Math.sqrt(2 * freedom)) return 0;
  const byChance = variances.reduce((sum, variance) => sum + variance, 0) / stable.length;
  const between = squares.reduce((sum, square) => sum + square, 0) / freedom - byChance;
  return Math.sqrt(Math.max(0, between)) / density;
}

function answersAt(counts: ArrayLike<number>, from: number) {
  let answers = 0;
  for (let cell = 0; cell < ANSWER_CELLS; cell += 1) answers += counts[from + cell] ?? 0;
  return { answers, above: answers - (counts[from] ?? 0) };
}

function rounded(value: number): number {
  return Math.round(value * KEPT_DIGITS) / KEPT_DIGITS;
}
