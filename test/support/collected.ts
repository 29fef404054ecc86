import type { CollectRequest, MetricsSource } from '../../src/metrics/source.ts';
import type { Track } from '../../src/split/order.ts';
import type { SlowerCounts, Tally } from '../../src/stats/block.ts';
import { requestOf } from './metrics-request.ts';

export interface Sums extends Pick<Tally, 'requests' | 'errors' | 'clientErrors'> {
  /** Latencies known, and how many of them were above each boundary in ms. */
  readonly answers: number;
  readonly above: Readonly<Record<number, number>>;
}

export interface Collection {
  /** Collects once; what is wrong or missing, or null. */
  look(): Promise<string | null>;
  /** Whether there was a block yet: what counts from here on has a beginning. */
  begun(): boolean;
  sums(track: Track): Sums;
  clear(): void;
}

/** What a source with classic buckets tells over many looks, added up. */
export function collection(source: MetricsSource, request: Partial<CollectRequest> = {}): Collection {
  const split = { epoch: 1, canaryBps: 1_000, since: Date.now() };
  let after: string | null = null;
  let seen: Readonly<Record<Track, Tally | null>>[] = [];
  return {
    async look() {
      const collected = await source.collect(requestOf({ split, ...request, after }), AbortSignal.timeout(5_000));
      if (collected.kind === 'unusable') return collected.reason;
      after = collected.cursor;
      seen.push(...collected.blocks);
      return collected.missing ?? null;
    },
    begun: () => seen.length > 0,
    sums: (track) => seen.reduce((sums, block) => added(sums, block[track]), NOTHING),
    clear: () => {
      seen = [];
    },
  };
}

const NOTHING: Sums = { requests: 0, errors: 0, clientErrors: 0, answers: 0, above: {} };

function added(sums: Sums, tally: Tally | null): Sums {
  if (tally === null) return sums;
  const slower: SlowerCounts = tally.slower ?? { answers: 0, above: [] };
  return {
    requests: sums.requests + tally.requests,
    errors: sums.errors + tally.errors,
    clientErrors: sums.clientErrors + tally.clientErrors,
    answers: sums.answers + slower.answers,
    above: {
      ...sums.above,
      ...Object.fromEntries(slower.above.map(({ ms, count }) => [ms, (sums.above[ms] ?? 0) + count])),
    },
  };
}
