import { describe, expect, it } from 'vitest';
import {
  formatAbout,
  formatCount,
  formatLatency,
  formatPoints,
  formatShare,
  formatSpan,
} from '../../../src/parity/figures.ts';

describe('figures in words', () => {
  it.each([
    [0, '0 %'],
    [0.048, '4.8 %'],
    [0.002, '0.2 %'],
    [0.000213, '0.021 %'],
    [0.1, '10 %'],
    [0.4834, '48.3 %'],
    [1, '100 %'],
    [1e-9, '<0.0001 %'],
  ])('a share of %d is %s', (share, text) => expect(formatShare(share)).toBe(text));

  it.each([
    [0, '0'],
    [999, '999'],
    [10_911, '10,911'],
    [1_234_567, '1,234,567'],
  ])('a count of %d is %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [0.84, '0.84 ms'],
    [20.41, '20.4 ms'],
    [161.3, '161 ms'],
    [12_345, '12.3 s'],
  ])('a latency of %d ms is %s', (ms, text) => expect(formatLatency(ms)).toBe(text));

  it.each([
    [20, '1 s'],
    [40_000, '40 s'],
    [200_000, '3 min'],
    [3 * 3_600_000, '3 h'],
    [72 * 3_600_000, '3 d'],
  ])('a span of %d ms is %s', (ms, text) => expect(formatSpan(ms)).toBe(text));

  it('an estimate has two digits, a difference is in points', () => {
    expect(formatAbout(2_134)).toBe('2,100');
    expect(formatPoints(0.0001)).toBe('0.01 pp');
  });
});
