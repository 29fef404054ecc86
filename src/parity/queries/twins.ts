import type { SeriesPoint } from '../../stats/block.ts';

/**
 * Successive intervals in which both versions have one value to the last bit, although it is no whole number and moves:
 * almost certainly one series that was asked for twice (docs/statistics.md section 3.9).
 */
export interface Twins {
  /** Such intervals in a row; those whose value did not move are left out. */
  readonly count: number;
  /** The last such value, as text; null before the first. */
  readonly last: string | null;
}

export const NO_TWINS: Twins = { count: 0, last: null };

const CONVINCING = 10;

/** One interval in which both versions have a value. A whole or an unmoved value may well be equal, and changes nothing. */
export function stepTwins(twins: Twins, { canary, stable }: SeriesPoint): Twins {
  const value = JSON.stringify(canary);
  if (value !== JSON.stringify(stable)) return NO_TWINS;
  if (value === twins.last || [canary].flat().every(Number.isInteger)) return twins;
  return { count: twins.count + 1, last: value };
}

/** Why the values compare nothing; null as long as they may. */
export function whyTwins({ count }: Twins): string | null {
  if (count < CONVINCING) return null;
  return (
    `both queries return one series: ${count} times in a row the value moved, and was the same for both versions to ` +
    'the last digit. Its query has to tell the versions apart by {{version}} or {{track}}'
  );
}
