import { WHOLE_BPS } from '../../split/assign.ts';
import { LAST_DRAW, UNITS } from '../../split/unit-draw.ts';
import { meanSpreadOf, NO_PAST, spreadOf, type UnitPast } from './spread.ts';
import { UNIT_CELL, UNIT_CELLS } from './unit-block.ts';
import type { UnitAllowance, UnitDraw } from './unit-evidence.ts';
import { binomialOf, fitRates, fitScores, type UnitFit } from './unit-fit.ts';
import type { UnitCounts } from './unit-ledger.ts';
import { METRIC_CELLS, type UnitMetric } from './unit-metric.ts';

/** The units that a step compares: those with traffic that no earlier step had given to the canary. */
export interface FreshUnits {
  readonly counts: UnitCounts;
  readonly units: readonly number[];
  readonly draw: UnitDraw;
}

/** How much worse the canary may be: its outcomes are held against this ratio, or this many more events per trial. */
export interface UnitMargin {
  readonly relative: number;
  readonly perTrial: number;
}

/** One metric of fresh units, fitted; `allowance` is null without an absolute margin. */
export interface FittedUnits {
  readonly fit: UnitFit;
  readonly draw: UnitDraw;
  readonly allowance: UnitAllowance | null;
}

/**
 * Null where no unit is fresh. Units that were not served by the version
 * that they were drawn for are left out.
 *
 * @param fromBps the weight before the step: which units below the present one became the canary's does not depend on
 *   anything that led to the step
 */
export function freshUnits(counts: UnitCounts, fromBps: number): FreshUnits | null {
  const from = fromBps / WHOLE_BPS;
  const weight = counts.canaryBps / WHOLE_BPS;
  if (!(weight > from && weight < 1)) return null;
  const units: number[] = [];
  const canary: number[] = [];
  for (let unit = 0; unit < UNITS; unit += 1) {
    const place = counts.draws[unit] ?? 0;
    if (place < from || place >= LAST_DRAW || (counts.cells[unit * UNIT_CELLS + UNIT_CELL.requests] ?? 0) === 0)
      continue;
    const isCanary = place < weight ? 1 : 0;
    if ((counts.onCanary[unit] ?? 0) !== isCanary) continue;
    units.push(unit);
    canary.push(isCanary);
  }
  if (units.length === 0) return null;
  return { counts, units, draw: { chance: (weight - from) / (1 - from), canary: Uint8Array.from(canary) } };
}

/**
 * One metric as the canary's margin leaves it. Null without answers.
 *
 * @param edges which of the canary's answers count: those above the rollback margin's edges, or above the parity margin's
 */
export function fitMetric(
  { counts, units, draw }: FreshUnits,
  metric: UnitMetric,
  margin: UnitMargin,
  edges: 'harm' | 'parity',
): FittedUnits | null {
  const cells = METRIC_CELLS[metric];
  const ofCanary = edges === 'harm' ? cells.outcome : cells.beyond;
  const trials = columnOf(counts.cells, units, cells.trials);
  const observed = new Float64Array(units.length);
  const fitted = new Float64Array(units.length);
  for (let row = 0; row < units.length; row += 1) {
    const isCanary = draw.canary[row] === 1;
    const cell = (units[row] ?? 0) * UNIT_CELLS + (isCanary ? ofCanary : cells.outcome);
    const outcome = (counts.cells[cell] ?? 0) / (isCanary ? 1 + margin.relative : 1);
    observed[row] = outcome;
    fitted[row] = isCanary ? outcome - margin.perTrial * (trials[row] ?? 0) : outcome;
  }
  const past = pastOfUnits(counts.past[metric], units);
  const sample = { outcomes: fitted, trials };
  const prior = (spread: number) => ({ past, spread });
  if (metric === 'shift') {
    const scores = fitScores(sample, prior(meanSpreadOf(past)));
    return scores === null ? null : { fit: scores, draw, allowance: null };
  }
  const ofPast = prior(spreadOf(past, binomialOf(sample)));
  // What a large margin allows is far more than a good canary has: taken off, it would look like units that differ.
  const between = edges === 'parity' && margin.perTrial > 0 ? fitRates({ outcomes: observed, trials }, ofPast) : null;
  const fit = fitRates(sample, ofPast, observed, between?.unexplained);
  if (fit === null) return null;
  return { fit, draw, allowance: margin.perTrial === 0 ? null : { perTrial: margin.perTrial, trials } };
}

/** The units' values in one cell. */
export function columnOf(cells: ArrayLike<number>, units: readonly number[], cell: number): Float64Array {
  const column = new Float64Array(units.length);
  for (let row = 0; row < units.length; row += 1) column[row] = cells[(units[row] ?? 0) * UNIT_CELLS + cell] ?? 0;
  return column;
}

// Empty where no unit has a past, so that the fit knows.
function pastOfUnits({ events, expected }: UnitPast, units: readonly number[]): UnitPast {
  const known = { events: new Float64Array(units.length), expected: new Float64Array(units.length) };
  let isKnown = false;
  for (let row = 0; row < units.length; row += 1) {
    const unit = units[row] ?? 0;
    const usual = expected[unit] ?? 0;
    known.events[row] = events[unit] ?? 0;
    known.expected[row] = usual;
    if (usual !== 0) isKnown = true;
  }
  return isKnown ? known : NO_PAST;
}
