import { UNITS } from '../../split/unit-draw.ts';
import { UNIT_CELL, UNIT_CELLS } from './unit-block.ts';
import { emptyPast, type LedgerPast, UnitLedger, type UnitPeriod } from './unit-ledger.ts';
import { UNIT_METRICS } from './unit-metric.ts';

const VERSION = 2;
/** Knew nothing of how steady the units were. */
const WITHOUT_SURPLUS = 1;
/** Values of the past of one unit. */
const PAST_VALUES = 3 * UNIT_METRICS.length;
const FLOAT_BYTES = 4;
/** Half of the last place that the upper half of a float32 keeps. */
const ROUNDS = 1 + 2 ** -8;
const LARGEST_ROW = 5 + PAST_VALUES * FLOAT_BYTES + UNIT_CELLS * 8;
const HEAD_BYTES = 64 + 2 * UNIT_METRICS.length * 8;

/**
 * What a ledger holds, for storage: a version byte, the instants, then a row for each unit that has a past, and one for each
 * that is counted. Counts take as many bytes as they need, and a surplus the upper half of its four (within 0.4 %), so that
 * 10,000 busy units take about 0.8 MB.
 */
export function encodeLedger(ledger: UnitLedger): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + UNITS * LARGEST_ROW);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const float64 = (value: number) => {
    view.setFloat64(at, value, true);
    at += 8;
  };
  const float32 = (value: number) => {
    view.setFloat32(at, value, true);
    at += FLOAT_BYTES;
  };
  const upperHalf = (value: number) => {
    // Cut off, it would be up to 0.8 % too small.
    view.setFloat32(at, value * ROUNDS, false);
    at += FLOAT_BYTES / 2;
  };
  const count = (value: number) => {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) bytes[at++] = (left % 128) + 128;
    bytes[at++] = left;
  };
  bytes[at++] = VERSION;
  float64(ledger.pastUntil ?? Number.NaN);
  const { period } = ledger;
  float64(period?.since ?? Number.NaN);
  float64(period?.until ?? Number.NaN);
  count(period?.canaryBps ?? 0);
  for (const metric of UNIT_METRICS) {
    float64(ledger.past[metric].totals);
    float64(ledger.past[metric].squares);
  }
  const known = unitsWith((unit) => hasPast(ledger.past, unit));
  count(known.length);
  eachUnit(known, (unit, gap) => {
    count(gap);
    for (const metric of UNIT_METRICS) {
      float32(ledger.past[metric].events[unit] ?? 0);
      float32(ledger.past[metric].expected[unit] ?? 0);
      if (metric !== 'shift') upperHalf(ledger.past[metric].surplus[unit] ?? 0);
    }
  });
  if (period === null) return bytes.slice(0, at);
  const counted = unitsWith((unit) => (period.cells[unit * UNIT_CELLS + UNIT_CELL.requests] ?? 0) > 0);
  count(counted.length);
  eachUnit(counted, (unit, gap) => {
    count(2 * gap + (period.onCanary[unit] ?? 0));
    for (let cell = 0; cell < UNIT_CELLS; cell += 1) {
      const value = period.cells[unit * UNIT_CELLS + cell] ?? 0;
      if (cell === UNIT_CELL.score) float32(value);
      else count(value);
    }
  });
  return bytes.slice(0, at);
}

/** The ledger that was stored; null where another version wrote it, or where it is damaged: it begins anew then. */
export function decodeLedger(bytes: Uint8Array): UnitLedger | null {
  try {
    return readLedger(bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readLedger(bytes: Uint8Array): UnitLedger | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scratch = new DataView(new ArrayBuffer(FLOAT_BYTES));
  let at = 0;
  const finite = (value: number) => {
    if (!Number.isFinite(value)) throw new RangeError('no number');
    return value;
  };
  const float64 = () => {
    at += 8;
    return view.getFloat64(at - 8, true);
  };
  const float32 = () => {
    at += FLOAT_BYTES;
    return finite(view.getFloat32(at - FLOAT_BYTES, true));
  };
  const upperHalf = () => {
    at += FLOAT_BYTES / 2;
    scratch.setUint16(0, view.getUint16(at - FLOAT_BYTES / 2, false), false);
    return finite(scratch.getFloat32(0, false));
  };
  const count = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte % 128) * factor;
      if (!Number.isSafeInteger(value)) throw new RangeError('too large');
      if (byte < 128) return value;
    }
  };
  const unitAfter = (before: number, gap: number) => {
    const unit = before + 1 + gap;
    if (unit >= UNITS) throw new RangeError('no unit');
    return unit;
  };
  const version = view.getUint8(at++);
  if (version !== VERSION && version !== WITHOUT_SURPLUS) return null;
  const instant = (value: number) => (Number.isFinite(value) ? value : null);
  const pastUntil = instant(float64());
  const since = instant(float64());
  const until = instant(float64());
  const canaryBps = count();
  const past = emptyPast();
  for (const metric of version === WITHOUT_SURPLUS ? [] : UNIT_METRICS) {
    past[metric].totals = finite(float64());
    past[metric].squares = finite(float64());
  }
  let unit = -1;
  for (let left = count(); left > 0; left -= 1) {
    unit = unitAfter(unit, count());
    for (const metric of UNIT_METRICS) {
      past[metric].events[unit] = float32();
      past[metric].expected[unit] = float32();
      if (metric !== 'shift' && version !== WITHOUT_SURPLUS) past[metric].surplus[unit] = upperHalf();
    }
  }
  if (since === null || until === null) return new UnitLedger(past, null, pastUntil);
  const cells = new Float32Array(UNITS * UNIT_CELLS);
  const onCanary = new Uint8Array(UNITS);
  unit = -1;
  for (let left = count(); left > 0; left -= 1) {
    const gap = count();
    unit = unitAfter(unit, Math.floor(gap / 2));
    onCanary[unit] = gap % 2;
    for (let cell = 0; cell < UNIT_CELLS; cell += 1) {
      cells[unit * UNIT_CELLS + cell] = cell === UNIT_CELL.score ? float32() : count();
    }
  }
  const period: UnitPeriod = { canaryBps, since, until, cells, onCanary };
  return new UnitLedger(past, period, pastUntil);
}

function hasPast(past: LedgerPast, unit: number): boolean {
  return UNIT_METRICS.some((metric) => (past[metric].expected[unit] ?? 0) > 0);
}

function unitsWith(isWanted: (unit: number) => boolean): readonly number[] {
  return Array.from({ length: UNITS }, (_, unit) => unit).filter(isWanted);
}

/** @param write gets each unit, and how many were left out before it */
function eachUnit(units: readonly number[], write: (unit: number, gap: number) => void): void {
  let before = -1;
  for (const unit of units) {
    write(unit, unit - before - 1);
    before = unit;
  }
}
