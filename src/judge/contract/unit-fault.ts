import { isRecord } from '../../policy/is-record.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { LAST_DRAW, UNITS } from '../../split/unit-draw.ts';
import { UNIT_CELLS } from '../../stats/units/unit-block.ts';
import type { UnitCounts } from '../../stats/units/unit-ledger.ts';
import { UNIT_METRICS } from '../../stats/units/unit-metric.ts';
import { isAmount, isCount, LARGEST, show } from '../shape.ts';

/** What is wrong with the counts by unit of a sticky route, in one clause; null when nothing is. */
export function faultOfUnits(units: UnitCounts | 'uncounted'): string | null {
  const counts: unknown = units;
  if (counts === 'uncounted') return null;
  if (!isRecord(counts)) return `they are ${show(counts)}, not counts`;
  const { canaryBps, since, until, cells, onCanary, draws, past } = counts;
  if (!isCount(canaryBps) || canaryBps > WHOLE_BPS) return `canaryBps is ${show(canaryBps)}, not basis points`;
  if (!isAmount(since) || !isAmount(until) || until < since) return 'their times are none';
  const isNumbers = cells instanceof Float32Array || cells instanceof Float64Array;
  if (!isNumbers || !isList(cells, UNITS * UNIT_CELLS)) return 'the cells are no numbers by key';
  if (!(onCanary instanceof Uint8Array) || onCanary.length !== UNITS) return 'the versions are none by key';
  if (!(draws instanceof Float64Array) || !isList(draws, UNITS) || !draws.every((u) => u >= 0 && u <= LAST_DRAW)) {
    return 'the draws are none by key';
  }
  for (const metric of UNIT_METRICS) {
    const of = isRecord(past) ? past[metric] : null;
    if (!isRecord(of) || !isPast(of)) return `the past of ${metric} is none by key`;
  }
  return null;
}

function isPast({ events, expected, surplus, totals, squares }: Readonly<Record<string, unknown>>): boolean {
  const isKnown = (list: unknown) => list instanceof Float32Array && isList(list, UNITS);
  // A surplus is a sum of squares.
  const isSurplus = surplus instanceof Float32Array && surplus.every(Number.isFinite);
  const isSum = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
  return isKnown(events) && isKnown(expected) && isSurplus && isSum(totals) && isSum(squares);
}

function isList(list: Float64Array | Float32Array, length: number): boolean {
  return list.length === length && list.every((value) => Math.abs(value) <= LARGEST);
}
