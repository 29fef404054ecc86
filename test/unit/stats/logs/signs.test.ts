import { describe, expect, it } from 'vitest';
import { chanceOf } from '../../../../src/stats/logs/appearances.ts';
import {
  logSignParity,
  logSigns,
  NO_SIGN_PARITY,
  openSigns,
  type Sign,
  signLogE,
  stepSignParity,
  stepSigns,
} from '../../../../src/stats/logs/signs.ts';
import { discovered, logOfSlots, SLOTS } from '../../../../src/stats/logs/slots.ts';

const repeated = (sign: Sign, times: number, chance: number) =>
  Array.from({ length: times }).reduce(
    (test: ReturnType<typeof openSigns>) => stepSigns(test, sign, chance),
    openSigns(),
  );

describe('the e-value of a sign', () => {
  it.each([0.0625, 0.2, 0.5, 0.9])('has the mean 1 at the edge of the null, %d', (chance) => {
    const [against, not] = [signLogE('against', chance), signLogE('for', chance)];
    for (const [at, log] of against.entries()) {
      expect(chance * Math.exp(log) + (1 - chance) * Math.exp(not[at] ?? 0)).toBeCloseTo(1, 12);
    }
    expect(signLogE('against', 0.5)[2]).toBeCloseTo(Math.log(1.95), 12);
  });

  it('is at most 1 on average where several requests of an interval have it, however they hang together', () => {
    // K requests with the template, each the canary's with the chance w: all of them are w^K, and any other draw goes for it.
    for (const w of [0.05, 0.1, 0.5, 0.9]) {
      const chance = chanceOf({ canary: 1_000 * w, stable: 1_000 * (1 - w) });
      for (const requests of [1, 2, 5, 40]) {
        const all = w ** requests;
        for (const [at, log] of signLogE('against', chance).entries()) {
          const mean = all * Math.exp(log) + (1 - all) * Math.exp(signLogE('for', chance)[at] ?? 0);
          expect(mean).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it('grows with what goes against the canary, and shows parity with what does not', () => {
    expect(logSigns(openSigns())).toBeCloseTo(0, 12);
    expect(logSigns(repeated('against', 4, 0.0625))).toBeGreaterThan(9);
    expect(logSigns(repeated('for', 40, 0.5))).toBeLessThan(0);
    let parity = NO_SIGN_PARITY;
    for (let at = 0; at < 4; at += 1) parity = stepSignParity(parity, 'for', 6);
    expect(logSignParity(parity)).toBeGreaterThan(Math.log(5));
    for (let at = 0; at < 60; at += 1) parity = stepSignParity(parity, 'for', 6);
    expect(Math.max(...parity)).toBe(6);
    for (let at = 0; at < 14; at += 1) parity = stepSignParity(parity, 'against', 6);
    expect(logSignParity(parity)).toBeLessThan(Math.log(5));
  });
});

describe('the slots', () => {
  const slots = (...logs: number[]) => logs.map((log) => ({ log }));

  it('are all paid for, whichever have names, and those taken first pay less', () => {
    expect(logOfSlots([])).toBeCloseTo(0, 12);
    expect(logOfSlots(slots(Math.log(100)))).toBeCloseTo(Math.log(100 * 0.255 + 0.745), 12);
    expect(logOfSlots(Array.from({ length: SLOTS }, () => ({ log: 0 })))).toBeCloseTo(0, 12);
    expect(logOfSlots(slots(0, 0, 5))).toBeLessThan(logOfSlots(slots(5)));
  });

  it('tell what is beyond e-BH at 5 %', () => {
    expect(discovered(slots(4.4, 4.2, 0))).toEqual([{ log: 4.4 }]);
    expect(discovered(slots(0, 0, 5))).toEqual([]);
    expect(discovered(slots(0, 0, 6.2))).toEqual([{ log: 6.2 }]);
  });
});
