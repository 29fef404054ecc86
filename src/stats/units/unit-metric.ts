import type { UnitPast, UnitSteadiness } from './spread.ts';
import { UNIT_CELL } from './unit-block.ts';

/** What is compared by unit: shares of errors, of 4xx, and of answers above three edges; and the mean score of latencies. */
export type UnitMetric = 'errors' | 'clientErrors' | 'p50' | 'p95' | 'p99' | 'shift';

export const UNIT_METRICS: readonly UnitMetric[] = ['errors', 'clientErrors', 'p50', 'p95', 'p99', 'shift'];

/** Which cells of a unit a metric is made of. `beyond` counts the canary's for parity, where that differs. */
export interface MetricCells {
  readonly trials: number;
  readonly outcome: number;
  readonly beyond: number;
}

export const METRIC_CELLS: Readonly<Record<UnitMetric, MetricCells>> = {
  errors: { trials: UNIT_CELL.requests, outcome: UNIT_CELL.errors, beyond: UNIT_CELL.errors },
  clientErrors: { trials: UNIT_CELL.requests, outcome: UNIT_CELL.clientErrors, beyond: UNIT_CELL.clientErrors },
  p50: { trials: UNIT_CELL.answers, outcome: UNIT_CELL.above, beyond: UNIT_CELL.beyond },
  p95: { trials: UNIT_CELL.answers, outcome: UNIT_CELL.above + 1, beyond: UNIT_CELL.beyond + 1 },
  p99: { trials: UNIT_CELL.answers, outcome: UNIT_CELL.above + 2, beyond: UNIT_CELL.beyond + 2 },
  shift: { trials: UNIT_CELL.answers, outcome: UNIT_CELL.score, beyond: UNIT_CELL.score },
};

/** The past of all units by metric. */
export type UnitPasts = Readonly<Record<UnitMetric, UnitPast & UnitSteadiness>>;
