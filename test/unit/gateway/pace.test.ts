import { describe, expect, it } from 'vitest';
import { PaceMeter } from '../../../src/gateway/serve/pace.ts';

const LIMITS = { uploadMs: 5_000, uploadBytesPerSecond: 100, uploadGraceMs: 10_000 };

/** When a client that sends `bytes` every `everyMs` is too slow, or null when it is not within a thousand sends. */
function lateAt(bytes: number, everyMs: number, limits = LIMITS): number | null {
  const pace = new PaceMeter(limits);
  pace.await(0);
  for (let now = everyMs; now <= 1_000 * everyMs; now += everyMs) {
    if (pace.isLate(now)) return now;
    pace.took(bytes, now);
  }
  return null;
}

describe('the least rate of a request body', () => {
  it.each([
    ['one byte every second is cut about when the grace time ends', 1, 1_000, 11_000],
    ['half the rate at about twice the grace time', 50, 1_000, 19_000],
    ['the rate itself never', 100, 1_000, null],
    ['the same in bursts that are as far apart as silence may be never', 500, 4_999, null],
  ])('%s', (_name, bytes, everyMs, expected) => {
    expect(lateAt(bytes, everyMs)).toBe(expected);
  });

  it('silence is cut at its own time', () => {
    const pace = new PaceMeter(LIMITS);
    pace.await(0);
    expect([pace.isLate(4_999), pace.isLate(5_000)]).toEqual([false, true]);
  });

  it('what came long ago gives no credit for more than the grace time', () => {
    const pace = new PaceMeter({ ...LIMITS, uploadMs: 60_000 });
    pace.await(0);
    pace.took(1_000_000, 1_000);
    expect([pace.isLate(10_999), pace.isLate(11_000)]).toEqual([false, true]);
  });

  it('what the upstream does not take is not waited for', () => {
    const pace = new PaceMeter(LIMITS);
    pace.await(0);
    pace.hold(1_000);
    expect(pace.isLate(1_000_000)).toBe(false);
    pace.await(1_000_000);
    expect([pace.isLate(1_004_999), pace.isLate(1_005_000)]).toEqual([false, true]);
    expect(pace.waitedMs(1_002_000)).toBe(3_000);
  });

  it('any rate will do where it is 0', () => {
    expect(lateAt(1, 4_000, { ...LIMITS, uploadBytesPerSecond: 0 })).toBe(null);
  });
});
