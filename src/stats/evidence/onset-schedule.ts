/** When mass is injected into an onset mixture; shared by all mixtures that watch the same traffic. */
export interface OnsetSchedule {
  /** Start of the first block with traffic to test, epoch ms; null before it. */
  readonly startedAt: number | null;
  /** Whole minutes since then whose mass was injected. */
  readonly minutes: number;
  /** Step changes since then. */
  readonly stepChanges: number;
}

export const UNSTARTED: OnsetSchedule = { startedAt: null, minutes: 0, stepChanges: 0 };

const AT_START = 0.5;
const AT_STEP_CHANGES = 0.3;
const DURING_DAY_ONE = 0.1;
const AFTER_DAY_ONE = 0.1;
const MINUTES_A_DAY = 1_440;

/**
 * The schedule after a block that begins `at`, epoch ms. Missed minutes are caught up; a clock set back adds none.
 */
export function advanceSchedule(
  schedule: OnsetSchedule,
  at: number,
  step: 'same-step' | 'step-changed',
): OnsetSchedule {
  if (schedule.startedAt === null) return { startedAt: at, minutes: 0, stepChanges: 0 };
  return {
    startedAt: schedule.startedAt,
    minutes: Math.max(schedule.minutes, Math.floor((at - schedule.startedAt) / 60_000)),
    stepChanges: schedule.stepChanges + (step === 'step-changed' ? 1 : 0),
  };
}

/**
 * The mass injected so far: 0.5 at the start, 0.3 shared by the first `steps - 1` step changes, 0.1 over the minutes of
 * the first day, 0.1/(d(d+1)) over those of day d+1. It never exceeds 1 (docs/statistics.md section 2.3).
 */
export function spentMass(schedule: OnsetSchedule, steps: number): number {
  if (schedule.startedAt === null) return 0;
  const changes = steps > 1 ? AT_STEP_CHANGES * (Math.min(schedule.stepChanges, steps - 1) / (steps - 1)) : 0;
  return Math.min(1, AT_START + changes + spentOverTime(schedule.minutes));
}

// The sum of 1/(d(d+1)) over the first d days telescopes to 1 - 1/(d+1).
function spentOverTime(minutes: number): number {
  if (minutes <= MINUTES_A_DAY) return (DURING_DAY_ONE * minutes) / MINUTES_A_DAY;
  const day = Math.floor((minutes - 1) / MINUTES_A_DAY);
  const today = (minutes - day * MINUTES_A_DAY) / (MINUTES_A_DAY * day * (day + 1));
  return DURING_DAY_ONE + AFTER_DAY_ONE * (1 - 1 / day + today);
}
