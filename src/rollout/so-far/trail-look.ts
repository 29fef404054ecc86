import type { Verdict } from '../../judge/verdict.ts';
import { claimsParity } from '../../parity/finding.ts';
import type { Block, LatencyGrid, SlowerCounts, Tally } from '../../stats/block.ts';
import { histogramOn, isSameGrid } from '../../stats/latency/latency-grid.ts';
import {
  addHistograms,
  bucketMs,
  EMPTY,
  GATEWAY_GRID,
  type Histogram,
  quantileBucket,
} from '../../stats/latency/log-histogram.ts';
import { addSlower, interpolatedQuantile } from '../../stats/latency/slower.ts';
import { type Rollout, stageName } from '../state.ts';
import { type Past, pastStageAt } from './past.ts';
import { servedIn } from './served.ts';
import { boundChecks, type TrailRow, type TrailTrack, toDraw } from './trail.ts';

/** What a look is drawn from. */
export interface DrawnLook {
  /** Database time, epoch ms, and the time since the look before. */
  readonly at: number;
  readonly sinceMs: number;
  readonly verdict: Verdict | null;
  /** The usable blocks of this rollout. */
  readonly blocks: readonly Block[];
}

/** The row of one look. */
export function trailLook(rollout: Rollout, past: Past, { at, sinceMs, verdict, blocks }: DrawnLook): TrailRow {
  const present = stageName(rollout.stage);
  const served = blocks.map((block) => {
    const stage = pastStageAt(past, block.splitEpoch)?.stage ?? present;
    return { ...servedIn(block, rollout.policy, stage), grid: block.grid ?? GATEWAY_GRID };
  });
  const findings = verdict?.findings ?? [];
  const parities = findings.filter(claimsParity).map(({ logParity }) => logParity ?? 0);
  return {
    at,
    everyMs: Math.max(0, sinceMs),
    bps: rollout.canaryBps,
    logHarm: verdict === null ? null : toDraw(verdict.logEvidence),
    logParityWeakest: parities.length === 0 ? null : toDraw(Math.min(...parities)),
    canary: track(served.map(({ canary, grid }) => ({ tally: canary, grid }))),
    stable: track(served.map(({ stable, grid }) => ({ tally: stable, grid }))),
    checks: boundChecks(Object.fromEntries(findings.map(({ check, logHarm }) => [check, toDraw(logHarm)]))),
  };
}

type Counted = readonly { readonly tally: Tally | null; readonly grid: LatencyGrid }[];

function track(blocks: Counted): TrailTrack | null {
  const tallies = blocks.flatMap(({ tally }) => tally ?? []);
  if (tallies.length === 0) return null;
  const slower = tallies.map((tally) => tally.slower).reduce(addSlower, undefined);
  return {
    n: tallies.reduce((sum, { requests }) => sum + requests, 0),
    x: tallies.reduce((sum, { errors }) => sum + errors, 0),
    ...(slower === undefined ? ofBuckets(blocks) : ofBoundaries(slower)),
  };
}

type Timed = Omit<TrailTrack, 'n' | 'x'>;

// Latencies on another grid than the first block's cannot be added to its own.
function ofBuckets(blocks: Counted): Timed {
  const grid = blocks[0]?.grid ?? GATEWAY_GRID;
  const latency = blocks
    .filter((block) => isSameGrid(block.grid, grid))
    .map(({ tally }) => histogramOn(tally?.latency ?? {}, grid))
    .reduce(addHistograms, EMPTY);
  const at = (level: number) => quantileOf(latency, level, grid);
  return { timed: latency.total, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function quantileOf(latency: Histogram, level: number, grid: LatencyGrid): number | null {
  const bucket = quantileBucket(latency, level);
  return bucket === null ? null : toDraw(bucketMs(bucket, grid));
}

function ofBoundaries(slower: SlowerCounts): Timed {
  const at = (level: number) => {
    const ms = interpolatedQuantile(slower, level);
    return ms === null ? null : toDraw(ms);
  };
  return { timed: slower.answers, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
