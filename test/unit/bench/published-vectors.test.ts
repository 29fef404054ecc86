import { describe, expect, it } from 'vitest';
import { CLASSIFIED, TIE_OUTS } from '../../support/kayenta-series.ts';
import { confseqVectors } from '../../support/published-vectors.ts';
import { classify, isHigh, mannWhitney, wilcoxonDifference } from '../../support/reference-kayenta.ts';

describe('confseq', () => {
  it.each(confseqVectors().map((vector) => [vector.name, vector] as const))('%s', (_, { published, computed }) => {
    expect(Math.abs(published - computed)).toBeLessThan(1e-5);
  });
});

describe('Kayenta', () => {
  it.each(TIE_OUTS.map((tieOut) => [tieOut.confidence, tieOut] as const))(
    'ties out with R at %d',
    (_, { confidence, control, experiment, interval }) => {
      const { lower, upper } = mannWhitney(experiment, control, confidence);
      expect(Math.abs(lower - interval[0])).toBeLessThan(1e-4);
      expect(Math.abs(upper - interval[1])).toBeLessThan(1e-4);
    },
  );

  it.each(CLASSIFIED.map((one) => [one.expected, one] as const))(
    'classifies as %s',
    (expected, { experiment, control }) => {
      const limits = { confidence: 0.95, tolerance: 0.1 };
      expect(classify(experiment, control, limits)).toBe(expected);
      expect(isHigh(experiment, control, limits)).toBe(expected === 'high');
    },
  );

  it('has the rank sum of a hand-made example', () => {
    // Ranks of 4, 5, 6 among 1..6 are 15: U = 9, its mean 4.5, corrected to 4, over sqrt(9/12 * 7).
    expect(wilcoxonDifference(0, 0, [4, 5, 6], [1, 2, 3])).toBeCloseTo(4 / Math.sqrt(5.25), 12);
    // One tie of two: ranks 2.5 and 4 in 1, 2, 2, 3.
    expect(wilcoxonDifference(0, 0, [2, 3], [1, 2])).toBeCloseTo(1 / Math.sqrt((4 / 12) * (5 - 6 / 12)), 12);
  });
});
