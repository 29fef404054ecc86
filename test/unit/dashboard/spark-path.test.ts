import { describe, expect, it } from 'vitest';
import { sparkPath, sparkTop } from '../../../src/dashboard/drawings/spark-path.ts';

const AREA = { width: 104, height: 25 };

describe('a sparkline', () => {
  it('goes from the left to the right, and from 0 at the bottom to the top', () => {
    expect(sparkPath([0, 5, 10], 10, AREA)).toBe('M2 23L52 13L102 3');
  });

  it('has a gap where nothing is known, and a dash between two gaps', () => {
    expect(sparkPath([null, 5, null, 10, 10], 10, AREA)).toBe('M27 13h1M77 3L102 3');
    expect(sparkPath([null, null], 10, AREA)).toBe('');
  });

  it('lies on the ground where nothing came', () => {
    expect(sparkPath([0, 0], 0, AREA)).toBe('M2 23L102 23');
  });

  it('has one scale for both versions', () => {
    expect(sparkTop([1, null, 4], [9])).toBe(9);
    expect(sparkTop([null], [])).toBe(0);
  });
});
