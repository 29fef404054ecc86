import type { AnswerCounts, ValueCounts } from '../../src/stats/answers/answer-counts.ts';
import { valueBucket } from '../../src/stats/answers/value-grid.ts';
import type { Tally } from '../../src/stats/block.ts';

/** The counts of a value: of the answers without it none has a number. */
export function countsOfValues(numbers: readonly number[], missing = 0): ValueCounts {
  const counts: Record<number, number> = {};
  for (const number of numbers) {
    const bucket = valueBucket(number);
    if (bucket === null) throw new Error(`${number} is no value`);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { asked: numbers.length + missing, missing, unusable: 0, counts };
}

/** A tally whose answers carry these values. */
export function carrying(tally: Tally, values: NonNullable<AnswerCounts['values']>): Tally {
  return { ...tally, values };
}

/** Numbers without chance: the even quantiles of a log-logistic distribution around a median. */
export function spread(count: number, median: number, shape = 0.3): readonly number[] {
  return Array.from({ length: count }, (_, at) => {
    const level = (at + 0.5) / count;
    return median * (level / (1 - level)) ** shape;
  });
}
