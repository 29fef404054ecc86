import { describe, expect, it } from 'vitest';
import { rampedWeight } from '../../../src/split/ramp.ts';

const order = { canaryBps: 5_000, ramp: { fromBps: 1_000, since: 0, ms: 120_000 } };
const at = (elapsedMs: number) => rampedWeight(order, elapsedMs);

describe('a ramp', () => {
  it('rises in moves of 15 s, the first of them at once', () => {
    expect([0, 14_999, 15_000, 60_000, 104_999].map((ms) => at(ms).canaryBps)).toEqual([
      1_500, 1_500, 2_000, 3_500, 4_500,
    ]);
    expect(at(20_000).nextInMs).toBe(10_000);
  });

  it('ends with the weight that was ordered, and stays there', () => {
    expect(at(105_000)).toEqual({ canaryBps: 5_000, nextInMs: null });
    expect(at(1e12)).toEqual({ canaryBps: 5_000, nextInMs: null });
  });

  it('begins when a clock says that it has not begun', () => {
    expect(at(-60_000)).toEqual(at(0));
  });

  it('never falls, never passes the weight, and gives the canary something at once', () => {
    for (const canaryBps of [1, 7, 100, 10_000]) {
      for (const ms of [500, 4_000, 33_000, 600_000]) {
        let before = 0;
        for (let elapsed = 0; elapsed <= ms; elapsed += 250) {
          const weight = rampedWeight({ canaryBps, ramp: { fromBps: 0, since: 0, ms } }, elapsed).canaryBps;
          expect(weight).toBeGreaterThanOrEqual(Math.max(1, before));
          expect(weight).toBeLessThanOrEqual(canaryBps);
          before = weight;
        }
        expect(before).toBe(canaryBps);
      }
    }
  });

  it('is none where the order has none', () => {
    expect(rampedWeight({ canaryBps: 5_000 }, 0)).toEqual({ canaryBps: 5_000, nextInMs: null });
  });
});
