import { sum } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { meanSpreadOf, NO_PAST, spreadOf } from '../../../../src/stats/units/spread.ts';
import { logUnitE, resolutionOf } from '../../../../src/stats/units/unit-evidence.ts';
import { fitRates, fitScores, type UnitFit } from '../../../../src/stats/units/unit-fit.ts';
import { UNIT_LOOKS_MS } from '../../../../src/stats/units/unit-looks.ts';
import { poisson, seededRandom } from '../../../support/random.ts';

const PAST = { events: [10, 4, 9, 12, 8, 17], expected: [9, 5, 8, 14, 8, 6] };
const SCORES = { events: [30, -20, 5, -15, 40, -40], expected: [100, 80, 60, 150, 90, 70] };
const TRIALS = [1000, 500, 800, 1500, 900, 700];
const CHANCE = 0.1;

const rates = required(fitRates({ outcomes: [3, 0, 1, 9, 2, 1], trials: TRIALS }, { past: PAST, spread: 0.1 }));
const scores = required(
  fitScores({ outcomes: [30, -12, 5, 60, -3, 11], trials: SCORES.expected }, { past: SCORES, spread: 0.05 }),
);

describe('the published values', () => {
  it('of the spread between units', () => {
    expect(spreadOf(PAST, 1)).toBeCloseTo(0.370603979729, 11);
    expect(meanSpreadOf(SCORES)).toBeCloseTo(0.102298664795, 11);
    expect(spreadOf(NO_PAST, 1)).toBe(0);
  });

  it('of the fit of events', () => {
    expect(rates.unexplained).toBeCloseTo(0.345743307153, 11);
    const residuals = [0.3325947613, -1.1822901452, -1.1398703407, 5.5163654977, -0.2804533883, -1.9953574266];
    residuals.forEach((residual, unit) => {
      expect(rates.residual[unit]).toBeCloseTo(residual, 9);
    });
  });

  it('of the fit of scores', () => {
    expect(scores.unexplained).toBeCloseTo(0.089199710243, 11);
    expect(logUnitE(scores, draw(3), 3, 'harm')).toBeCloseTo(0.818667749237, 11);
  });

  it('of the evidence', () => {
    expect(logUnitE(rates, draw(3), 3, 'harm')).toBeCloseTo(1.622463157886, 11);
    expect(logUnitE(rates, draw(1, 5), 2.8, 'parity')).toBeCloseTo(1.444637642337, 11);
    const allowance = { perTrial: 1e-3, trials: TRIALS };
    expect(logUnitE(rates, draw(1, 5), 2.8, 'parity', allowance)).toBeCloseTo(1.82586574592, 11);
  });

  it('of the resolution', () => {
    const { effect, units } = resolutionOf(rates, CHANCE, 0.02);
    expect(effect).toBeCloseTo(3.4626340866, 9);
    expect(units).toBeCloseTo(5.9458460347, 9);
  });

  it('of the bets alone', () => {
    // A stake of ln 5 on 20 equal residuals, of which 8 are the canary's.
    const equal = plain(Array.from({ length: 20 }, () => 1));
    const zeta = Math.log(5) * Math.sqrt(CHANCE * (1 - CHANCE) * 20);
    expect(logUnitE(equal, draw(0, 1, 2, 3, 4, 5, 6, 7), zeta, 'harm')).toBeCloseTo(6.146058567049, 11);
    const mixed = plain([1, 2, -1, 0, 0.5]);
    const squares = 6.25;
    const up = 0.7 * Math.sqrt(CHANCE * (1 - CHANCE) * squares);
    expect(logUnitE(mixed, draw(0, 1), up, 'harm')).toBeCloseTo(1.747439276749, 11);
    const down = 0.7 * Math.sqrt(0.25 * squares);
    expect(logUnitE(mixed, { ...draw(0, 1), chance: 0.5 }, down, 'parity')).toBeCloseTo(-1.587582940868, 11);
  });

  it('of the looks: 25 in a day', () => {
    expect(UNIT_LOOKS_MS).toHaveLength(25);
    expect(UNIT_LOOKS_MS.slice(0, 8).map((ms) => ms / 1_000)).toEqual([15, 30, 45, 60, 90, 120, 165, 240]);
    expect(UNIT_LOOKS_MS.at(-1)).toBe(86_895_000);
  });
});

describe('the evidence of twelve units over all assignments', () => {
  const chances = [0.01, 0.1, 4 / 9];

  it('has a mean of exactly 1, whatever the units do', () => {
    const random = seededRandom(12);
    for (let world = 0; world < 4; world += 1) {
      const trials = Array.from({ length: 12 }, () => 20 + Math.floor(4_000 * random() ** 4));
      const outcomes = trials.map((count, unit) =>
        unit === 3 && world % 2 === 1 ? count : poisson(random, count / 50),
      );
      const expected = trials.map((count) => count / 40);
      const past = world < 2 ? NO_PAST : { events: expected.map((mean) => poisson(random, mean)), expected };
      const events = required(fitRates({ outcomes, trials }, { past, spread: spreadOf(past, 0.98) }));
      const sums = outcomes.map((count, unit) => 3 * count - (trials[unit] ?? 0) / 20);
      const shifts = required(fitScores({ outcomes: sums, trials }, { past: NO_PAST, spread: 0 }));
      for (const chance of chances) {
        for (const fit of [events, shifts]) {
          for (const zeta of [3, 6.5]) {
            expect(Math.abs(meanOver(fit, chance, zeta, 'harm') - 1)).toBeLessThanOrEqual(5e-15);
          }
          expect(Math.abs(meanOver(fit, chance, 2.8, 'parity') - 1)).toBeLessThanOrEqual(5e-15);
        }
      }
    }
  });

  it('would not, if residuals knew the assignment, so that the enumeration can fail', () => {
    const fit = plain([4, 1, 0, -2, 3, 1, 0, 0, -1, 2, 1, -3]);
    const leaking = (canary: readonly number[]): UnitFit => ({
      ...fit,
      residual: fit.residual.map((residual, unit) => residual + (canary[unit] === 1 ? 0.2 : 0)),
    });
    expect(
      meanOf(0.1, (assigned) => logUnitE(leaking(assigned), { chance: 0.1, canary: assigned }, 3, 'harm')),
    ).toBeGreaterThan(1.05);
  });

  it('gains at most ln(1/p) from one unit', () => {
    const outcomes = Array.from({ length: 400 }, (_, unit) => (unit === 7 ? 5_000 : 1));
    const fit = required(fitRates({ outcomes, trials: outcomes.map(() => 10_000) }, { past: NO_PAST, spread: 0 }));
    for (const chance of [0.01, 0.1, 0.5]) {
      const gain =
        logUnitE(fit, { ...draw(7), chance }, 6.5, 'harm') - logUnitE(fit, { ...draw(), chance }, 6.5, 'harm');
      expect(gain).toBeGreaterThan(0);
      expect(gain - Math.log1p(chance * Math.expm1(gain))).toBeLessThanOrEqual(-Math.log(chance));
      expect(logUnitE(fit, { ...draw(7), chance }, 6.5, 'harm')).toBeLessThan(Math.log(1_000));
    }
  });
});

function meanOver(fit: UnitFit, chance: number, zeta: number, against: 'harm' | 'parity'): number {
  return meanOf(chance, (canary) => logUnitE(fit, { chance, canary }, zeta, against));
}

function meanOf(chance: number, logE: (canary: readonly number[]) => number): number {
  const terms = Array.from({ length: 4_096 }, (_, assignment) => {
    const canary = Array.from({ length: 12 }, (__, unit) => (assignment >> unit) & 1);
    const drawn = canary.filter((one) => one === 1).length;
    return chance ** drawn * (1 - chance) ** (12 - drawn) * Math.exp(logE(canary));
  });
  return sum(terms);
}

// Residuals as they are, with deviations that limit nothing.
function plain(residuals: readonly number[]): UnitFit {
  const one = () => Float64Array.from(residuals, () => 1);
  const residual = Float64Array.from(residuals);
  return { expected: one(), residual, deviation: residual.map(() => 1e-3), weight: one(), binomial: 1, unexplained: 0 };
}

function draw(...units: readonly number[]) {
  const canary: number[] = [];
  for (const unit of units) canary[unit] = 1;
  return { chance: CHANCE, canary };
}

function required(fit: UnitFit | null): UnitFit {
  if (fit === null) throw new Error('nothing to fit');
  return fit;
}
