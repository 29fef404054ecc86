import { expect, it } from 'vitest';
import { logSum } from '../../../src/stats/evidence/log-sum.ts';

it.each([
  ['halves', [0, Math.log(3)], [0.5, 0.5], Math.log(2)],
  ['more than a double holds', [2_000, 2_000], [0.5, 0.5], 2_000],
  ['a term of no weight, however large', [2_000, 5], [0, 1], 5],
  ['a term of nothing', [null, 5], [0.5, 1], 5],
  ['nothing', [null, 2_000], [1, 0], Number.NEGATIVE_INFINITY],
] as const)('adds %s', (_, logs, weights, sum) => {
  expect(logSum(logs, weights)).toBeCloseTo(sum, 12);
});
