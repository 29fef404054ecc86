import type { LatencyGrid, SlowerCounts } from '../../stats/block.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import { expit, lnBernoulliRatio, logit } from '../../stats/evidence/e-value.ts';
import type { Totals } from '../../stats/evidence/window.ts';
import {
  addHistograms,
  bucketMs,
  decayHistogram,
  EMPTY,
  type Histogram,
  massAbove,
  quantileBucket,
} from '../../stats/latency/log-histogram.ts';
import { addSlower } from '../../stats/latency/slower.ts';
import {
  AT_REST,
  type FaultDetector,
  logDetected,
  type SharedTrials,
  type Trials,
  watchAlarm,
  watchBlock,
} from './fault-detector.ts';
import { FAULT_HALF_LIFE_MS, FAULT_HISTORY_MS } from './shared-fault.ts';

/**
 * Whether both versions together answer far more slowly than the service used to: a shared fault of the latency (docs/statistics.md
 * section 3.11).
 */
export interface SlownessWatch extends FaultDetector {
  /** Decayed latencies of both versions. */
  readonly past: PastLatencies;
  /** What is newer, and becomes past after a while: a fault must not raise the edge that finds it. */
  readonly recent: PastLatencies;
}

/** Latencies on the grid or at the boundaries of the source, and the time they cover. */
interface PastLatencies {
  readonly latency: Histogram;
  readonly slower: SlowerCounts | null;
  readonly ms: number;
}

/** Above what an answer is slow: the p95 of the past of both versions, and the past share above it. */
export interface SlowEdge {
  readonly ms: number;
  readonly share: number;
  readonly above: (latencies: Latencies) => number;
}

type Latencies = Pick<Totals, 'latency' | 'slower'>;

const LEVEL = 0.95;
/** The least share of slow answers that is remarkable. */
const LEAST_TOLERATED = 0.15;
const LN_ODDS: readonly number[] = [2, 5, 20].map(Math.log);
const ENOUGH_ANSWERS = 200;
const RECENT_MS = FAULT_HISTORY_MS;
/** While a fault is likely, what is recent stays so for as long again. */
const LIKELY = Math.log(20);

const NOTHING_PAST: PastLatencies = { latency: EMPTY, slower: null, ms: 0 };
export const NO_SLOWNESS: SlownessWatch = { past: NOTHING_PAST, recent: NOTHING_PAST, ...AT_REST };

/** Adds one block. What it learns from an alarm applies from the next block on. */
export function watchSlowness(
  watch: SlownessWatch,
  block: {
    readonly startedAt: number;
    readonly durationMs: number;
    readonly canary: Latencies | null;
    readonly stable: Latencies | null;
    readonly grid: LatencyGrid;
  },
  bet: { readonly cap: number; readonly phi: number },
): SlownessWatch {
  const edge = slowEdge(watch, block.grid);
  const trials = edge && trialsOf(block, edge);
  const tolerated = toleratedShare(edge);
  if (watch.alarm !== null) {
    const next = trials && watchAlarm(watch, watch.alarm, trials, tolerated);
    return next === null ? watch : { past: watch.past, recent: NOTHING_PAST, ...next };
  }
  const known = learn(watch, [block.canary, block.stable], block.durationMs);
  if (trials === null || trials.both.n === 0) return { ...watch, ...known };
  const logE = ({ n, x }: Trials, index: number) => {
    const share = expit(logit(tolerated) + (LN_ODDS[index] ?? 0));
    return Math.min(bet.cap, lnBernoulliRatio(n, x, share, tolerated) / bet.phi);
  };
  return { ...known, ...watchBlock(watch, block.startedAt, trials, logE) };
}

/** The edge in force; null while too little is known, or where no boundary of a histogram is slow enough. */
export function slowEdge({ past }: Pick<SlownessWatch, 'past'>, grid: LatencyGrid): SlowEdge | null {
  if (past.slower !== null) return boundaryEdge(past.slower);
  if (past.latency.total < ENOUGH_ANSWERS) return null;
  const bucket = quantileBucket(past.latency, LEVEL);
  if (bucket === null) return null;
  const above = ({ latency }: Latencies) => massAbove(latency, bucket);
  return { ms: bucketMs(bucket, grid), share: massAbove(past.latency, bucket) / past.latency.total, above };
}

function boundaryEdge({ answers, above }: SlowerCounts): SlowEdge | null {
  const index = answers < ENOUGH_ANSWERS ? -1 : above.findIndex(({ count }) => count <= (1 - LEVEL) * answers);
  const at = above[index];
  if (at === undefined) return null;
  return { ms: at.ms, share: at.count / answers, above: ({ slower }) => slower?.above[index]?.count ?? 0 };
}

function toleratedShare(edge: SlowEdge | null): number {
  return Math.max(3 * (edge?.share ?? 0), LEAST_TOLERATED);
}

function trialsOf(
  { canary, stable }: { readonly canary: Latencies | null; readonly stable: Latencies | null },
  edge: SlowEdge,
): SharedTrials {
  const of = (totals: Latencies | null): Trials =>
    totals === null ? { n: 0, x: 0 } : { n: totals.slower?.answers ?? totals.latency.total, x: edge.above(totals) };
  const own = of(stable);
  const other = of(canary);
  return { both: { n: own.n + other.n, x: own.x + other.x }, stable: own.n === 0 ? null : own };
}

function learn(
  { past, recent, logMass }: SlownessWatch,
  versions: readonly (Latencies | null)[],
  durationMs: number,
): Pick<SlownessWatch, 'past' | 'recent'> {
  const known = versions.flatMap((version) => version ?? []);
  const answered = known.some(({ latency, slower }) => latency.total > 0 || (slower?.answers ?? 0) > 0);
  if (!answered) return { past, recent };
  const longer = known.reduce(add, { ...recent, ms: recent.ms + durationMs });
  const stays = logDetected({ logMass }) >= LIKELY ? 2 * RECENT_MS : RECENT_MS;
  if (longer.ms < stays) return { past, recent: longer };
  const kept = decayOver(longer.ms, FAULT_HALF_LIFE_MS);
  const faded = {
    latency: decayHistogram(past.latency, kept),
    slower: past.slower === null ? null : decayed(past.slower, kept),
    ms: past.ms + longer.ms,
  };
  return { past: add(faded, longer), recent: NOTHING_PAST };
}

function add(
  past: PastLatencies,
  { latency, slower }: { readonly latency: Histogram; readonly slower?: SlowerCounts | null | undefined },
): PastLatencies {
  return {
    latency: addHistograms(past.latency, latency),
    slower: addSlower(past.slower ?? undefined, slower ?? undefined) ?? null,
    ms: past.ms,
  };
}

function decayed({ answers, above }: SlowerCounts, kept: number): SlowerCounts {
  return { answers: answers * kept, above: above.map(({ ms, count }) => ({ ms, count: count * kept })) };
}
