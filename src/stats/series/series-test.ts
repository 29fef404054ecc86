import { mean } from 'simple-statistics';
import type { SeriesValue } from '../block.ts';

/** What is tested for one value per version and interval (docs/statistics.md section 3.9). */
export interface SeriesTest {
  readonly worse: 'higher' | 'lower' | 'both';
  /** Only arms of the same size are exchangeable when the versions are equal; others use the guard. */
  readonly arms: 'same-size' | 'different';
  readonly rollback: SeriesMargin;
  readonly parity: SeriesMargin;
}

/** `relative` of the stable's value, `absolute` in the unit of the values; the larger applies. */
export interface SeriesMargin {
  readonly relative: number;
  readonly absolute: number;
}

export type Direction = 'higher' | 'lower';

/** The values of one interval, none of them missing. */
export interface SeriesValues {
  readonly canary: NonNullable<SeriesValue>;
  readonly stable: NonNullable<SeriesValue>;
}

export function directionsOf(worse: SeriesTest['worse']): readonly Direction[] {
  return worse === 'both' ? ['higher', 'lower'] : [worse];
}

/** How much worse than `stable` a value may be. */
export function allowanceAt(stable: number, { relative, absolute }: SeriesMargin): number {
  return Math.max(absolute, relative * Math.abs(stable));
}

/** A version's single value: the mean over its pods. */
export function meanOf(value: NonNullable<SeriesValue>): number {
  return typeof value === 'number' ? value : mean([...value]);
}
