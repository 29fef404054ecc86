/** Looks at a step, by the number of 15 s: round(2^(k/2)), to a day (docs/statistics.md section 3.18). */
const UNIT_MS = 15_000;
const LAST_POWER = 25;

/** When a step is looked at, in ms since it began: 15, 30, 45, 60, 90, 120, 165, 240 s and so on, 25 times up to a day. */
export const UNIT_LOOKS_MS: readonly number[] = [
  ...new Set(Array.from({ length: LAST_POWER + 1 }, (_, power) => UNIT_MS * Math.round(2 ** (power / 2)))),
];

/** How many looks are due once a step is this old. */
export function looksDue(ageMs: number): number {
  return UNIT_LOOKS_MS.filter((at) => at <= ageMs).length;
}
