import { describe, expect, it } from 'vitest';
import { logNormalThrough, quantileMs, shareSlowerThan } from '../../../src/simulate/traffic.ts';
import { normalQuantile, normalTail } from '../../../src/stats/evidence/normal.ts';

describe('the normal tail', () => {
  // Abramowitz and Stegun, table 26.1 and 26.2.
  it.each([
    [0, 0.5],
    [1, 0.15865525393145705],
    [-1, 0.84134474606854293],
    [2.4999, 0.006211418],
    [2.5001, 0.006207913],
    [5, 2.8665157187919391e-7],
    [9, 1.1285884059538324e-19],
  ])('beyond %d is %d', (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(z > 2.4 && z < 2.6 ? 1e-6 : 1e-12);
  });

  it('meets itself where the method changes', () => {
    expect(normalTail(2.5 - 1e-12) / normalTail(2.5 + 1e-12)).toBeCloseTo(1, 10);
  });

  it('has the quantile as its inverse', () => {
    expect(normalQuantile(0.01)).toBeCloseTo(-2.3263478740408408, 12);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalTail(normalQuantile(1 - 1e-9))).toBeCloseTo(1e-9, 15);
  });
});

describe('a log-normal distribution', () => {
  it('goes through both quantiles', () => {
    const latency = logNormalThrough(40, 300);
    expect(quantileMs(latency, 0.5)).toBeCloseTo(40, 10);
    expect(quantileMs(latency, 0.99)).toBeCloseTo(300, 9);
    expect(shareSlowerThan(latency, 300)).toBeCloseTo(0.01, 12);
  });
});
