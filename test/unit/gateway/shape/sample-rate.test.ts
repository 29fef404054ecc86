import { describe, expect, it } from 'vitest';
import { shareOfId } from '../../../../src/gateway/measure/reading/shape/answer-share.ts';
import { SampleRate } from '../../../../src/gateway/measure/shapes/sample-rate.ts';

describe('the share of the answers that is read', () => {
  it('is what is asked for, and less where that would be too many', () => {
    let now = 0;
    const rate = new SampleRate(0.1, () => now);
    const shares = (perSecond: number) => {
      let share = 0;
      for (let at = 0; at < 3 * perSecond; at += 1) {
        now += 1_000 / perSecond;
        share = rate.next();
      }
      return share;
    };
    expect(shares(100)).toBe(0.1);
    expect(shares(20_000)).toBeCloseTo(0.01, 3);
    expect(shares(1_000)).toBe(0.1);
  });

  it('is drawn alike for the same id, and evenly', () => {
    const shares = Array.from({ length: 20_000 }, (_, id) => shareOfId(`request-${id}`));
    expect(shareOfId('request-7')).toBe(shares[7]);
    for (const share of [0.01, 0.1, 0.5]) {
      const drawn = shares.filter((one) => one < share).length / shares.length;
      expect(Math.abs(drawn - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / shares.length));
    }
  });
});
