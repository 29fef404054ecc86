import type { Block } from '../../stats/block.ts';
import type { LogCounts } from '../../stats/logs/log-counts.ts';

/** What the canary logs while it has no requests: of the quietest minute, since a start logs what nothing else does. */
export interface AtRest {
  /** The minute in the making. */
  readonly ms: number;
  readonly error: number;
  readonly warn: number;
  /** Lines a millisecond, at the least; null before a whole minute. */
  readonly least: { readonly error: number; readonly warn: number } | null;
}

export const NO_REST: AtRest = { ms: 0, error: 0, warn: 0, least: null };

const MINUTE_MS = 60_000;
/** A canary may log so much more of it than when it was at rest. */
const TIMES = 1.5;

export function stepRest(
  { ms, error, warn, least }: AtRest,
  { durationMs }: Block,
  canary: LogCounts | null,
  requests: number | 'unknown',
): AtRest {
  if (canary === null || requests !== 0) return { ...NO_REST, least };
  const next = { ms: ms + durationMs, error: error + canary.levels.error, warn: warn + canary.levels.warn };
  if (next.ms < MINUTE_MS) return { ...next, least };
  const rates = { error: next.error / next.ms, warn: next.warn / next.ms };
  const quietest =
    least === null ? rates : { error: Math.min(least.error, rates.error), warn: Math.min(least.warn, rates.warn) };
  return { ...NO_REST, least: quietest };
}

/** Lines that are to be expected of the machines of the canary in such a span, whatever it is asked. */
export function restingLines({ least }: AtRest, level: 'error' | 'warn', durationMs: number): number {
  return least === null ? 0 : TIMES * least[level] * durationMs;
}
