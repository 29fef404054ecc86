import { describe, expect, it } from 'vitest';
import { histogramOf } from '../../../src/stats/latency/log-histogram.ts';
import { NOTHING, openRivals, type RivalName, type Sums } from '../../bench/judge/rivals.ts';
import { tallyOf } from '../../support/judge-blocks.ts';

const BASELINE = { errorRate: 0.001, p99Ms: 100 };

function sums(requests: number, errors: number, medianMs = 20): Sums {
  const tally = tallyOf(requests, { errors, medianMs });
  return { requests, errors, latency: histogramOf(tally.latency) };
}

/** The minute, from one, at which the rule rolls back; null if it does not in an hour. */
function rolledBackAt(name: RivalName, canary: (minute: number) => Sums, stable = sums(1_000, 1)): number | null {
  const [rival] = openRivals([name], BASELINE);
  for (let minute = 1; minute <= 60; minute += 1) if (rival?.minute(canary(minute), stable)) return minute;
  return null;
}

describe('the rules of others', () => {
  it('Flagger counts failed checks over the whole analysis, and no data is one', () => {
    expect(rolledBackAt('B', () => NOTHING)).toBe(5);
    expect(rolledBackAt('B', (minute) => sums(100, minute % 10 === 0 ? 2 : 0))).toBe(50);
    expect(rolledBackAt('B', () => sums(100, 1))).toBeNull();
    expect(rolledBackAt('B', () => sums(100, 0, 400))).toBe(5);
    expect(rolledBackAt("B'", () => sums(1_000, 4))).toBe(5);
    expect(rolledBackAt("B'", () => sums(1_000, 3))).toBeNull();
  });

  it('Argo looks every five minutes and allows three failures', () => {
    expect(rolledBackAt('C', () => sums(100, 6))).toBe(20);
    expect(rolledBackAt('C', () => sums(100, 4))).toBeNull();
    expect(rolledBackAt('C', () => NOTHING)).toBeNull();
  });

  it('Kayenta needs series, and passes equal ones', () => {
    expect(rolledBackAt('D', (minute) => sums(1_000, 5 + (minute % 3)))).toBe(10);
    expect(rolledBackAt('D', () => sums(1_000, 1))).toBeNull();
  });

  it('the z-test and the band look at what is pooled', () => {
    expect(rolledBackAt('E', () => sums(1_000, 20))).toBe(1);
    expect(rolledBackAt('E', () => sums(1_000, 1))).toBeNull();
    expect(rolledBackAt('F', () => sums(1_000, 1, 40))).toBe(1);
    expect(rolledBackAt('F', () => sums(1_000, 1))).toBeNull();
  });
});
