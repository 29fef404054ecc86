import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  duration,
  formatBps,
  formatDuration,
  formatPercent,
  formatPp,
  fraction,
  parseDurationMs,
  parsePercent,
  points,
  weight,
} from '../../../src/policy/units.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['0s', 0],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '30', 's', '-1s', '1 s', '1e3s', '1w', '٣s', '30s\n', '366d', `${'9'.repeat(400)}d`])(
    'refuses %j',
    (text) => {
      expect(parseDurationMs(text)).toBeNull();
    },
  );

  it.each([
    [0, '0s'],
    [250, '250ms'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [172_800_000, '2d'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('has a longest one', () => {
    expect(duration.parse('365d')).toBe(365 * 86_400_000);
    expect(duration.safeParse('366d').error?.issues).toMatchObject([{ message: 'must be at most 365d' }]);
  });
});

describe('shares', () => {
  it('reads a percentage as the nearest number, not as a quotient', () => {
    expect(parsePercent('4.1%')).toBe(0.041);
    expect(parsePercent('0.1%')).toBe(0.001);
    expect(parsePercent('10')).toBeNull();
    expect(parsePercent('1e1%')).toBeNull();
  });

  it('reads points and writes back what it read', () => {
    expect(points.parse('0.01pp')).toBe(0.0001);
    for (const text of ['0%', '0.1%', '4.1%', '17.2%', '26.9%', '110%', '0.000001%']) {
      expect(formatPercent(fraction.parse(text))).toBe(text);
    }
    for (const text of ['0.01pp', '1pp', '2.5pp']) expect(formatPp(points.parse(text))).toBe(text);
  });

  it('writes values back by the schema', () => {
    expect(z.encode(fraction, 0.105)).toBe('10.5%');
    expect(z.encode(points, 0.001)).toBe('0.1pp');
    expect(z.encode(duration, 90_000)).toBe('90s');
    expect(z.encode(weight, 5)).toBe('0.05%');
  });
});

describe('weights', () => {
  it.each([
    ['0.01%', 1],
    ['0.07%', 7],
    ['1%', 100],
    ['10%', 1_000],
    ['33.33%', 3_333],
    ['100%', 10_000],
  ])('reads %s as %d basis points', (text, bps) => {
    expect(weight.parse(text)).toBe(bps);
    expect(formatBps(bps)).toBe(text);
  });

  it.each([
    ['0.001%', 'a weight has a resolution of 0.01%'],
    ['101%', 'a weight is at most 100%'],
    ['100.01%', 'a weight is at most 100%'],
    ['10', 'must be a share such as 1% or 0.1%'],
    [10, 'must be a share such as 1% or 0.1%'],
    ['-1%', 'must be a share such as 1% or 0.1%'],
  ])('refuses %j: %s', (text, message) => {
    expect(weight.safeParse(text).error?.issues).toMatchObject([{ message }]);
  });
});
