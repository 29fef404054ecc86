import { expect, it } from 'vitest';
import { NOTHING_SEEN, stepAppearances, untestedLines } from '../../../../src/stats/logs/appearances.ts';
import { SLOTS } from '../../../../src/stats/logs/slots.ts';

it('names that come often are tested, however many came before them; the lines of the others are told', () => {
  const flood = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`text ${at}`, 1]));
  const interval = {
    until: 30_000,
    canary: { ...flood, 'ledger write failed': 12, known: 7, expected: 5 },
    stable: { known: 3 },
    requests: { canary: 100, stable: 900 },
    undrawn: 0,
    stableHas: 'all-named',
  } as const;
  const state = stepAppearances(NOTHING_SEEN, interval);
  expect(state.fresh).toHaveLength(SLOTS);
  expect(state.fresh[0]?.name).toBe('ledger write failed');
  const isExpected = (name: string) => name === 'expected';
  const tested = 98;
  expect(untestedLines(state, interval, isExpected)).toBe(300 - tested);
  expect(untestedLines(state, { ...interval, stableHas: 'unnamed' }, isExpected)).toBe(312);
});
