import type { LatencyCounts, LatencyGrid } from '../../stats/block.ts';
import { bucketOf, GAMMA } from '../../stats/latency/log-histogram.ts';

/**
 * Whose requests are counted together. `unlisted`: a credential that is not listed, by its keyed hash. `unlisted-others`: all that are
 * not counted one by one, because no version has accepted them or because there are too many. `none`: no credential, or one that does
 * not verify.
 */
export type Who =
  | { readonly kind: 'listed'; readonly name: string; readonly keyHash: string }
  | { readonly kind: 'unlisted'; readonly keyHash: string }
  | { readonly kind: 'unlisted-others' }
  | { readonly kind: 'none' };

/** Answers of one version to one consumer. What Serin, the network or the client causes is charged to no version, and is not here. */
export interface ConsumerCounts {
  readonly requests: number;
  /** Answers with the error statuses of the route's policy, and requests without a complete answer. */
  readonly errors: number;
  /** 400..499 that are not errors. */
  readonly clientErrors: number;
  /** On `LEDGER_GRID`, of the answers whose latency the comparison of versions would use: no errors, 4xx, streams. */
  readonly latency: LatencyCounts;
}

/** What one version answered to one consumer on one UTC day; forced requests do not count. */
export interface ConsumerDay extends ConsumerCounts {
  readonly route: string;
  readonly who: Who;
  /** Name of the version that answered. */
  readonly version: string;
  /** In UTC, as `2027-03-01`. */
  readonly day: string;
  /** When the first and the last of them came, epoch ms; within a day of `day`, because requests may span midnight. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const FINER = 4;
/** Each bucket is four of the gateway's: neighbouring edges are 8.2 % apart. */
export const LEDGER_GRID: LatencyGrid = { ratio: GAMMA ** FINER, unitMs: 1 };

/**
 * The bucket of a latency on `LEDGER_GRID`, clamped to 0.01 ms .. 120 s.
 * @example ledgerBucketOf(100) // 59
 */
export function ledgerBucketOf(ms: number): number {
  // Adding zero avoids -0.
  return Math.ceil(bucketOf(ms) / FINER) + 0;
}

export const DAY_MS = 86_400_000;

/** The UTC day of an instant in epoch ms, as `2027-03-01`. */
export function utcDayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export const NO_ANSWERS: ConsumerCounts = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

export function addConsumerCounts(one: ConsumerCounts, other: ConsumerCounts): ConsumerCounts {
  const latency: Record<number, number> = { ...one.latency };
  for (const [key, count] of Object.entries(other.latency))
    latency[Number(key)] = (one.latency[Number(key)] ?? 0) + count;
  return {
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
    clientErrors: one.clientErrors + other.clientErrors,
    latency,
  };
}

/** The same for who, version and day alike: one of several processes, or of several drains of one. */
export function addConsumerDays(one: ConsumerDay, other: ConsumerDay): ConsumerDay {
  return {
    ...one,
    ...addConsumerCounts(one, other),
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
  };
}

/** Rows with the same route, who, version and day become one. */
export function mergeConsumerDays(days: readonly ConsumerDay[]): readonly ConsumerDay[] {
  const merged = new Map<string, ConsumerDay>();
  for (const day of days) {
    const key = ledgerKeyOf(day);
    const before = merged.get(key);
    merged.set(key, before === undefined ? day : addConsumerDays(before, day));
  }
  return [...merged.values()];
}

/** Alike for rows that are one. */
export function ledgerKeyOf({ route, who, version, day }: ConsumerDay): string {
  return JSON.stringify([route, day, who.kind, nameAsListed(who), keyHashOf(who), version]);
}

/** The name as it was listed; empty for everybody else. */
export function nameAsListed(who: Who): string {
  return who.kind === 'listed' ? who.name : '';
}

/** The keyed hash of the credential; empty where there was none, or it was not counted by itself. */
export function keyHashOf(who: Who): string {
  return who.kind === 'listed' || who.kind === 'unlisted' ? who.keyHash : '';
}
