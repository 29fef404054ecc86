import type { Checks } from '../../policy/schema.ts';
import type { Block } from '../../stats/block.ts';
import { type LatencyDispersion, stepBatches } from '../../stats/evidence/batches.ts';
import type { Bet } from '../../stats/evidence/bet.ts';
import {
  aboveAt,
  type BoundaryState,
  medianBoundary,
  openBoundaries,
  type SlowerMargins,
  stepBoundaries,
} from '../../stats/latency/slower.ts';
import type { RateMargins } from '../../stats/rates/error-rate.ts';
import { dominanceLimit } from './bucket-margins.ts';

/** The tests at the boundaries of a classic histogram, and the dispersion of its latencies. */
export interface SlowerState {
  readonly slower: readonly BoundaryState[];
  readonly batches: LatencyDispersion;
}

/** Shares of answers above a boundary use margins like those of errors; the latency itself uses the distribution's. */
export function slowerMargins(checks: Checks): SlowerMargins {
  const { relative, absoluteMs } = dominanceLimit(checks);
  return {
    rate: slowerRateMargins(checks),
    lowerThan: (boundaries, index) => {
      const ms = boundaries[index] ?? 0;
      const highest = Math.min(ms / (1 + relative), ms - absoluteMs);
      const lower = boundaries.findLastIndex((boundary, at) => at < index && boundary <= highest);
      return lower === -1 ? null : lower;
    },
  };
}

export function slowerRateMargins({ latency: { classic } }: Checks): RateMargins {
  return {
    rollback: { rho: 1 + classic.rollback.relative, a: classic.rollback.absolute },
    parity: [
      { rho: 1 + classic.parity.relative, a: 0 },
      { rho: 1, a: classic.parity.absolute },
    ],
  };
}

/** One block of the randomised comparison at fixed boundaries. */
export function observeBoundaries(
  checks: Checks,
  { slower, batches }: SlowerState,
  boundaries: readonly number[],
  block: Block,
  bet: Bet,
  { phase, split }: { readonly phase: 'warm-up' | 'judged'; readonly split: 'same-split' | 'split-changed' },
): SlowerState {
  const margins = slowerMargins(checks);
  const before = slower.length === 0 ? openBoundaries(boundaries, margins.rate) : slower;
  const counts = { canary: block.canary?.slower, stable: block.stable?.slower, durationMs: block.durationMs };
  const next = stepBoundaries(before, margins, counts, bet);
  const median = phase === 'warm-up' || bet.past === 'frozen' ? null : medianBoundary(before);
  const { canary, stable } = counts;
  if (median === null || !canary || !stable || canary.answers === 0 || stable.answers === 0) {
    return { slower: next, batches };
  }
  const aboveMedian = {
    nc: canary.answers,
    xc: aboveAt(canary, median),
    ns: stable.answers,
    xs: aboveAt(stable, median),
  };
  return { slower: next, batches: stepBatches(batches, aboveMedian, block.durationMs, split) };
}
