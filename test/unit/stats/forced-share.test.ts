import { describe, expect, it } from 'vitest';
import { forcedLogE, forcedThreshold } from '../../../src/stats/rates/forced-share.ts';

describe('what happens in forced answers', () => {
  it('has the value of the documents', () => {
    expect(forcedLogE({ requests: 6, events: 6 }, 0)).toBeCloseTo(12.835636703, 9);
    expect(forcedThreshold(4_000)).toBeCloseTo(11.289781914, 9);
  });

  it('has a mean of at most 1 wherever it happens no more often than is tolerated', () => {
    for (const [seldom, rate] of [
      [0, 0.1],
      [0.05, 0.2],
      [0.4, 0.9],
    ] as const) {
      const chances = [1 - rate, rate];
      let mean = 0;
      for (let events = 0; events <= 5; events += 1) {
        const ways = [1, 5, 10, 10, 5, 1][events] ?? 0;
        const chance = ways * (chances[1] ?? 0) ** events * (chances[0] ?? 0) ** (5 - events);
        mean += chance * Math.exp(forcedLogE({ requests: 5, events }, seldom));
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('says nothing of what the stable does in most answers', () => {
    expect(forcedLogE({ requests: 100, events: 100 }, 0.6)).toBeCloseTo(0, 12);
  });
});
