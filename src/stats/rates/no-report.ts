import type { Block, Tally } from '../block.ts';
import { decayOver } from '../evidence/decay.ts';
import { openRareEvent, type RareEvent, stepRareEvent } from './rare-event.ts';
import { sentRequests } from './unanswered.ts';

/**
 * The test of a canary that gets requests and reports none, while the stable reports (docs/statistics.md section 3.10
 * b).
 */
export interface NoReport {
  readonly silence: RareEvent;
  /** Intervals in which the canary reported nothing, of those that were bet on. */
  readonly silent: number;
  /** Decayed counts of the stable: requests that it reported, out of those routed to it. */
  readonly stable: { readonly reported: number; readonly routed: number };
}

export const UNHEARD: NoReport = { silence: openRareEvent(), silent: 0, stable: { reported: 0, routed: 0 } };

/** How many requests the canary must be expected to report before its silence means anything. */
const ENOUGH_EXPECTED = 5;
const HALF_LIFE_MS = 600_000;

/**
 * One reporting interval. How much of its traffic a version reports is learnt from the stable's past: the canary may
 * have none. When the stable is silent too, or the router's counts are unknown, nothing is bet or learnt.
 */
export function stepNoReport(
  state: NoReport,
  { canary, stable, routed, durationMs }: Pick<Block, 'canary' | 'stable' | 'routed' | 'durationMs'>,
  cap: number,
): NoReport {
  if (routed === undefined || !hasReported(stable)) return state;
  const learnt = { ...state, stable: learn(state.stable, sentRequests(stable), routed.stable, durationMs) };
  if (routed.canary * reportedShare(state.stable) < ENOUGH_EXPECTED) return learnt;
  const silent = !hasReported(canary);
  return {
    ...learnt,
    silence: stepRareEvent(state.silence, silent ? 'happened' : 'not', cap),
    silent: state.silent + (silent ? 1 : 0),
  };
}

function hasReported(tally: Tally | null): boolean {
  return sentRequests(tally) > 0;
}

function reportedShare({ reported, routed }: NoReport['stable']): number {
  return routed === 0 ? 0 : Math.min(1, reported / routed);
}

function learn(past: NoReport['stable'], reported: number, routed: number, durationMs: number): NoReport['stable'] {
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  return { reported: past.reported * kept + reported, routed: past.routed * kept + routed };
}
