import { isDivided } from '../../split/assign.ts';
import type { SplitOrder } from '../../split/order.ts';
import type { Block, LatencyCounts } from '../../stats/block.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import {
  addHistograms,
  bucketMs,
  decayHistogram,
  EMPTY,
  type Histogram,
  histogramOf,
} from '../../stats/latency/log-histogram.ts';
import { tailBucket, tailsOf } from '../../stats/latency/tails.ts';
import { SLOW_LEVELS, type SliceBlock, type SliceTable, type SlowMs } from '../../stats/slice.ts';
import type { EndpointNames } from './endpoints/endpoint-names.ts';
import { type RankedEndpoint, SliceRows } from './slice-rows.ts';
import type { BlockSlices, Slicing } from './slice-tally.ts';
import { SliceThresholds } from './slice-thresholds.ts';

/** A block that has closed. */
interface SlicedBlock extends Pick<SliceBlock, 'startedAt' | 'splitEpoch'> {
  readonly slices: BlockSlices | null;
}

/** Half an hour of 5 s blocks: at most about 4 MB per route, and far less with fewer endpoints. */
export const KEPT_SLICE_BLOCKS = 360;

const HALF_LIFE_MS = 300_000;
const FEWEST_ANSWERS = 100;

/** What one route remembers of its slices: the current canary's rows, the last blocks, the stable's latency. */
export class SliceHistory {
  private readonly names: EndpointNames;
  private readonly ranked: () => readonly RankedEndpoint[];
  private rows: SliceRows;
  private blocks: SliceBlock[] = [];
  private past: Histogram = EMPTY;
  private slowMs: SlowMs | null = null;
  private thresholds = new SliceThresholds();
  private ownSlowMs = this.thresholds.read();

  /** @param ranked the endpoints that the stable is known to answer at, the most frequent first */
  constructor(names: EndpointNames, ranked: () => readonly RankedEndpoint[]) {
    this.names = names;
    this.ranked = ranked;
    this.rows = new SliceRows(names);
  }

  /** Another canary is compared from scratch; rows that strangers filled are gone as well. */
  follow(before: SplitOrder, order: SplitOrder): void {
    if (before.rolloutId === order.rolloutId && before.canary?.version === order.canary?.version) return;
    this.rows = new SliceRows(this.names, this.ranked());
    this.blocks = [];
    this.thresholds = new SliceThresholds();
    this.ownSlowMs = this.thresholds.read();
  }

  /** How to count the slices of a new block; null when nothing is compared. */
  of(order: SplitOrder, assignment: Slicing['assignment']): Slicing | null {
    if (order.canary === null || !isDivided(order.canaryBps)) return null;
    return { rows: this.rows, assignment, slowMs: this.slowMs, ownSlowMs: this.ownSlowMs };
  }

  /**
   * A block has closed; null when it has no slices of this canary. Its thresholds come from the blocks before it: what is
   * slow is never learned from what is judged.
   */
  keep(block: SlicedBlock, durationMs: number, stable: LatencyCounts): SliceBlock | null {
    this.past = addHistograms(decayHistogram(this.past, decayOver(durationMs, HALF_LIFE_MS)), histogramOf(stable));
    const { slices } = block;
    if (slices === null || slices.rows !== this.rows) return null;
    const used = slices.rows.names.length;
    const kept = {
      startedAt: block.startedAt,
      durationMs,
      splitEpoch: block.splitEpoch,
      assignment: slices.assignment,
      slices: slices.rows.names,
      canary: slices.canary.read(used),
      stable: slices.stable.read(used),
      slowMs: slices.slowMs,
      ownSlowMs: slices.ownSlowMs,
    };
    this.blocks.push(kept);
    if (this.blocks.length > KEPT_SLICE_BLOCKS) this.blocks.shift();
    this.thresholds.learn(slices, kept.stable);
    return kept;
  }

  /** Updates the rows and the thresholds for the next blocks. */
  learn(): void {
    this.rows.admit(this.ranked());
    this.ownSlowMs = this.thresholds.read();
    if (this.past.total < FEWEST_ANSWERS) return;
    const tails = tailsOf(this.past);
    const [p50, p95, p99] = SLOW_LEVELS.map((level) => bucketMs(tailBucket(tails, level) ?? 0));
    if (p50 !== undefined && p95 !== undefined && p99 !== undefined) this.slowMs = [p50, p95, p99];
  }

  read(): readonly SliceBlock[] {
    return [...this.blocks];
  }
}

// Where answers of young addresses are left out, a slice has not the share of a version that chance gave it.
export function withSlices(block: Block, slices: SliceTable): Block {
  return { ...block, slices: block.young === undefined ? slices : { ...slices, assignment: null } };
}
