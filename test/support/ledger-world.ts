import { type ConsumerDay, ledgerBucketOf, utcDayOf } from '../../src/consumers/ledger/consumer-day.ts';
import { binomial, normal, type Random } from './random.ts';

const DAY_MS = 86_400_000;
export const MOVED_AT = Date.UTC(2027, 2, 15);
export const PAST_DAYS = 20;

/** How a version answers one consumer. */
export interface Answering {
  readonly perDay: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly medianMs: number;
}

export const dayAt = (index: number) => utcDayOf(MOVED_AT + index * DAY_MS);

/** Latencies around a median, most within a factor of 1.6 to either side; of at most 50 answers, so that a day is quickly made. */
function latencies(random: Random, count: number, medianMs: number): Record<number, number> {
  const buckets: Record<number, number> = {};
  const drawn = Math.min(count, 50);
  for (let answer = 0; answer < drawn; answer += 1) {
    const bucket = ledgerBucketOf(medianMs * Math.exp(0.47 * normal(random)));
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  return buckets;
}

/** A day of a consumer on a version, `drift` times as many errors as usual. */
export function dayOf(
  random: Random,
  name: string,
  { version, day }: { readonly version: string; readonly day: string },
  { perDay, errors, clientErrors, medianMs }: Answering,
  drift = 1,
): ConsumerDay {
  const failed = binomial(random, perDay, Math.min(0.9, errors * drift));
  const refused = binomial(random, perDay - failed, Math.min(0.9, clientErrors * drift));
  return {
    route: 'shop',
    who: { kind: 'listed', name, keyHash: name },
    version,
    day,
    requests: perDay,
    errors: failed,
    clientErrors: refused,
    latency: latencies(random, perDay - failed - refused, medianMs),
    firstAt: 0,
    lastAt: 0,
  };
}

/** `exp(spread z)`: a day that is so many times as bad as usual. */
export const driftOf = (random: Random, spread: number) => Math.exp(spread * normal(random));
