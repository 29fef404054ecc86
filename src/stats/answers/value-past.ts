import { type LatencyDispersion, NO_BATCHES } from '../evidence/batches.ts';
import { EMPTY, type Histogram } from '../latency/log-histogram.ts';

/** What is remembered of a value that answers carry: the stable's past, and how far it scatters from batch to batch. */
export interface ValuePast {
  readonly reference: Histogram;
  readonly batches: LatencyDispersion;
}

/** By the names of values in tallies. */
export type ValuePasts = Readonly<Record<string, ValuePast>>;

export const NOTHING_LEARNT: ValuePast = { reference: EMPTY, batches: NO_BATCHES };
