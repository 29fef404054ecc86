import { describe, expect, it } from 'vitest';
import { numberIn } from '../../../src/gateway/measure/reading/carried-value.ts';
import { durationIn } from '../../../src/gateway/measure/reading/server-timing.ts';

describe('the duration of a metric of Server-Timing', () => {
  it.each([
    [['db;dur=53.2'], 53.2],
    [['missedCache, db ; desc="a;dur=1, db;dur=2" ; dur = 7'], 7],
    [['db;dur="4"'], 4],
    [['db;DUR=4'], 4],
    [['db;dur=1, app;dur=9', 'db;dur=2'], 3],
    [['db;dur=0'], 0],
    [['db'], 'missing'],
    [['DB;dur=4'], 'missing'],
    [[], 'missing'],
    [['db;dur=soon'], 'unusable'],
    [['db;dur'], 'unusable'],
    [['db;dur=1e400'], 'unusable'],
    [['db;dur=NaN'], 'unusable'],
    [['"'], 'unusable'],
    [[`${'x;dur=1,'.repeat(2_000)}db;dur=5`], 'missing'],
  ])('%j', (lines, expected) => {
    expect(durationIn(lines, 'db')).toBe(expected);
  });

  it('of a hostile line takes no longer than its length', () => {
    for (const line of ['a'.repeat(10_000), `db;dur="${'\\'.repeat(10_000)}`, ';'.repeat(10_000), ' '.repeat(10_000)]) {
      expect(['missing', 'unusable']).toContain(durationIn([line], 'db'));
    }
  });
});

describe('a number in a field', () => {
  it.each([
    ['9', 9],
    ['-1', -1],
    ['1e3', 1_000],
    ['.5', 0.5],
    ['', 'missing'],
    ['1, 2', 'unusable'],
    ['0x10', 'unusable'],
    ['Infinity', 'unusable'],
    ['1'.repeat(101), 'unusable'],
  ])('%j', (text, expected) => {
    expect(numberIn(text)).toBe(expected);
  });
});
