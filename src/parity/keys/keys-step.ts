import type { UnitMetric } from '../../stats/units/unit-metric.ts';

/** One weight of a rollout, as far as its keys are concerned. */
export interface KeysStep {
  readonly canaryBps: number;
  /** While the canary warms up only gross failures count. */
  readonly phase: 'warm-up' | 'judged';
  /** The weight from which on its units are fresh. */
  readonly fromBps: number;
  /** Epoch ms from which on its units are counted. */
  readonly since: number;
  /** How many looks of its schedule are over. */
  readonly looks: number;
  /** What parity took of the part around its forecast, by metric. */
  readonly spent: Readonly<Record<UnitMetric, number>>;
}

/** Stands for ln 0 in what is stored. */
export const NO_EVIDENCE = -100;
