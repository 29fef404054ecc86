import type { Policy } from '../../policy/schema.ts';
import type { Block } from '../../stats/block.ts';
import type { LogCounts } from '../../stats/logs/log-counts.ts';
import { addLogs } from '../../stats/logs/log-sums.ts';
import { sentRequests } from '../../stats/rates/unanswered.ts';

/** What both versions logged over some blocks: several lines of a request, or of a burst, are mostly in one of them. */
export interface LogInterval {
  /** Whether both versions are compared in it, or the stable is learnt. */
  readonly of: 'both' | 'stable';
  readonly durationMs: number;
  readonly requests: { readonly canary: number; readonly stable: number };
  /** Of the canary's, those that nobody drew: forced, or by a consumer's rule. What only they log is no sign of the version. */
  readonly undrawn: number;
  readonly stable: LogCounts;
  /** Null in an interval of the stable. */
  readonly canary: LogCounts | null;
}

/** Blocks of an interval, and what is long enough however short they are. */
const BLOCKS = 6;
const LONG_ENOUGH_MS = 30_000;
const LONGEST_MS = 600_000;
/** Of the canary's requests in a block that is compared. */
const MOST_FORCED = 0.05;
/** Of the canary. */
export const INTERVAL_REQUESTS = 50;

/** How long an interval takes at least: six blocks, 30 s with the default, and never less than one. */
export function shortestInterval({ spec: { judge } }: Policy): number {
  return Math.max(judge.block, Math.min(LONG_ENOUGH_MS, BLOCKS * judge.block));
}

/** The next step of an interval: what is open, and what is complete with this block. */
export interface Filling {
  readonly open: LogInterval | null;
  readonly whole: LogInterval | null;
}

/** All requests of a version in a block, whatever their lane, and those that were sent to it again: what it logs is of all of them. */
export function requestsOf(block: Block, track: 'stable' | 'canary'): number {
  const young = block.young?.[track]?.tally ?? null;
  return [block[track], block.forced[track], block.ruled[track], young].reduce(
    (sum, tally) => sum + sentRequests(tally),
    mirroredTo(block, track),
  );
}

/** Mirrored requests are in no tally. Those that are compared go to both versions, the others to the canary alone. */
export function mirroredTo({ pairs }: Pick<Block, 'pairs'>, track: 'stable' | 'canary'): number {
  if (pairs === undefined) return 0;
  return pairs.compared + pairs.unusable + (track === 'canary' ? (pairs.alone ?? 0) : 0);
}

/** Whether so many of the canary's requests were forced that its lines may be those of whoever tries it. */
export function isMuchForced(block: Block): boolean {
  return sentRequests(block.forced.canary) > MOST_FORCED * requestsOf(block, 'canary');
}

/**
 * One block more. An interval is over after `shortestMs` and 50 requests of the canary, or after ten minutes: time and requests say nothing
 * of what was logged. One that becomes another kind is dropped.
 */
export function fill(
  before: LogInterval | null,
  block: Block,
  of: LogInterval['of'],
  logs: { readonly stable: LogCounts; readonly canary: LogCounts | null },
  shortestMs: number,
): Filling {
  const open = before?.of === of ? before : null;
  const canary = of === 'both' ? logs.canary : null;
  const requests = { canary: requestsOf(block, 'canary'), stable: requestsOf(block, 'stable') };
  const next: LogInterval = {
    of,
    durationMs: (open?.durationMs ?? 0) + block.durationMs,
    requests: {
      canary: (open?.requests.canary ?? 0) + requests.canary,
      stable: (open?.requests.stable ?? 0) + requests.stable,
    },
    undrawn: (open?.undrawn ?? 0) + sentRequests(block.forced.canary) + sentRequests(block.ruled.canary),
    stable: open === null ? logs.stable : addLogs(open.stable, logs.stable),
    canary: open === null || open.canary === null || canary === null ? canary : addLogs(open.canary, canary),
  };
  const isEnough = of === 'stable' || next.requests.canary >= INTERVAL_REQUESTS;
  const isOver = next.durationMs >= LONGEST_MS || (next.durationMs >= shortestMs && isEnough);
  return isOver ? { open: null, whole: next } : { open: next, whole: null };
}
