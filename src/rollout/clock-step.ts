import type { Evidence } from './evidence.ts';

/**
 * The evidence on a clock that was set by `stepMs`: what has lasted for a minute has lasted for a minute all the same.
 * The rollout's own instants are audited and stay, so what the stage has lasted is corrected by `steppedMs`.
 */
export function onSteppedClock(evidence: Evidence, stepMs: number): Evidence {
  if (stepMs === 0) return evidence;
  const at = (instant: number | null) => (instant === null ? null : instant + stepMs);
  return {
    ...evidence,
    lookedAt: evidence.lookedAt + stepMs,
    appliedAt: at(evidence.appliedAt),
    blindSince: at(evidence.blindSince),
    suspectSince: at(evidence.suspectSince),
    faultSince: at(evidence.faultSince),
    steppedMs: (evidence.steppedMs ?? 0) + stepMs,
    judge: { ...evidence.judge, fedAt: at(evidence.judge.fedAt) },
  };
}

/** An instant of the rollout itself (the stage was entered, the weight grew), as the clock has it now. */
export function asOfNow(instant: number, { steppedMs = 0 }: Pick<Evidence, 'steppedMs'>): number {
  return instant + steppedMs;
}
