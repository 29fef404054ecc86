/** How many intervals back missed values are still requested; older ones stay missing. */
const FURTHEST_BACK = 20;
/** The maximum asked in one look, so that catching up causes no burst. */
const MOST_AT_ONCE = 4;

export interface Due {
  readonly intervalMs: number;
  /** End of the last interval that was taken, epoch ms; null when none was. */
  readonly takenUpTo: number | null;
  /** Since when (epoch ms) the present split is in force: a value from before, even in part, belongs to another step. */
  readonly since: number;
  readonly now: number;
  /** A source that only knows the present can be asked for the interval that ended last: earlier ones stay missing. */
  readonly knows: 'past' | 'present';
}

/** Ends of the intervals whose values are due now, oldest first. Interval k ends at (k + 1) * intervalMs. */
export function dueEnds({ intervalMs, takenUpTo, since, now, knows }: Due): readonly number[] {
  const last = Math.floor(now / intervalMs) * intervalMs;
  const begun = Math.ceil(Math.max(since, takenUpTo ?? 0) / intervalMs) * intervalMs;
  const furthest = knows === 'past' ? FURTHEST_BACK : 1;
  const first = Math.max(begun + intervalMs, last - (furthest - 1) * intervalMs);
  const due = Math.max(0, Math.floor((last - first) / intervalMs) + 1);
  return Array.from({ length: Math.min(due, MOST_AT_ONCE) }, (_, index) => first + index * intervalMs);
}
