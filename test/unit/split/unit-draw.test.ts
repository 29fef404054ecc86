import { describe, expect, it } from 'vitest';
import { assign, HASHES } from '../../../src/split/assign.ts';
import { anyUnit, drawSaltOf, UNITS, unitDraws, unitHash, unitOf, unitSaltOf } from '../../../src/split/unit-draw.ts';

const KEYS = 200_000;

/** The units of a set of weights that are the canary's. */
function canariesOf(salt: number, bps: number): ReadonlySet<number> {
  const units = Array.from({ length: UNITS }, (_, unit) => unit);
  return new Set(units.filter((unit) => assign(unitHash(salt, unit), bps) === 'canary'));
}

const sigma = (share: number) => Math.sqrt(UNITS * share * (1 - share));

describe('the unit of a key', () => {
  it('depends on the route and the key alone, and every unit gets its share', () => {
    const salt = unitSaltOf('shop');
    const counts = new Uint32Array(UNITS);
    for (let key = 0; key < KEYS; key++) {
      const unit = unitOf(salt, `user-${key}`);
      counts[unit] = (counts[unit] ?? 0) + 1;
    }
    const mean = KEYS / UNITS;
    const chi2 = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    // Chi-square with 9,999 degrees: five standard deviations.
    expect(Math.abs(chi2 - (UNITS - 1))).toBeLessThan(5 * Math.sqrt(2 * UNITS));
    expect(unitOf(salt, 'user-1')).toBe(unitOf(unitSaltOf('shop'), 'user-1'));
    expect(unitOf(salt, 'user-1')).not.toBe(unitOf(unitSaltOf('basket'), 'user-1'));
  });

  it('is any unit for a drawn number', () => {
    expect([anyUnit(0), anyUnit(9_999), anyUnit(10_000), anyUnit(0xffff_ffff)]).toEqual([0, 9_999, 0, 7_295]);
  });
});

describe('the draw of units', () => {
  it.each([
    [1, 100],
    [2, 1_000],
    [3, 5_000],
    [40, 9_000],
  ])('gives attempt %d its weight of %d bps, as independent draws do', (attempt, bps) => {
    const share = bps / 10_000;
    const { size } = canariesOf(drawSaltOf('shop', 'v2', attempt), bps);
    expect(Math.abs(size - UNITS * share)).toBeLessThan(3 * sigma(share));
  });

  it('is monotone: a unit that is on the canary stays there while the weight rises', () => {
    const salt = drawSaltOf('shop', 'v2', 1);
    const weights = [0, 1, 100, 1_000, 5_000, 10_000].map((bps) => canariesOf(salt, bps));
    for (const [at, smaller] of weights.slice(0, -1).entries()) {
      expect([...smaller].filter((unit) => !weights[at + 1]?.has(unit))).toEqual([]);
    }
    expect([weights[0]?.size, weights[5]?.size]).toEqual([0, UNITS]);
  });

  it.each([
    ['another attempt', drawSaltOf('shop', 'v2', 2)],
    ['another version', drawSaltOf('shop', 'v3', 1)],
    ['another route', drawSaltOf('basket', 'v2', 1)],
    ['a salt that differs in one low bit', drawSaltOf('shop', 'v2', 1) ^ 1],
  ])('draws independently for %s', (_, other) => {
    const first = canariesOf(drawSaltOf('shop', 'v2', 1), 3_000);
    const both = [...canariesOf(other, 3_000)].filter((unit) => first.has(unit)).length;
    expect(Math.abs(both - UNITS * 0.09)).toBeLessThan(3 * sigma(0.09));
  });

  it('is what the judge is told: u below the weight', () => {
    const draws = unitDraws('shop', 'v2', 3);
    const salt = drawSaltOf('shop', 'v2', 3);
    expect(draws).toHaveLength(UNITS);
    for (const unit of [0, 1, 4_711, 9_999]) {
      expect(draws[unit]).toBe(unitHash(salt, unit) / HASHES);
      expect((draws[unit] ?? 1) < 0.1).toBe(assign(unitHash(salt, unit), 1_000) === 'canary');
    }
    expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
  });
});
