import { describe, expect, it } from 'vitest';
import { LAST_DRAW, UNITS } from '../../../../src/split/unit-draw.ts';
import { freshUnits } from '../../../../src/stats/units/fresh-units.ts';
import { decodeLedger, encodeLedger } from '../../../../src/stats/units/ledger-bytes.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitBlock } from '../../../../src/stats/units/unit-block.ts';
import { emptyPast, UnitLedger } from '../../../../src/stats/units/unit-ledger.ts';
import { UNIT_METRICS } from '../../../../src/stats/units/unit-metric.ts';
import { poisson, seededRandom } from '../../../support/random.ts';

const HOUR = 3_600_000;
/** Version 1, of two blocks: 10 errors of 3,600 requests of unit 7 and 2 of 100 of unit 9000, by the stable, then by the canary. */
const STORED_BEFORE =
  'AQAAAABAdztBAAAAAEB3S0EAAAAAcJlUQegHAgcAACBBkc86QQAAIEL5rBtCAIDURB8M1EQAABZDqCMWQwAA8EFhyPFBW9deQADAWkWgRgAAAEDWDaY+AAAAAN1gij8AACBCFHwuQgAAgEAbFndAAACAP+HzRj9b117AAAC0QgIPkBwKrBukDZYBHsAMjAEcAABIQSjAjAFkAlooBAEAAAAAAFDAAA==';
const DRAWS = Float64Array.from({ length: UNITS }, (_, unit) => unit / UNITS);

describe('the ledger of a sticky route', () => {
  it('makes a past of each hour of the stable, held against the population of that hour', () => {
    const ledger = new UnitLedger();
    // By night everybody fails twice as often: that is nobody's habit.
    ledger.record(block(0, 0, { 7: { requests: 100, errors: 10 }, 8: { requests: 300, errors: 10 } }));
    ledger.record(block(HOUR, 0, { 7: { requests: 100, errors: 20 }, 8: { requests: 300, errors: 20 } }));
    ledger.record(block(2 * HOUR, 0, { 9: { requests: 1 } }));
    const { events, expected } = ledger.past.errors;
    const kept = 2 ** (-1 / 24);
    expect(events[7]).toBeCloseTo(10 * kept + 20, 4);
    expect(expected[7]).toBeCloseTo(5 * kept + 10, 4);
    expect((events[8] ?? 0) / (expected[8] ?? 1)).toBeCloseTo(2 / 3, 6);
    expect(events[9]).toBe(0);
  });

  it('counts a step apart, and learns from its stable units alone once it is over', () => {
    const ledger = new UnitLedger();
    ledger.record(block(0, 0, { 1: { requests: 50, errors: 5 }, 2: { requests: 50, errors: 5 } }));
    expect(ledger.counts(DRAWS)).toBeNull();
    ledger.record(block(HOUR / 2, 1_000, { 1: { requests: 10, errors: 10 }, 5000: { requests: 10, errors: 0 } }, [1]));
    const counts = ledger.counts(DRAWS);
    expect(counts?.cells[UNIT_CELLS + UNIT_CELL.errors]).toBe(10);
    expect(counts?.past.errors.events[1]).toBe(5);
    ledger.record(block(HOUR, 5_000, { 2: { requests: 1 } }));
    expect(ledger.past.errors.events[1]).toBeLessThan(5);
    expect(ledger.past.errors.expected[1]).toBeLessThan(5.01);
    expect(ledger.counts(DRAWS)?.cells[UNIT_CELLS + UNIT_CELL.errors]).toBe(0);
  });

  it('learns nothing from the moves of a weight that rises bit by bit', () => {
    const ledger = new UnitLedger();
    for (const bps of [200, 400, 600, 800]) {
      ledger.record(block(bps * 50, bps, { 9000: { requests: 40, errors: 40 } }, [], 10_000));
    }
    expect(ledger.past.errors.expected[9_000]).toBe(0);
  });

  it('goes on with a step after a trial of the stable under the same split, of which nothing is counted', () => {
    const ledger = new UnitLedger();
    ledger.record(block(0, 1_000, { 9: { requests: 10, errors: 1 } }, [9]));
    ledger.record(block(HOUR / 2, 0, { 9: { requests: 10, errors: 5 } }));
    ledger.record(block(HOUR, 1_000, { 9: { requests: 10, errors: 1 } }, [9]));
    expect(ledger.counts(DRAWS)).toMatchObject({ since: 0, until: 1.5 * HOUR });
    expect(ledger.counts(DRAWS)?.cells[9 * UNIT_CELLS + UNIT_CELL.errors]).toBe(2);
    expect(ledger.pastUntil).toBeNull();
    ledger.record({ ...block(2 * HOUR, 0, { 9: { requests: 10 } }), splitEpoch: 2 });
    expect(ledger.counts(DRAWS)).toBeNull();
  });

  it('counts a new weight apart while the canary warms up', () => {
    const ledger = new UnitLedger();
    const record = (at: number, errors: number) => {
      ledger.record(block(at, 1_000, { 9: { requests: 10, errors } }, [9], 5_000), 60_000);
    };
    for (let at = 0; at < 60_000; at += 5_000) record(at, 10);
    expect(ledger.counts(DRAWS)?.cells[9 * UNIT_CELLS + UNIT_CELL.errors]).toBe(120);
    record(60_000, 1);
    expect(ledger.counts(DRAWS)?.since).toBe(60_000);
    expect(ledger.counts(DRAWS)?.cells[9 * UNIT_CELLS + UNIT_CELL.errors]).toBe(1);
  });

  it('begins a step anew after its last look', () => {
    const ledger = new UnitLedger();
    for (let hour = 0; hour <= 25; hour += 1) {
      ledger.record(block(hour * HOUR, 1_000, { 9000: { requests: 1, errors: 1 } }, [], HOUR));
    }
    expect(ledger.period?.since).toBe(25 * HOUR);
    expect(ledger.past.errors.expected[9_000]).toBe(0);
  });

  it('is stored and read again', () => {
    const ledger = busyLedger();
    const bytes = encodeLedger(ledger);
    expect(bytes.length).toBeLessThanOrEqual(801_000);
    const again = decodeLedger(bytes);
    for (const metric of UNIT_METRICS) {
      const { surplus, ...kept } = ledger.past[metric];
      expect(again?.past[metric]).toEqual({ ...kept, surplus: expect.anything() });
      expect(surplus.some((value) => value !== 0)).toBe(metric !== 'shift');
      for (const [unit, value] of surplus.entries()) {
        const read = again?.past[metric].surplus[unit] ?? Number.NaN;
        if (!(Math.abs(read - value) <= 0.004 * Math.abs(value))) expect.unreachable(`surplus ${unit} is ${read}`);
      }
    }
    expect(again?.pastUntil).toBe(ledger.pastUntil);
    expect({ ...again?.period, cells: 0 }).toEqual({ ...ledger.period, cells: 0 });
    for (let cell = 0; cell < UNITS * UNIT_CELLS; cell += 1) {
      const kept = again?.period?.cells[cell] ?? Number.NaN;
      if (Math.abs(kept - (ledger.period?.cells[cell] ?? 0)) > 1e-3) expect.unreachable(`cell ${cell} is ${kept}`);
    }
    expect(encodeLedger(new UnitLedger()).length).toBeLessThan(130);
    expect(decodeLedger(encodeLedger(new UnitLedger()))?.period).toBeNull();
  });

  it('reads what was stored before it knew how steady its units are', () => {
    const bytes = Buffer.from(STORED_BEFORE, 'base64');
    const ledger = decodeLedger(bytes);
    const { errors, shift } = ledger?.past ?? emptyPast();
    expect([errors.events[7], errors.expected[7], shift.events[9_000]]).toEqual([
      10,
      Math.fround(11.675675392150879),
      Math.fround(-3.4818942546844482),
    ]);
    expect(ledger?.period?.cells[7 * UNIT_CELLS + UNIT_CELL.score]).toBe(12.5);
    expect([ledger?.period?.onCanary[7], ledger?.pastUntil]).toEqual([1, HOUR / 2]);
    expect([errors.totals, errors.surplus.every((value) => value === 0)]).toEqual([0, true]);
    // What comes is held against what was stored.
    ledger?.record(block(2 * HOUR, 0, { 9000: { requests: 1 } }));
    expect(ledger?.past.errors.squares).toBeGreaterThan(0);
  });

  it('counts exactly to 16.7 million, and above that within 6e-8 a block', () => {
    const ledger = new UnitLedger();
    const record = (requests: number) => ledger.record(block(0, 1_000, { 9000: { requests } }));
    const counted = () => ledger.period?.cells[9_000 * UNIT_CELLS + UNIT_CELL.requests] ?? 0;
    for (let at = 0; at < 16_000; at += 1) record(1_001);
    expect(counted()).toBe(16_000 * 1_001);
    for (let at = 0; at < 16_000; at += 1) record(1_001);
    expect(Math.abs(counted() / (32_000 * 1_001) - 1)).toBeLessThan(1e-3);
  });

  it('knows how steady each unit was, beyond what chance makes', () => {
    const random = seededRandom(5);
    const ledger = new UnitLedger();
    const hours = 40;
    const [steady, changing] = [Array.from({ length: 200 }, (_, unit) => unit), 500];
    for (let hour = 0; hour <= hours; hour += 1) {
      const rows: Record<number, { requests: number; errors: number }> = {};
      for (const unit of steady) rows[unit] = { requests: 1_000, errors: poisson(random, 2 * (1 + (unit % 5))) };
      rows[changing] = { requests: 1_000, errors: hour % 2 === 0 ? 20 : 60 };
      ledger.record(block(hour * HOUR, 0, rows));
    }
    ledger.record(block((hours + 1) * HOUR, 0, { 1: { requests: 1 } }));
    const { surplus, totals, squares } = ledger.past.errors;
    const kept = (1 - 2 ** (-hours / 24)) / (1 - 2 ** (-1 / 24));
    const ofSteady = steady.reduce((sum, unit) => sum + (surplus[unit] ?? 0), 0);
    // In standard deviations of an hour of all of them, 1,240 events.
    expect(Math.abs(ofSteady) / kept).toBeLessThan(0.15 * 1_240);
    expect((surplus[changing] ?? 0) / kept).toBeGreaterThan(0.8 * 20 ** 2);
    expect((surplus[changing] ?? 0) / kept).toBeLessThan(1.3 * 20 ** 2);
    // Weighed by age, 40 equal hours are worth 24.
    expect(totals ** 2 / squares / kept).toBeGreaterThan(0.98);
    expect(totals ** 2 / squares / kept).toBeLessThanOrEqual(1);
  });

  it('is begun anew where what was stored is of another version, cut off or damaged', () => {
    const bytes = encodeLedger(busyLedger());
    expect(decodeLedger(new Uint8Array())).toBeNull();
    expect(decodeLedger(Uint8Array.from(bytes, (byte, at) => (at === 0 ? 99 : byte)))).toBeNull();
    const random = seededRandom(3);
    for (let trial = 0; trial < 20; trial += 1) {
      expect(decodeLedger(bytes.slice(0, Math.floor(random() * (bytes.length - 1))))).toBeNull();
    }
    const damaged = bytes.slice();
    for (let trial = 0; trial < 20; trial += 1) {
      damaged[Math.floor(random() * 4_000)] = Math.floor(random() * 256);
      expect(() => decodeLedger(damaged)).not.toThrow();
    }
  });
});

describe('the fresh units of a step', () => {
  it('are those that no earlier step gave to the canary', () => {
    const ledger = new UnitLedger();
    const units = { 50: { requests: 1 }, 200: { requests: 1 }, 900: { requests: 1 }, 1500: { requests: 1 } };
    ledger.record(block(0, 1_000, units, [50, 200, 900]));
    const counts = ledger.counts(DRAWS);
    if (counts === null) throw new Error('no counts');
    const fresh = freshUnits(counts, 100);
    expect(fresh?.units).toEqual([200, 900, 1_500]);
    expect(Array.from(fresh?.draw.canary ?? [])).toEqual([1, 1, 0]);
    expect(fresh?.draw.chance).toBeCloseTo(0.09 / 0.99, 12);
    expect(freshUnits(counts, 1_000)).toBeNull();
    // Served by the version that it was not drawn for.
    ledger.record(block(5_000, 1_000, { 900: { requests: 1 }, 1600: { requests: 1 } }, [900, 1_600]));
    expect(freshUnits(counts, 100)?.units).toEqual([200, 900, 1_500]);
    // One that comes last was not drawn: it is in no comparison.
    const draws = Float64Array.from(DRAWS, (place, unit) => (unit === 1_500 ? LAST_DRAW : place));
    expect(freshUnits({ ...counts, draws }, 100)?.units).toEqual([200, 900]);
  });
});

type UnitRows = Readonly<Record<number, { readonly requests: number; readonly errors?: number }>>;

function block(
  at: number,
  canaryBps: number,
  rows: UnitRows,
  canary: readonly number[] = [],
  durationMs = HOUR / 2,
): UnitBlock {
  const units = Object.keys(rows).map(Number);
  const cells = new Float64Array(units.length * UNIT_CELLS);
  units.forEach((unit, row) => {
    cells[row * UNIT_CELLS + UNIT_CELL.requests] = rows[unit]?.requests ?? 0;
    cells[row * UNIT_CELLS + UNIT_CELL.errors] = rows[unit]?.errors ?? 0;
  });
  return {
    startedAt: at,
    durationMs,
    splitEpoch: 1,
    canaryBps,
    units: Uint16Array.from(units),
    onCanary: Uint8Array.from(units, (unit) => (canary.includes(unit) ? 1 : 0)),
    cells,
    edges: null,
  };
}

// Every unit has a past of two hours that differ, and is busy: 3,600 requests of each.
function busyLedger(): UnitLedger {
  const random = seededRandom(1);
  const ledger = new UnitLedger();
  for (const [at, canaryBps] of [
    [0, 0],
    [HOUR, 0],
    [2 * HOUR, 1_000],
  ] as const) {
    const units = Uint16Array.from({ length: UNITS }, (_, unit) => unit);
    const cells = new Float64Array(UNITS * UNIT_CELLS);
    for (let unit = 0; unit < UNITS; unit += 1) {
      const more = Math.floor(30 * random());
      const beyond = [1_700 + more, 150 + more, 30 + more];
      const row = [3_600, 10 + more, 3_500, ...beyond, 1_600, 140, 28, 250 * (random() - 0.5), 40 + more];
      cells.set(row, unit * UNIT_CELLS);
    }
    const onCanary = Uint8Array.from(DRAWS, (place) => (place < canaryBps / 10_000 ? 1 : 0));
    ledger.record({
      startedAt: at,
      durationMs: HOUR / 2,
      splitEpoch: 1,
      canaryBps,
      units,
      onCanary,
      cells,
      edges: null,
    });
  }
  return ledger;
}
