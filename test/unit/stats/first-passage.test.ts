import { describe, expect, it } from 'vitest';
import { medianPassage } from '../../../src/stats/evidence/first-passage.ts';
import { normal, seededRandom } from '../../support/random.ts';

describe('the median time at which a walk passes a level', () => {
  it('is (level / Phi^-1(3/4))^2 without drift, and level over mean without chance', () => {
    expect(medianPassage({ mean: 0, variance: 1 }, 1)).toBeCloseTo(1 / 0.6744897501960817 ** 2, 9);
    expect(medianPassage({ mean: 0.5, variance: 0 }, 4)).toBe(8);
    expect(medianPassage({ mean: 0, variance: 0 }, 4)).toBeNull();
    expect(medianPassage({ mean: 1, variance: 1e-3 }, 4)).toBeCloseTo(4, 6);
  });

  it('is never where fewer than half of the walks ever pass: e^(2 mean level / variance) of them', () => {
    expect(medianPassage({ mean: -0.1, variance: 2 }, (2 * Math.LN2) / 0.2 + 0.01)).toBeNull();
    expect(medianPassage({ mean: -0.1, variance: 2 }, (2 * Math.LN2) / 0.2 - 1)).toBeGreaterThan(0);
  });

  it.each([
    [0.02, 0.04, 9],
    [-0.0005, 0.02, 2],
    [0.1, 0.05, 9],
  ])('is what simulated walks take: mean %d, variance %d', (mean, variance, level) => {
    const random = seededRandom(20_261_129);
    const times = Array.from({ length: 300 }, () => {
      let sum = 0;
      let steps = 0;
      while (sum < level && steps < 30_000) {
        sum += mean + Math.sqrt(variance) * normal(random);
        steps += 1;
      }
      return steps;
    }).toSorted((left, right) => left - right);
    const foretold = medianPassage({ mean, variance }, level) ?? Number.NaN;
    expect((times[150] ?? 0) / foretold).toBeGreaterThan(0.75);
    expect((times[150] ?? 0) / foretold).toBeLessThan(1.35);
  });
});
