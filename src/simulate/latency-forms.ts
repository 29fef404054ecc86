import { shown } from '../policy/fault.ts';
import { isRecord } from '../policy/is-record.ts';
import type { LatencyCounts, SlowerCounts } from '../stats/block.ts';
import { MOST_BOUNDARIES } from '../stats/latency/latency-form.ts';
import { lowestBucket, nativeGrid } from '../stats/latency/latency-grid.ts';
import { bucketOf, GAMMA, HIGHEST_BUCKET, LOWEST_BUCKET } from '../stats/latency/log-histogram.ts';
import { readCount, readFields, readNumber, refuseInput } from './read-value.ts';

const WHOLE_NUMBER = /^-?\d{1,4}$/;
const LOWEST_SCHEMA = -4;
const HIGHEST_SCHEMA = 8;

/** `{ gamma: 1.02, counts: { "186": 12 } }`: the form of the gateway's own blocks. */
export function readGatewayCounts(value: unknown, name: string): LatencyCounts {
  const { gamma, counts } = readFields(value, name, ['gamma', 'counts']);
  if (gamma !== undefined && gamma !== GAMMA)
    refuseInput(`${name}.gamma must be ${GAMMA}, the ratio that buckets have here`);
  if (!isRecord(counts)) refuseInput(`${name}.counts must be an object of bucket indices`);
  const latency: Record<number, number> = {};
  for (const [key, count] of Object.entries(counts)) {
    const bucket = Number(key);
    if (!WHOLE_NUMBER.test(key) || bucket < LOWEST_BUCKET || bucket > HIGHEST_BUCKET || String(bucket) !== key) {
      refuseInput(
        `${name}.counts has the key ${shown(key)}, which is no bucket from ${LOWEST_BUCKET} to ${HIGHEST_BUCKET}`,
      );
    }
    latency[bucket] = readCount(count, `${name}.counts["${key}"]`);
  }
  return latency;
}

/** `[12.5, 40]`: single latencies in ms. */
export function readLatencies(value: unknown, name: string): LatencyCounts {
  if (!Array.isArray(value)) refuseInput(`${name} must be a list of milliseconds`);
  const latency: Record<number, number> = {};
  for (const [index, ms] of (value as readonly unknown[]).entries()) {
    const bucket = bucketOf(readNumber(ms, `${name}[${index}]`, 0, Number.MAX_VALUE));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return latency;
}

/**
 * `{ "0.1": 12, "+Inf": 13 }`: cumulative counts by upper boundary in seconds, as classic Prometheus histograms have
 * them. Null when no boundary carries information.
 */
export function readBuckets(value: unknown, name: string): SlowerCounts | null {
  if (!isRecord(value)) refuseInput(`${name} must be an object of boundaries in seconds`);
  const cumulative = Object.entries(value)
    .map(([key, count]) => ({ key, ms: boundaryMs(key, name), count: readCount(count, `${name}["${key}"]`) }))
    .toSorted((left, right) => left.ms - right.ms);
  if (cumulative.length > MOST_BOUNDARIES + 1) refuseInput(`${name} has more than ${MOST_BOUNDARIES} boundaries`);
  if (cumulative.length > 0 && cumulative.at(-1)?.ms !== Number.POSITIVE_INFINITY) {
    refuseInput(`${name} has no boundary +Inf`);
  }
  let before = { ms: 0, count: 0 };
  for (const { key, ms, count } of cumulative) {
    if (ms === before.ms) refuseInput(`${name} has the boundary ${shown(key)} twice`);
    if (count < before.count)
      refuseInput(`${name}["${shown(key)}"] is less than the count before it: counts are cumulative`);
    before = { ms, count };
  }
  const answers = before.count;
  const above = cumulative.slice(0, -1).map(({ ms, count }) => ({ ms, count: answers - count }));
  return above.length === 0 ? null : { answers, above };
}

/** Counts of a Prometheus native histogram of seconds: bucket i holds what is at most 2^(i 2^-schema) s. */
export interface NativeCounts {
  readonly schema: number;
  readonly counts: LatencyCounts;
  readonly zero: number;
}

/** `{ "schema": 3, "counts": { "-12": 4 }, "zero": 0 }`: `zero` counts what lies below every bucket. */
export function readNative(value: unknown, name: string): NativeCounts {
  const { schema, counts, zero } = readFields(value, name, ['schema', 'counts', 'zero']);
  const resolution = readNumber(schema, `${name}.schema`, LOWEST_SCHEMA, HIGHEST_SCHEMA);
  if (!Number.isInteger(resolution)) refuseInput(`${name}.schema must be a whole number`);
  if (!isRecord(counts)) refuseInput(`${name}.counts must be an object of bucket indices`);
  const latency: Record<number, number> = {};
  for (const [key, count] of Object.entries(counts)) {
    if (!WHOLE_NUMBER.test(key) || String(Number(key)) !== key) {
      refuseInput(`${name}.counts has the key ${shown(key)}, which is no bucket`);
    }
    latency[Number(key)] = readCount(count, `${name}.counts["${key}"]`);
  }
  return { schema: resolution, counts: latency, zero: zero === undefined ? 0 : readCount(zero, `${name}.zero`) };
}

/** The counts on the grid of an equal or coarser schema: 2^d buckets become one, with d the difference. */
export function countsAtSchema({ schema, counts, zero }: NativeCounts, coarser: number): LatencyCounts {
  const together = 2 ** (schema - coarser);
  const latency: Record<number, number> = {};
  const add = (bucket: number, count: number) => {
    if (count > 0) latency[bucket] = (latency[bucket] ?? 0) + count;
  };
  for (const [key, count] of Object.entries(counts)) add(Math.ceil(Number(key) / together), count);
  add(lowestBucket(nativeGrid(coarser)), zero);
  return latency;
}

function boundaryMs(key: string, name: string): number {
  if (key === '+Inf') return Number.POSITIVE_INFINITY;
  const seconds = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(key) ? Number(key) : Number.NaN;
  if (!(seconds > 0 && Number.isFinite(seconds * 1_000))) {
    refuseInput(`${name} has the boundary ${shown(key)}, which is no number of seconds above 0, nor +Inf`);
  }
  return seconds * 1_000;
}
