import { describe, expect, it } from 'vitest';
import { editDistance, someOf, suggest } from '../../../src/policy/suggest.ts';

describe('someOf', () => {
  it('names what there is, and of many ten', () => {
    const names = Array.from({ length: 1_010 }, (_, at) => `r${at}`);
    expect(someOf(['a', 'b'])).toBe('a, b');
    expect(someOf(names)).toBe('r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 1,000 more');
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['weight', 'weight', 0],
    ['wieght', 'weight', 1],
    ['dwel', 'dwell', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%s to %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('suggest', () => {
  const keys = ['weight', 'dwell', 'gates', 'p50', 'p95'];

  it('finds the nearest of several', () => {
    expect(suggest('p59', keys)).toBe('p50');
    expect(suggest('wheight', keys)).toBe('weight');
    expect(suggest('Gates', keys)).toBe('gates');
  });

  it('says nothing rather than something far off', () => {
    expect(suggest('colour', keys)).toBeNull();
    expect(suggest('x', keys)).toBeNull();
    expect(suggest('weight', [])).toBeNull();
    expect(suggest('weight'.repeat(100), keys)).toBeNull();
  });
});
