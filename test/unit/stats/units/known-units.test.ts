import { describe, expect, it } from 'vitest';
import { UNITS, unitOf, unitSaltOf } from '../../../../src/split/unit-draw.ts';
import { knownUnits } from '../../../../src/stats/units/known-units.ts';
import { UNIT_CELL, UNIT_CELLS } from '../../../../src/stats/units/unit-block.ts';
import { UnitLedger } from '../../../../src/stats/units/unit-ledger.ts';

/** A ledger of an hour of the stable, with so many answers of each key. */
function ledgerOf(answers: ReadonlyMap<string, number>): UnitLedger {
  const byUnit = new Map<number, number>();
  const salt = unitSaltOf('shop');
  for (const [key, count] of answers) {
    const unit = unitOf(salt, key);
    byUnit.set(unit, (byUnit.get(unit) ?? 0) + count);
  }
  const units = [...byUnit.keys()].sort((one, other) => one - other);
  const cells = new Float64Array(units.length * UNIT_CELLS);
  for (const [row, unit] of units.entries()) {
    cells[row * UNIT_CELLS + UNIT_CELL.requests] = byUnit.get(unit) ?? 0;
    cells[row * UNIT_CELLS + UNIT_CELL.answers] = byUnit.get(unit) ?? 0;
  }
  const ledger = new UnitLedger();
  const place = { startedAt: 0, durationMs: 3_600_000, splitEpoch: 1, canaryBps: 0 };
  ledger.record({
    ...place,
    units: Uint16Array.from(units),
    onCanary: new Uint8Array(units.length),
    cells,
    edges: null,
  });
  return ledger;
}

const alike = (keys: number) => new Map(Array.from({ length: keys }, (_, key) => [`user-${key}`, 10] as const));

describe('what is known of the keys of a route', () => {
  it('is nothing without traffic', () => {
    expect(knownUnits(new UnitLedger())).toBeNull();
  });

  it.each([1, 100, 1_000, 20_000])('is about how many there are: %d', (keys) => {
    const known = knownUnits(ledgerOf(alike(keys)));
    expect(Math.abs((known?.keys ?? 0) / keys - 1)).toBeLessThan(0.05);
  });

  it('has no number where nearly every unit has traffic', () => {
    expect(knownUnits(ledgerOf(alike(20 * UNITS)))?.keys).toBe(Number.POSITIVE_INFINITY);
  });

  it('is what they are worth where one has most of the traffic', () => {
    const known = knownUnits(ledgerOf(new Map([...alike(100), ['heavy', 1_000]])));
    expect(known?.effective).toBeGreaterThan(3);
    expect(known?.effective).toBeLessThan(5);
  });

  it('names those that have more than 2 % each, and their part', () => {
    const known = knownUnits(ledgerOf(new Map([...alike(100), ['heavy', 1_000]])));
    const unit = unitOf(unitSaltOf('shop'), 'heavy');
    expect(known?.heavy.units).toContain(unit);
    expect(known?.heavy.share).toBeGreaterThan(0.4);
    expect(knownUnits(ledgerOf(alike(1_000)))?.heavy).toEqual({ units: [], share: 0 });
  });
});
