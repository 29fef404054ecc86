import { GROUPS, type GroupCounts } from '../block.ts';

/**
 * How much more the stable's errors scatter than independent ones would (docs/statistics.md section 3.7), from shadow
 * groups of its traffic. When groups differ in size, each is compared with the errors expected for its requests.
 */
export interface GroupDispersion {
  /** Time for which groups were counted, ms. */
  readonly seenMs: number;
  /** Counts by group since the beginning; a client stays in its group. */
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  /** Sums over blocks: the variance between groups, and the mean. */
  readonly scatter: number;
  readonly mean: number;
}

/** How much history is needed before the groups are trusted, ms. */
export const ENOUGH_HISTORY_MS = 600_000;

/** 95 % point of chi-square with 19 degrees of freedom, over 19: the long-run scatter that chance explains. */
const CHI_SQUARE_95 = 1.587;

const NONE: readonly number[] = Array.from({ length: GROUPS }, () => 0);

export const NO_DISPERSION: GroupDispersion = { seenMs: 0, requests: NONE, errors: NONE, scatter: 0, mean: 0 };

/** The dispersion with one block's groups added. */
export function stepGroups(past: GroupDispersion, groups: GroupCounts, durationMs: number): GroupDispersion {
  const errors = sum(groups.errors);
  return {
    seenMs: past.seenMs + durationMs,
    requests: past.requests.map((count, group) => count + (groups.requests[group] ?? 0)),
    errors: past.errors.map((count, group) => count + (groups.errors[group] ?? 0)),
    scatter: past.scatter + (errors === 0 ? 0 : scatterOf(groups)),
    mean: past.mean + errors / GROUPS,
  };
}

/**
 * phi for counts of errors: 1 for independent ones, E[K^2]/E[K] for clumps of size K.
 *
 * @param initial what is assumed until there is enough history
 */
export function groupPhi(past: GroupDispersion, initial: number): number {
  if (past.seenMs < ENOUGH_HISTORY_MS) return initial;
  const within = past.mean > 0 ? past.scatter / past.mean : 1;
  const mean = sum(past.errors) / GROUPS;
  const long = mean > 0 ? scatterOf(past) / mean / CHI_SQUARE_95 : 1;
  return Math.max(1, within, long);
}

// With groups of equal size this is their sample variance.
function scatterOf({ requests, errors }: GroupCounts): number {
  const all = sum(requests);
  const rate = all === 0 ? 0 : sum(errors) / all;
  let squares = 0;
  for (let group = 0; group < GROUPS; group += 1) {
    squares += ((errors[group] ?? 0) - rate * (requests[group] ?? 0)) ** 2;
  }
  return squares / (GROUPS - 1);
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
