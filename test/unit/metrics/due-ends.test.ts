import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueEnds } from '../../../src/metrics/queries/due-ends.ts';

const MINUTE = 60_000;

describe('intervals whose value is due', () => {
  it.each([
    ['none before the first interval of the step has ended', { since: 30_000, now: 2 * MINUTE - 1 }, []],
    ['an interval that lies in the step as a whole', { since: 30_000, now: 2 * MINUTE }, [2]],
    ['an interval that begins with the step', { since: MINUTE, now: 2 * MINUTE }, [2]],
    ['none that was taken', { since: 0, now: 5 * MINUTE, takenUpTo: 5 * MINUTE }, []],
    ['those after the last that was taken', { since: 0, now: 5 * MINUTE + 1, takenUpTo: 3 * MINUTE }, [4, 5]],
    ['no burst after an outage', { since: 0, now: 12 * MINUTE, takenUpTo: 3 * MINUTE }, [4, 5, 6, 7]],
    ['20 intervals back at most', { since: 0, now: 100 * MINUTE, takenUpTo: MINUTE }, [81, 82, 83, 84]],
    ['none that overlaps what was taken by other intervals', { since: 0, now: 5 * MINUTE, takenUpTo: 150_000 }, [4, 5]],
    ['none when the clock stands before what was taken', { since: 0, now: 2 * MINUTE, takenUpTo: 9 * MINUTE }, []],
    [
      'the one that ended last, of whom knows no past',
      { since: 0, now: 5.5 * MINUTE, takenUpTo: MINUTE, knows: 'present' },
      [5],
    ],
    ['none twice, of whom knows no past', { since: 0, now: 5.5 * MINUTE, takenUpTo: 5 * MINUTE, knows: 'present' }, []],
  ] as const)('%s', (_, due, minutes) => {
    expect(dueEnds({ intervalMs: MINUTE, takenUpTo: null, knows: 'past', ...due })).toEqual(
      minutes.map((minute) => minute * MINUTE),
    );
  });

  it('are taken once each, in order, however often one looks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 3_600_000 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.array(fc.nat({ max: 10_000_000 }), { maxLength: 40 }),
        fc.constantFrom('past' as const, 'present' as const),
        (intervalMs, since, pauses, knows) => {
          let now = since;
          let takenUpTo: number | null = null;
          const taken: number[] = [];
          for (const pause of pauses) {
            now += pause;
            for (const end of dueEnds({ intervalMs, takenUpTo, since, now, knows })) {
              taken.push(end);
              takenUpTo = end;
            }
          }
          expect(taken).toEqual([...new Set(taken)].toSorted((a, b) => a - b));
          for (const end of taken) {
            expect(end % intervalMs).toBe(0);
            expect(end - intervalMs).toBeGreaterThanOrEqual(since);
            expect(end).toBeLessThanOrEqual(now);
          }
        },
      ),
      { seed: 5_2_2, numRuns: 300 },
    );
  });
});
