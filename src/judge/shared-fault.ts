import type { Tally } from '../stats/block.ts';
import { decayOver } from '../stats/evidence/decay.ts';
import { lnEPoissonOneSample } from '../stats/evidence/e-value.ts';
import { logSum } from '../stats/evidence/log-sum.ts';

/**
 * Whether both versions together fail far more than the service used to (docs/statistics.md section 3.11). The comparison
 * cannot tell an outage from a canary that damages a shared dependency, so neither version is blamed, and nothing is
 * promoted in the meantime.
 */
export interface FaultWatch {
  /** Decayed counts of both versions, and the time they cover. */
  readonly past: { readonly events: number; readonly requests: number; readonly ms: number };
  /** Log of the Shiryaev-Roberts statistic of each alternative; null for zero. */
  readonly logMass: readonly (number | null)[];
  readonly alarm: FaultAlarm | null;
}

export interface FaultAlarm {
  /** Start of the block that raised it, epoch ms by the gateway's clock. */
  readonly since: number;
  /** Blocks in a row without the fault. */
  readonly goodBlocks: number;
  /** Counts during the fault, for display. */
  readonly events: number;
  readonly requests: number;
}

/** Each alternative as a multiple of the tolerated rate, and its weight. */
const FACTORS: readonly number[] = [2, 5, 20];
const WEIGHTS: readonly number[] = [0.3, 0.4, 0.3];
const HIGHEST_RATE = 0.98;
/** One false alarm in 30 days of 5 s blocks. */
const LOG_RUN_LENGTH = Math.log(518_400);
const HALF_LIFE_MS = 3_600_000;
const ENOUGH_HISTORY_MS = 300_000;
const CLEAR_AFTER = 12;

const NO_MASS: readonly null[] = FACTORS.map(() => null);

export const NO_FAULT: FaultWatch = { past: { events: 0, requests: 0, ms: 0 }, logMass: NO_MASS, alarm: null };

/** Adds one block of the randomised traffic. What it learns from an alarm applies from the next block on. */
export function watchFault(
  watch: FaultWatch,
  block: {
    readonly startedAt: number;
    readonly durationMs: number;
    readonly canary: Tally | null;
    readonly stable: Tally | null;
  },
  bet: { readonly cap: number; readonly phi: number },
): FaultWatch {
  const requests = (block.canary?.requests ?? 0) + (block.stable?.requests ?? 0);
  const events = (block.canary?.errors ?? 0) + (block.stable?.errors ?? 0);
  const tolerated = toleratedRate(watch);
  if (watch.alarm !== null) return { ...watch, ...duringAlarm(watch, requests, events, tolerated) };
  const past = learn(watch.past, requests, events, block.durationMs);
  if (watch.past.ms < ENOUGH_HISTORY_MS || requests === 0) return { ...watch, past };
  const logMass = watch.logMass.map((log, index) => {
    const rate = Math.min(HIGHEST_RATE, (FACTORS[index] ?? 1) * tolerated);
    const logE = rate <= tolerated ? 0 : lnEPoissonOneSample(requests, events, rate, tolerated);
    return logSum([log, 0], [1, 1]) + Math.min(bet.cap, logE / bet.phi);
  });
  if (logSum(logMass, WEIGHTS) < LOG_RUN_LENGTH) return { past, logMass, alarm: null };
  return { past, logMass, alarm: { since: block.startedAt, goodBlocks: 0, events, requests } };
}

/** The error rate that is unremarkable given the past: three times the past rate, and half a point above it. */
export function toleratedRate({ past }: FaultWatch): number {
  const rate = pastRate(past);
  return Math.max(3 * rate, rate + 0.005);
}

export function pastRate({ events, requests }: FaultWatch['past']): number {
  return requests === 0 ? 0 : events / requests;
}

function duringAlarm(
  { alarm, past }: FaultWatch,
  requests: number,
  events: number,
  tolerated: number,
): Partial<FaultWatch> {
  if (alarm === null || requests === 0) return {};
  const goodBlocks = events <= requests * tolerated ? alarm.goodBlocks + 1 : 0;
  if (goodBlocks >= CLEAR_AFTER) return { past, logMass: NO_MASS, alarm: null };
  const isBad = goodBlocks === 0;
  return {
    alarm: {
      since: alarm.since,
      goodBlocks,
      events: alarm.events + (isBad ? events : 0),
      requests: alarm.requests + (isBad ? requests : 0),
    },
  };
}

function learn(past: FaultWatch['past'], requests: number, events: number, durationMs: number): FaultWatch['past'] {
  const kept = decayOver(durationMs, HALF_LIFE_MS);
  return {
    events: past.events * kept + events,
    requests: past.requests * kept + requests,
    ms: past.ms + (requests === 0 ? 0 : durationMs),
  };
}
