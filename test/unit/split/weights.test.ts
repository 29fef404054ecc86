import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { canaryThreshold, splitWeights, WHOLE_BPS } from '../../../src/split/weights.ts';

describe('canaryThreshold', () => {
  it.each([
    [0, 0],
    [1, 429_497],
    [5_000, 2 ** 31],
    [10_000, 2 ** 32],
  ])('%d basis points are %d hashes', (bps, hashes) => {
    expect(canaryThreshold(bps)).toBe(hashes);
  });

  it('is exact to one hash and rises with every basis point', () => {
    for (let bps = 0; bps <= WHOLE_BPS; bps++) {
      const exact = (BigInt(bps) << 32n) / 10_000n;
      const roundedUp = (BigInt(bps) << 32n) % 10_000n === 0n ? exact : exact + 1n;
      expect(canaryThreshold(bps)).toBe(Number(roundedUp));
      expect(canaryThreshold(bps)).toBeGreaterThan(canaryThreshold(bps - 1));
    }
  });
});

describe('splitWeights', () => {
  it.each([0, 1, 1_000, 9_999, 10_000])('sums to 10,000 with a canary of %d', (bps) => {
    const { stable, canary } = splitWeights(bps);
    expect(canary).toBe(bps);
    expect(stable + canary).toBe(WHOLE_BPS);
  });

  it.each([-1, 0.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (bps) => {
    expect(() => splitWeights(bps)).toThrow(Problem);
  });
});
