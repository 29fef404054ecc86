import { shown } from '../policy/fault.ts';
import type { LatencyCounts } from '../stats/block.ts';
import { bucketMs, bucketOf, GAMMA, HIGHEST_BUCKET, LOWEST_BUCKET } from '../stats/log-histogram.ts';
import { isRecord, readCount, readFields, readNumber, refuse } from './read-value.ts';

/**
 * Where the answers of a coarse bucket (b, b'] are put: the canary's at b, the stable's at b'. A canary's answer then
 * lies above a stable quantile and its margin only if it certainly does: P(canary > b) is compared with
 * P(stable > b'), the conservative exact test of statistics.md 3.5. A latency margin counts as reaching up to the next
 * boundary, so that nothing is rolled back early; parity is shown only where a boundary lies within its margin.
 */
export type EdgeOfBucket = 'lower' | 'upper';

const LONGEST_MS = bucketMs(HIGHEST_BUCKET);
const WHOLE_NUMBER = /^-?\d{1,4}$/;

/** `{ gamma: 1.02, counts: { "186": 12 } }`: the form of the gateway's own blocks. */
export function readHistogram(value: unknown, name: string): LatencyCounts {
  const { gamma, counts } = readFields(value, name, ['gamma', 'counts']);
  if (gamma !== undefined && gamma !== GAMMA)
    refuse(`${name}.gamma must be ${GAMMA}, the ratio that buckets have here`);
  if (!isRecord(counts)) refuse(`${name}.counts must be an object of bucket indices`);
  const latency: Record<number, number> = {};
  for (const [key, count] of Object.entries(counts)) {
    const bucket = Number(key);
    if (!WHOLE_NUMBER.test(key) || bucket < LOWEST_BUCKET || bucket > HIGHEST_BUCKET || String(bucket) !== key) {
      refuse(`${name}.counts has the key ${shown(key)}, which is no bucket from ${LOWEST_BUCKET} to ${HIGHEST_BUCKET}`);
    }
    latency[bucket] = readCount(count, `${name}.counts["${key}"]`);
  }
  return latency;
}

/** `[12.5, 40]`: single latencies in ms. */
export function readLatencies(value: unknown, name: string): LatencyCounts {
  if (!Array.isArray(value)) refuse(`${name} must be a list of milliseconds`);
  const latency: Record<number, number> = {};
  for (const [index, ms] of (value as readonly unknown[]).entries()) {
    const bucket = bucketOf(readNumber(ms, `${name}[${index}]`, 0, Number.MAX_VALUE));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return latency;
}

/** `{ "0.1": 12, "+Inf": 13 }`: cumulative counts by upper boundary in seconds, as Prometheus has them. */
export function readBuckets(value: unknown, name: string, edge: EdgeOfBucket): LatencyCounts {
  if (!isRecord(value)) refuse(`${name} must be an object of boundaries in seconds`);
  const cumulative = Object.entries(value)
    .map(([key, count]) => ({ key, upToMs: boundaryMs(key, name), count: readCount(count, `${name}["${key}"]`) }))
    .toSorted((left, right) => left.upToMs - right.upToMs);
  if (cumulative.length > 0 && cumulative.at(-1)?.upToMs !== Number.POSITIVE_INFINITY) {
    refuse(`${name} has no boundary +Inf`);
  }
  const latency: Record<number, number> = {};
  let before = { upToMs: 0, count: 0 };
  for (const { key, upToMs, count } of cumulative) {
    if (upToMs === before.upToMs) refuse(`${name} has the boundary ${shown(key)} twice`);
    if (count < before.count)
      refuse(`${name}["${shown(key)}"] is less than the count before it: counts are cumulative`);
    const bucket = bucketOf(Math.min(LONGEST_MS, edge === 'lower' ? before.upToMs : upToMs));
    if (count > before.count) latency[bucket] = (latency[bucket] ?? 0) + count - before.count;
    before = { upToMs, count };
  }
  return latency;
}

function boundaryMs(key: string, name: string): number {
  if (key === '+Inf') return Number.POSITIVE_INFINITY;
  const seconds = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(key) ? Number(key) : Number.NaN;
  if (!(seconds > 0 && Number.isFinite(seconds * 1_000))) {
    refuse(`${name} has the boundary ${shown(key)}, which is no number of seconds above 0, nor +Inf`);
  }
  return seconds * 1_000;
}
