import { describe, expect, it } from 'vitest';
import { clockTime, shortTime } from '../../../src/dashboard/words/clock.ts';

/** By the clock of whoever runs the tests, wherever that is. */
const at = (year: number, month: number, day: number) => new Date(year, month - 1, day, 13, 9, 20).getTime();

describe('a time on a page', () => {
  it('has its day where that is not today, and its year where that is another', () => {
    const now = at(2026, 12, 1);
    expect(clockTime(at(2026, 12, 1), now)).toBe('13:09:20');
    expect(clockTime(at(2026, 11, 30), now)).toBe('30 Nov 13:09:20');
    expect(clockTime(at(2025, 12, 1), now)).toBe('1 Dec 2025 13:09:20');
    expect(shortTime(at(2026, 12, 1), now)).toBe('13:09');
    expect(shortTime(at(2026, 11, 30), now)).toBe('30 Nov 13:09');
  });
});
