import type { Tally } from '../../stats/block.ts';
import { decayOver } from '../../stats/evidence/decay.ts';
import { lnEPoissonOneSample } from '../../stats/evidence/e-value.ts';
import {
  AT_REST,
  type FaultDetector,
  type SharedTrials,
  type Trials,
  watchAlarm,
  watchBlock,
} from './fault-detector.ts';

/**
 * Whether both versions together fail far more than the service used to (docs/statistics.md section 3.11). The comparison
 * cannot tell an outage from a canary that damages a shared dependency, so neither version is blamed, and nothing is
 * promoted in the meantime.
 */
export interface FaultWatch extends FaultDetector {
  /** Decayed counts of both versions, and the time they cover. */
  readonly past: { readonly events: number; readonly requests: number; readonly ms: number };
}

/** Each alternative as a multiple of the tolerated rate. */
const FACTORS: readonly number[] = [2, 5, 20];
const HIGHEST_RATE = 0.98;
export const FAULT_HALF_LIFE_MS = 3_600_000;
export const FAULT_HISTORY_MS = 300_000;

export const NO_FAULT: FaultWatch = { past: { events: 0, requests: 0, ms: 0 }, ...AT_REST };

/** One block of the randomised traffic. */
export interface WatchedBlock {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly canary: Tally | null;
  readonly stable: Tally | null;
}

/** Adds one block. What it learns from an alarm applies from the next block on. */
export function watchFault(
  watch: FaultWatch,
  block: WatchedBlock,
  bet: { readonly cap: number; readonly phi: number },
): FaultWatch {
  const trials = trialsOf(block);
  const tolerated = toleratedRate(watch);
  if (watch.alarm !== null) return { past: watch.past, ...watchAlarm(watch, watch.alarm, trials, tolerated) };
  const past = learn(watch.past, trials.both, block.durationMs);
  if (watch.past.ms < FAULT_HISTORY_MS || trials.both.n === 0) return { ...watch, past };
  const logE = ({ n, x }: Trials, index: number) => {
    const rate = Math.min(HIGHEST_RATE, (FACTORS[index] ?? 1) * tolerated);
    return rate <= tolerated ? 0 : Math.min(bet.cap, lnEPoissonOneSample(n, x, rate, tolerated) / bet.phi);
  };
  return { past, ...watchBlock(watch, block.startedAt, trials, logE) };
}

/** The error rate that is unremarkable given the past: three times the past rate, and half a point above it. */
export function toleratedRate({ past }: FaultWatch): number {
  const rate = pastRate(past);
  return Math.max(3 * rate, rate + 0.005);
}

export function pastRate({ events, requests }: FaultWatch['past']): number {
  return requests === 0 ? 0 : events / requests;
}

function trialsOf({ canary, stable }: WatchedBlock): SharedTrials {
  const own = { n: stable?.requests ?? 0, x: stable?.errors ?? 0 };
  const both = { n: own.n + (canary?.requests ?? 0), x: own.x + (canary?.errors ?? 0) };
  return { both, stable: own.n === 0 ? null : own };
}

function learn(past: FaultWatch['past'], { n, x }: Trials, durationMs: number): FaultWatch['past'] {
  const kept = decayOver(durationMs, FAULT_HALF_LIFE_MS);
  return {
    events: past.events * kept + x,
    requests: past.requests * kept + n,
    ms: past.ms + (n === 0 ? 0 : durationMs),
  };
}
