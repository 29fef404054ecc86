import { logSum } from '../../stats/evidence/log-sum.ts';

/** Requests or answers of a block, and how many of them are events. */
export interface Trials {
  readonly n: number;
  readonly x: number;
}

/** What both versions did in a block, and the stable alone; null when it served nothing. */
export interface SharedTrials {
  readonly both: Trials;
  readonly stable: Trials | null;
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

export interface FaultDetector {
  /** Log of the Shiryaev-Roberts statistic of each alternative; null for zero. */
  readonly logMass: readonly (number | null)[];
  readonly alarm: FaultAlarm | null;
}

/** The weights of the three alternatives that a detector bets on. */
const WEIGHTS: readonly number[] = [0.3, 0.4, 0.3];
/** One false alarm in 30 days of 5 s blocks. */
const LOG_RUN_LENGTH = Math.log(518_400);
const CLEAR_AFTER = 12;

export const AT_REST: FaultDetector = { logMass: WEIGHTS.map(() => null), alarm: null };

/**
 * Adds one block outside of an alarm (docs/statistics.md section 3.11). A fault is shared only where the stable has it by
 * itself, so the smaller log e-value counts; it keeps the average run length, because it never exceeds that of both together.
 *
 * @param logE log e-value of trials against "no more events than tolerated", for an alternative by its index
 */
export function watchBlock(
  { logMass }: FaultDetector,
  startedAt: number,
  { both, stable }: SharedTrials,
  logE: (trials: Trials, alternative: number) => number,
): FaultDetector {
  const next = logMass.map((log, index) => {
    const alone = stable === null ? Number.POSITIVE_INFINITY : logE(stable, index);
    return logSum([log, 0], [1, 1]) + Math.min(logE(both, index), alone);
  });
  if (logDetected({ logMass: next }) < LOG_RUN_LENGTH) return { logMass: next, alarm: null };
  return { logMass: next, alarm: { since: startedAt, goodBlocks: 0, events: both.x, requests: both.n } };
}

/** Log of the whole statistic. */
export function logDetected({ logMass }: Pick<FaultDetector, 'logMass'>): number {
  return logSum(logMass, WEIGHTS);
}

/** Adds one block during an alarm, which ends after enough blocks in a row that are within what is tolerated. */
export function watchAlarm(
  detector: FaultDetector,
  alarm: FaultAlarm,
  { both, stable }: SharedTrials,
  tolerated: number,
): FaultDetector {
  if (both.n === 0) return detector;
  const isWithin = ({ n, x }: Trials) => x <= n * tolerated;
  const isGood = isWithin(both) || (stable !== null && isWithin(stable));
  const goodBlocks = isGood ? alarm.goodBlocks + 1 : 0;
  if (goodBlocks >= CLEAR_AFTER) return AT_REST;
  const events = alarm.events + (isGood ? 0 : both.x);
  const requests = alarm.requests + (isGood ? 0 : both.n);
  return { logMass: detector.logMass, alarm: { since: alarm.since, goodBlocks, events, requests } };
}

/** The alarm of several detectors together: it began with the first, and goes on while any does. */
export function alarmOf(...detectors: readonly FaultDetector[]): FaultAlarm | null {
  const alarms = detectors.flatMap(({ alarm }) => alarm ?? []);
  const [first] = alarms;
  if (first === undefined) return null;
  return {
    ...first,
    since: Math.min(...alarms.map(({ since }) => since)),
    goodBlocks: Math.min(...alarms.map(({ goodBlocks }) => goodBlocks)),
  };
}
