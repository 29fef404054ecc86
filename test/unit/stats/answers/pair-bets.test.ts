import { describe, expect, it } from 'vitest';
import { differingFields, FIELD_SLOTS, fieldShare, logOfFields } from '../../../../src/stats/answers/field-slots.ts';
import { answerPairLogE, logPairs, openPairs, stepPairs } from '../../../../src/stats/answers/pair-bets.ts';

const ALIKE = { rho: 1, a: 0 };
const MARGIN = { rho: 1.1, a: 0.001 };
const NO_CAP = Number.POSITIVE_INFINITY;

describe('the test of one field', () => {
  it('has the values of the documents', () => {
    expect(answerPairLogE({ of: 10, against: 9, by: 0 }, ALIKE)[3]).toBeCloseTo(6.010464353, 9);
    const test = stepPairs(openPairs(), { of: 40, against: 38, by: 0 }, MARGIN, 0.5, NO_CAP);
    expect(logPairs(test)).toBeCloseTo(22.132328885, 9);
  });

  it('gains less than ln 2 from a request', () => {
    for (const log of answerPairLogE({ of: 1, against: 1, by: 0 }, ALIKE)) expect(log).toBeLessThan(Math.LN2);
  });

  it('has a mean of at most 1 over all outcomes, wherever the canary is within the margin', () => {
    const of = 8;
    for (const noise of [0, 0.02, 0.3, 0.5]) {
      const against = Math.min(1 - noise, MARGIN.rho * noise + MARGIN.a);
      const mean = [0, 0, 0, 0];
      for (let xs = 0; xs <= of; xs += 1) {
        for (let ys = 0; ys <= of - xs; ys += 1) {
          const chance =
            multinomial(of, xs, ys) * against ** xs * noise ** ys * (1 - against - noise) ** (of - xs - ys);
          for (const [index, log] of answerPairLogE({ of, against: xs, by: ys }, MARGIN).entries()) {
            mean[index] = (mean[index] ?? 0) + chance * Math.exp(log);
          }
        }
      }
      for (const one of mean) expect(one).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('bets with what was injected, and no block adds more than the cap', () => {
    const test = stepPairs(openPairs(), { of: 100, against: 100, by: 0 }, MARGIN, 0.5, 7);
    expect(logPairs(test)).toBeLessThan(7 + Math.log(0.5) + 0.01);
    expect(logPairs(openPairs())).toBe(0);
  });
});

describe('the slots of all fields', () => {
  it('have shares that come to 1 at most', () => {
    let sum = 0;
    for (let k = 1; k <= FIELD_SLOTS; k += 1) sum += fieldShare(k);
    expect(sum).toBeLessThan(1);
    expect(fieldShare(1)).toBeCloseTo(0.250125, 9);
  });

  it('begin at 1, and go with the fields by their shares', () => {
    expect(logOfFields([])).toBe(0);
    expect(logOfFields([0, 0, 0])).toBeCloseTo(0, 12);
    expect(logOfFields([0, 50])).toBeCloseTo(50 + Math.log(fieldShare(2)), 6);
  });

  it('show what differs for certain, most evidence first', () => {
    const alone = Math.log(20 / fieldShare(1));
    expect(differingFields([alone - 0.01])).toEqual([]);
    expect(differingFields([alone + 0.01])).toEqual([0]);
    expect(differingFields([0, 20, 0, 30])).toEqual([3, 1]);
    expect(differingFields([])).toEqual([]);
  });
});

function multinomial(n: number, x: number, y: number): number {
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return factorial(n) / (factorial(x) * factorial(y) * factorial(n - x - y));
}
