import { isRecord } from '../../policy/is-record.ts';
import type { Block, SlowerCounts } from '../../stats/block.ts';
import {
  boundariesOf,
  hasBoundaries,
  isSameForm,
  type LatencyForm,
  MOST_BOUNDARIES,
  talliesOf,
} from '../../stats/latency/latency-form.ts';
import { countBuckets, HIGHEST_BUCKET, LOWEST_BUCKET, otherKeys } from '../../stats/latency/log-histogram.ts';
import { isCount, show } from '../shape.ts';

/** The finest grid has buckets of 0.2 %, finer than any native histogram; the coarsest is that of schema -4. */
const FINEST_RATIO = 1.002;
const COARSEST_RATIO = 2 ** 16;

/** What is wrong with a block's grid, which may be omitted. */
export function faultOfGrid(grid: unknown): string | null {
  if (grid === undefined) return null;
  if (!isRecord(grid)) return `grid is ${show(grid)}, not a ratio and a unit`;
  const { ratio, unitMs } = grid;
  if (!(Number.isFinite(ratio) && Number(ratio) >= FINEST_RATIO && Number(ratio) <= COARSEST_RATIO)) {
    return `grid.ratio is ${show(ratio)}, not a ratio from ${FINEST_RATIO} to ${COARSEST_RATIO}`;
  }
  if (!(Number.isFinite(unitMs) && Number(unitMs) >= 1e-6 && Number(unitMs) <= 1e9)) {
    return `grid.unitMs is ${show(unitMs)}, not a unit of time`;
  }
  return null;
}

/** What is wrong with the latencies of a tally. */
export function faultOfLatency(
  tally: Readonly<Record<string, unknown>>,
  name: string,
  grid: 'gateway-grid' | 'own-grid',
): string | null {
  const { latency, slower } = tally;
  if (!isRecord(latency)) return `${name}.latency is ${show(latency)}, not a histogram`;
  const fault = grid === 'gateway-grid' ? faultOfBuckets(latency, name) : faultOfIndices(latency, name);
  if (fault !== null || slower === undefined) return fault;
  if (Object.keys(latency).length > 0) return `${name} has both latency and slower`;
  return faultOfSlower(slower, `${name}.slower`);
}

/** Whether all latencies of an otherwise sound block have the same form. */
export function faultOfForms(block: Block): string | null {
  if (!hasBoundaries(block)) return null;
  const tallies = talliesOf(block);
  const [first, ...others] = tallies.flatMap(({ slower }) => (slower === undefined ? [] : [formOfBoundaries(slower)]));
  if (first === undefined) return null;
  if (others.some((other) => !isSameForm(first, other))) return 'its versions have different boundaries';
  return tallies.some(({ latency }) => countBuckets(latency) > 0)
    ? 'some of its latencies have boundaries and some have buckets'
    : null;
}

// Buckets from 0 on are read as indices; all other keys are read as text.
function faultOfBuckets(latency: Readonly<Record<string, unknown>>, name: string): string | null {
  const buckets = countBuckets(latency);
  let indices = 0;
  for (let bucket = 0; bucket <= HIGHEST_BUCKET && indices < buckets; bucket += 1) {
    const count = latency[bucket];
    if (count === undefined) continue;
    if (!isCount(count)) return `${name}.latency[${bucket}] is ${show(count)}, not a count`;
    indices += 1;
  }
  if (indices === buckets) return null;
  for (const bucket of otherKeys(latency, indices)) {
    if (!isBucketBelowZero(bucket)) return `${name}.latency has the bucket ${show(bucket)}`;
    if (!isCount(latency[bucket])) return `${name}.latency[${bucket}] is ${show(latency[bucket])}, not a count`;
  }
  return null;
}

// Buckets beyond the outermost ones are counted in those.
function faultOfIndices(latency: Readonly<Record<string, unknown>>, name: string): string | null {
  for (const [key, count] of Object.entries(latency)) {
    const bucket = Number(key);
    if (String(bucket) !== key || !Number.isSafeInteger(bucket)) return `${name}.latency has the bucket ${show(key)}`;
    if (!isCount(count)) return `${name}.latency[${key}] is ${show(count)}, not a count`;
  }
  return null;
}

function faultOfSlower(slower: unknown, name: string): string | null {
  if (!isRecord(slower)) return `${name} is ${show(slower)}, not counts above boundaries`;
  const { answers, above } = slower;
  if (!isCount(answers)) return `${name}.answers is ${show(answers)}, not a count`;
  if (!Array.isArray(above) || above.length === 0 || above.length > MOST_BOUNDARIES) {
    return `${name}.above is no list of 1 to ${MOST_BOUNDARIES} boundaries`;
  }
  let before = { ms: 0, count: answers };
  for (const [index, entry] of (above as readonly unknown[]).entries()) {
    const { ms, count } = isRecord(entry) ? entry : {};
    if (!(typeof ms === 'number' && Number.isFinite(ms) && ms > before.ms)) {
      return `${name}.above[${index}].ms is ${show(ms)}, not a boundary above ${before.ms}`;
    }
    if (!isCount(count) || count > before.count) {
      return `${name}.above[${index}].count is ${show(count)}, not a count of at most ${before.count}`;
    }
    before = { ms, count };
  }
  return null;
}

function formOfBoundaries(slower: SlowerCounts): LatencyForm {
  return { kind: 'boundaries', ms: boundariesOf(slower) };
}

function isBucketBelowZero(key: string): boolean {
  const bucket = Number(key);
  return String(bucket) === key && Number.isInteger(bucket) && bucket < 0 && bucket >= LOWEST_BUCKET;
}
