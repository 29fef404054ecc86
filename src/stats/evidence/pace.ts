import { decayOver } from './decay.ts';

/** Recent traffic under one split: decayed counts of requests, of the time they took, and of the blocks they came in. */
export interface Pace {
  readonly canary: number;
  readonly stable: number;
  readonly ms: number;
  readonly blocks: number;
}

export const NO_PACE: Pace = { canary: 0, stable: 0, ms: 0, blocks: 0 };

const HALF_LIFE_MS = 60_000;

export function stepPace(pace: Pace, canary: number, stable: number, durationMs: number): Pace {
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  return {
    canary: pace.canary * kept + canary,
    stable: pace.stable * kept + stable,
    ms: pace.ms * kept + durationMs,
    blocks: pace.blocks * kept + 1,
  };
}

/** The canary's share of the traffic; null unless both versions have some. */
export function canaryShare(pace: Pace): number | null {
  return pace.canary > 0 && pace.stable > 0 ? pace.canary / (pace.canary + pace.stable) : null;
}

/** The usual length of a recent block; null before the first. */
export function blockMs(pace: Pace): number | null {
  return pace.blocks > 0 ? pace.ms / pace.blocks : null;
}

/** How long this many canary requests take at this pace; null without traffic. */
export function msForCanaryRequests(pace: Pace, requests: number): number | null {
  return pace.canary > 0 && pace.ms > 0 ? (requests * pace.ms) / pace.canary : null;
}
