import type { SlowerCounts } from '../block.ts';
import type { Bet } from '../evidence/bet.ts';
import { logSum } from '../evidence/log-sum.ts';
import { type ColdLog, coldLog, logMixture, type OnsetMixture, openMixture, stepMixture } from '../evidence/onset.ts';
import {
  coldRate,
  type EffectGrid,
  logRateHarm,
  logRateParity,
  openRate,
  type PastRate,
  type RateMargins,
  type RateState,
  restartRateParity,
  stepRate,
} from '../rates/error-rate.ts';
import { ODDS_GRID, ODDS_WEIGHTS, slowerLogE } from './quantile.ts';

/**
 * What is known at one boundary of a classic histogram (docs/statistics.md section 3.5): "slower than this" as an
 * error, and the conservative test of the latency itself, canary above this boundary against stable above a lower one.
 */
export interface BoundaryState {
  readonly ms: number;
  readonly rate: RateState;
  readonly shift: OnsetMixture;
}

/** The counts of one block, and the boundaries they may be compared with. */
export interface SlowerBlock {
  readonly canary: SlowerCounts | undefined;
  readonly stable: SlowerCounts | undefined;
  readonly durationMs: number;
}

export interface SlowerMargins {
  readonly rate: RateMargins;
  /**
   * The lower boundary up to which a latency at a boundary may have grown within the margin; null when there is none.
   */
  readonly lowerThan: (boundaries: readonly number[], index: number) => number | null;
}

/** Exceedances in the stable's past needed for a boundary to take part, and how much past is needed to know them. */
export const LOWEST_SHARE = 0.001;
export const HIGHEST_SHARE = 0.4;
export const ENOUGH_PAST = 200;
/**
 * Shares of slow answers are larger than error rates, and smaller effects matter: a latency 10 % longer is
 * hardly more than the margin at any boundary.
 */
const SLOWER_EFFECTS: EffectGrid = {
  ratios: [1.1, 1.3, 1.8, 3, 6, 15],
  weights: [0.2, 0.2, 0.2, 0.2, 0.1, 0.1],
};
/** How a boundary's part of the budget is divided between its two tests. */
const TEST_WEIGHTS: readonly number[] = [0.8, 0.2];

export function openBoundaries(boundaries: readonly number[], margins: RateMargins): readonly BoundaryState[] {
  const rate = withEffects(margins);
  return boundaries.map((ms) => ({ ms, rate: openRate(rate), shift: openMixture(ODDS_GRID.length) }));
}

/**
 * Whether a boundary takes part in the next block. The stable's past alone decides, so that a block in which it does
 * not counts as 1 whatever it contains, and the budget holds.
 */
export function takesPart({ rate }: BoundaryState): boolean {
  const share = pastShare(rate.stable);
  return share !== null && share >= LOWEST_SHARE && share <= HIGHEST_SHARE;
}

/** The share of the stable's past beyond a boundary; null before there is enough of it. */
export function pastShare({ events, requests }: PastRate): number | null {
  return requests < ENOUGH_PAST ? null : events / requests;
}

/** One block. Boundaries that do not take part only learn from the stable. */
export function stepBoundaries(
  states: readonly BoundaryState[],
  margins: SlowerMargins,
  block: SlowerBlock,
  bet: Bet,
): readonly BoundaryState[] {
  const boundaries = states.map(({ ms }) => ms);
  const rateMargins = withEffects(margins.rate);
  return states.map((state, index) => {
    const { canary, stable, durationMs } = block;
    const nc = canary?.answers ?? 0;
    const ns = stable?.answers ?? 0;
    const xs = aboveAt(stable, index);
    if (!takesPart(state)) {
      return { ...state, rate: stepRate(state.rate, rateMargins, { nc: 0, xc: 0, ns, xs }, durationMs, bet) };
    }
    const xc = aboveAt(canary, index);
    const rate = stepRate(state.rate, rateMargins, { nc, xc, ns, xs }, durationMs, bet);
    const lower = margins.lowerThan(boundaries, index);
    const below = lower === null ? undefined : states[lower];
    const share = below === undefined ? null : pastShare(below.rate.stable);
    if (lower === null || share === null || nc === 0 || ns === 0) return { ...state, rate };
    const counts = { nc, xc, ns, xs: aboveAt(stable, lower) };
    return {
      ...state,
      rate,
      shift: stepMixture(state.shift, bet.spent, slowerLogE(counts, share, bet.harmCap ?? bet.cap, bet.phi)),
    };
  });
}

function withEffects(margins: RateMargins): RateMargins {
  return { ...margins, effects: SLOWER_EFFECTS };
}

export function restartBoundaryParity(states: readonly BoundaryState[]): readonly BoundaryState[] {
  return states.map((state) => ({ ...state, rate: restartRateParity(state.rate) }));
}

/** Log e-value against "no slower than the margins allow" at one boundary, both tests together. */
export function logBoundaryHarm({ rate, shift }: BoundaryState): number {
  return logSum([logRateHarm(rate, SLOWER_EFFECTS.weights), logMixture(shift, ODDS_WEIGHTS)], TEST_WEIGHTS);
}

/** The same in the last warm-up of either; null before the first. */
export function coldBoundary({ rate, shift }: BoundaryState): ColdLog | null {
  const tests = [coldRate(rate, SLOWER_EFFECTS.weights), coldLog(shift, ODDS_WEIGHTS)];
  const entry = Math.max(...tests.map((test) => test?.entry ?? 0));
  if (entry === 0) return null;
  return {
    entry,
    log: logSum(
      tests.map((test) => (test?.entry === entry ? test.log : 0)),
      TEST_WEIGHTS,
    ),
  };
}

export function logBoundaryParity({ rate }: BoundaryState): number {
  return logRateParity(rate);
}

/** The boundary nearest to the median of the stable's past; null before it is known. */
export function medianBoundary(states: readonly BoundaryState[]): number | null {
  let nearest: number | null = null;
  let distance = 0.5;
  for (const [index, { rate }] of states.entries()) {
    const share = pastShare(rate.stable);
    if (share === null || Math.abs(share - 0.5) >= distance) continue;
    nearest = index;
    distance = Math.abs(share - 0.5);
  }
  return nearest;
}

/** Answers above the boundary of this index. */
export function aboveAt(counts: SlowerCounts | undefined, index: number): number {
  return counts?.above[index]?.count ?? 0;
}

/** Counts of two spans together; their boundaries are the same. */
export function addSlower(left: SlowerCounts | undefined, right: SlowerCounts | undefined): SlowerCounts | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return {
    answers: left.answers + right.answers,
    above: left.above.map(({ ms, count }, index) => ({ ms, count: count + aboveAt(right, index) })),
  };
}

/**
 * A quantile interpolated within its bucket as Prometheus does: for display only, never tested. Beyond the
 * last boundary, the result is that boundary.
 *
 * @param level 0 < level < 1, 0.99 for the p99
 * @returns ms; null without answers or boundaries
 */
export function interpolatedQuantile({ answers, above }: SlowerCounts, level: number): number | null {
  if (answers === 0) return null;
  const rank = level * answers;
  let from = { ms: 0, upTo: 0 };
  for (const { ms, count } of above) {
    const upTo = answers - count;
    if (upTo >= rank) return from.ms + ((ms - from.ms) * (rank - from.upTo)) / (upTo - from.upTo);
    from = { ms, upTo };
  }
  return above.length === 0 ? null : from.ms;
}
