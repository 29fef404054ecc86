import { levelOf } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import type { Block, LatencyGrid } from '../../stats/block.ts';
import { type LatencyDispersion, NO_BATCHES, stepBatches } from '../../stats/evidence/batches.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import type { OnsetMixture } from '../../stats/evidence/onset.ts';
import { UNSHOWN } from '../../stats/evidence/parity-process.ts';
import { binsOf, openDominance, stepDominance } from '../../stats/latency/dominance.ts';
import { formOf, gridOf, type LatencyForm } from '../../stats/latency/latency-form.ts';
import { histogramOn } from '../../stats/latency/latency-grid.ts';
import { addHistograms, bucketMs, decayHistogram, EMPTY, type Histogram } from '../../stats/latency/log-histogram.ts';
import {
  type LatencyTails,
  openQuantile,
  type QuantileState,
  quantileEdge,
  stepQuantile,
} from '../../stats/latency/quantile.ts';
import { type BoundaryState, restartBoundaryParity } from '../../stats/latency/slower.ts';
import { type Tails, tailAbove, tailsOf } from '../../stats/latency/tails.ts';
import type { BlockLatency, Quantity, Settled, Sight } from '../context.ts';
import type { QuantileName } from '../finding.ts';
import { bucketMargins, dominanceLimit, rollbackBuckets } from './bucket-margins.ts';
import { observeBoundaries } from './slower.ts';
import { untilOf } from './until.ts';

export const LEVELS: Readonly<Record<QuantileName, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };
export const QUANTILES: readonly QuantileName[] = ['p50', 'p95', 'p99'];

/** Answers of the stable that are never forgotten: enough for its p99.9. */
const FEWEST_REMEMBERED = 2_000;

/** What the latency checks remember: the stable's past, one test for each quantile, and one for the whole. */
export interface LatencyState extends Readonly<Record<QuantileName, QuantileState>> {
  readonly reference: Histogram;
  readonly dominance: OnsetMixture;
  readonly batches: LatencyDispersion;
  /** The form of the latencies; null before the first block with any. */
  readonly form: LatencyForm | null;
  /** One test per boundary, when the form is boundaries; the reference stays empty then. */
  readonly slower: readonly BoundaryState[];
}

/** The parts of the policy and the rollout that matter to one block of latencies. */
export interface LatencySpan {
  readonly phase: 'warm-up' | 'judged';
  readonly split: 'same-split' | 'split-changed';
  /** Half-life of the stable's past, in ms. */
  readonly referenceHalfLifeMs: number;
  /** The stable's past, ready for lookup; worked out if absent. */
  readonly past?: Tails;
  /** Buckets by which the rollback margins are wider, for the addresses of the canary. */
  readonly allowance?: number;
  /** How long answers take to their end; omitted where no check reads it. */
  readonly end?: Quantity;
  /** What a test bets, given what all of them bet. */
  readonly betOf?: (name: LatencyName, bet: Bet) => Bet;
}

/** The tests on a grid. */
export type LatencyName = QuantileName | 'dominance';

export function openLatency(): LatencyState {
  return {
    reference: EMPTY,
    p50: openQuantile(),
    p95: openQuantile(),
    p99: openQuantile(),
    dominance: openDominance(),
    batches: NO_BATCHES,
    form: null,
    slower: [],
  };
}

/**
 * One block of the randomised comparison, tested against edges of the past, then added to it. The dispersion is not learnt
 * during the warm-up: a canary that gets faster would look like noise.
 */
export function observeLatency(
  checks: Checks,
  state: LatencyState,
  block: Block,
  bet: Bet,
  {
    phase,
    split,
    referenceHalfLifeMs,
    past = tailsOf(state.reference),
    allowance = 0,
    end,
    betOf = (_, same) => same,
  }: LatencySpan,
  latency: BlockLatency = histogramsOf(block, gridOf(state.form ?? formOf(block))),
): LatencyState {
  const form = state.form ?? formOf(block);
  if (form?.kind === 'boundaries') {
    return { ...state, form, ...observeBoundaries(checks, state, form.ms, block, bet, { phase, split }) };
  }
  const grid = gridOf(form);
  const reference =
    bet.past === 'frozen'
      ? state.reference
      : learnLatencies(state.reference, latency.stable, block.durationMs, referenceHalfLifeMs);
  const counts = latencyTails(latency);
  const head: Quantity = { past, counts, grid, phi: bet.phi };
  const timed = (name: LatencyName) => (end !== undefined && untilOf(checks, name) === 'end' ? end : head);
  const next = (name: QuantileName) => {
    const of = timed(name);
    const margins = bucketMargins(checks, name, quantileEdge(of.past, LEVELS[name]), of.grid, allowance);
    const own = betOf(name, { ...bet, phi: of.phi });
    return stepQuantile(state[name], of.past, LEVELS[name], margins, of.counts, own);
  };
  const whole = timed('dominance');
  const shift = rollbackBuckets(dominanceLimit(checks), quantileEdge(whole.past, LEVELS.p50), whole.grid, allowance);
  const ofWhole = betOf('dominance', { ...bet, phi: whole.phi });
  return {
    ...state,
    form,
    reference,
    p50: next('p50'),
    p95: next('p95'),
    p99: next('p99'),
    dominance: stepDominance(state.dominance, binsOf(whole.past), shift, whole.counts, ofWhole),
    batches:
      phase === 'warm-up' || bet.past === 'frozen'
        ? state.batches
        : learnDispersion(state.batches, past, counts, block.durationMs, split),
  };
}

export function restartLatencyParity(state: LatencyState): LatencyState {
  const restarted = (name: QuantileName) => ({ ...state[name], parity: UNSHOWN });
  return {
    ...state,
    p50: restarted('p50'),
    p95: restarted('p95'),
    p99: restarted('p99'),
    slower: restartBoundaryParity(state.slower),
  };
}

/** The largest threshold of the quantile checks in ms; null before the stable has any latencies. */
export function slowestThresholdMs(
  checks: Checks,
  state: LatencyState,
  past: Tails = tailsOf(state.reference),
): number | null {
  const grid = gridOf(state.form);
  const thresholds = [...QUANTILES, ...Object.keys(checks.latency.quantiles)].map((name) => {
    const edge = quantileEdge(past, levelOf(name));
    if (edge === null) return Number.NEGATIVE_INFINITY;
    const margins = bucketMargins(checks, name, edge, grid);
    return edge.bucket + Math.max(margins.rollback, margins.parity);
  });
  const slowest = Math.max(...thresholds);
  return Number.isFinite(slowest) ? bucketMs(slowest, grid) : null;
}

/** The stable's past with the answers of one more block. */
export function learnLatencies(
  reference: Histogram,
  stable: Histogram,
  elapsedMs: number,
  halfLifeMs: number,
): Histogram {
  return addHistograms(decayHistogram(reference, keptOf(reference, elapsedMs, halfLifeMs)), stable);
}

// Forgetting would leave a quiet service too few answers to compare with: the last ones are kept, whatever their age.
function keptOf({ total }: Histogram, elapsedMs: number, halfLifeMs: number): number {
  if (total <= FEWEST_REMEMBERED) return 1;
  return Math.max(decayOver(elapsedMs, halfLifeMs), FEWEST_REMEMBERED / total);
}

/**
 * The answers whose latencies are compared: with little traffic those of merged blocks, by how many each version has. Errors
 * and 4xx have no latency, so that the chance of a request is not that of a latency: a canary whose answers are all left out
 * would look slow for having none (docs/statistics.md section 3.15).
 */
export function comparedAnswers({
  compared,
  settled,
  latency,
}: Pick<Sight, 'compared' | 'settled' | 'latency'>): Settled {
  return settled ?? { block: compared, latency };
}

export function latencyTails({ canary, stable }: BlockLatency): LatencyTails {
  return { canary: tailsOf(canary), stable: tailsOf(stable) };
}

function histogramsOf({ canary, stable }: Block, grid: LatencyGrid): BlockLatency {
  return { canary: histogramOn(canary?.latency ?? {}, grid), stable: histogramOn(stable?.latency ?? {}, grid) };
}

/** The dispersion with one more block, compared at the stable's past median. */
export function learnDispersion(
  batches: LatencyDispersion,
  past: Tails,
  { canary, stable }: LatencyTails,
  durationMs: number,
  split: 'same-split' | 'split-changed',
): LatencyDispersion {
  const edge = quantileEdge(past, LEVELS.p50);
  if (edge === null || canary.total === 0 || stable.total === 0) return batches;
  const counts = {
    nc: canary.total,
    xc: tailAbove(canary, edge.bucket),
    ns: stable.total,
    xs: tailAbove(stable, edge.bucket),
  };
  return stepBatches(batches, counts, durationMs, split);
}
