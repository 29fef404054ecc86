import type { Collected, MetricsSource } from '../metrics/source.ts';
import { formatTakenCursor, parseTakenCursor } from '../metrics/taken-cursor.ts';
import type { Sighting, SightingName } from '../stats/answers/sighting.ts';
import type { Block } from '../stats/block.ts';
import type { LogFetch } from '../stats/logs/log-counts.ts';
import { readLogSighting } from '../stats/logs/log-sighting.ts';
import type { LogSpan, TakeLogs, TakenLogs } from './counting/take-logs.ts';

/** Where the lines are that came in. Null where they are out of reach for now, which costs them. */
export interface LogTaker {
  take(request: TakeLogs, signal: AbortSignal): Promise<TakenLogs | null>;
  /** What people are shown of the lines; of none where they are out of reach. */
  sightings(route: string, names: readonly SightingName[]): Promise<ReadonlyMap<SightingName, Sighting>>;
  /** Whether what the lines of a route are fetched from answers; null where they are only sent. */
  fetched?(route: string): LogFetch | null;
}

/**
 * A source whose blocks also carry what the versions logged in them, where the policy has it checked. A line counts in the block of
 * the time at which it was written, if that is within a minute of its arrival, and in the first block since where that block was given already.
 *
 * Each line is taken once: what a look was given waits until a committed cursor says so, and a look that is repeated gets it again.
 * What waits lies in memory: of a restart's time neither lines nor requests are counted.
 */
export function withLogs(inner: MetricsSource, logs: LogTaker): MetricsSource {
  return {
    ...inner,
    async collect(request, signal) {
      const { blocks: after, taken } = parseTakenCursor('logs/1', request.after);
      const collected = await inner.collect({ ...request, after }, signal);
      if (request.logs !== true || collected.kind !== 'blocks') return collected;
      const { route, versions, split } = request;
      const watched = {
        stable: versions.stable.version,
        canary: versions.canary.version,
        epoch: split.epoch,
        since: split.since,
      };
      const answer = await logs.take({ route, watched, spans: collected.blocks.map(spanOf), taken }, signal);
      return attach(collected, answer, taken, logs.fetched?.(route) ?? null);
    },
    async sightings(route, names) {
      const ofLines = names.filter((name) => readLogSighting(name) !== null);
      const others = names.filter((name) => readLogSighting(name) === null);
      const [seen, lines] = await Promise.all([
        others.length === 0 ? NOTHING : inner.sightings?.(route, others),
        ofLines.length === 0 ? NOTHING : logs.sightings(route, ofLines),
      ]);
      return new Map([...(seen ?? NOTHING), ...lines]);
    },
  };
}

const NOTHING: ReadonlyMap<SightingName, Sighting> = new Map();

type Blocks = Extract<Collected, { kind: 'blocks' }>;

/** While they cannot be fetched the lines that came are part of all: they say nothing. */
function attach(
  collected: Blocks,
  answer: TakenLogs | null,
  before: TakeLogs['taken'],
  fetch: LogFetch | null,
): Blocks {
  const fetched = fetch === null ? {} : { fetched: fetch };
  const pairs = fetch === null || fetch.fault === null ? answer?.pairs : undefined;
  const { blocks, cursor } = collected;
  return {
    ...collected,
    blocks: blocks.map((block, at) => ({
      ...block,
      logs: { ...(pairs?.[at] ?? { stable: null, canary: null }), ...fetched },
    })),
    cursor: formatTakenCursor('logs/1', { blocks: cursor, taken: answer?.taken ?? before }),
  };
}

function spanOf({ splitEpoch, startedAt, durationMs }: Block): LogSpan {
  return { epoch: splitEpoch, startedAt, endsAt: startedAt + durationMs };
}
