import type { Block, Tally } from './block.ts';
import { addHistograms, EMPTY, type Histogram, histogramOf } from './log-histogram.ts';

/** What one version did over a span of blocks. */
export interface Totals {
  readonly requests: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly latency: Histogram;
}

/** Pooled counts for the figures that people read. Never tested: pooling across blocks is biased under drift. */
export interface Window {
  /** Start of the first block and end of the last, epoch ms by the gateway's clock; null while empty. */
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly canary: Totals;
  readonly stable: Totals;
}

const NOTHING: Totals = { requests: 0, errors: 0, clientErrors: 0, latency: EMPTY };

export const EMPTY_WINDOW: Window = { span: null, canary: NOTHING, stable: NOTHING };

/** The window with the canary's and the stable's tallies of one block added; null where a version has none. */
export function extendWindow(window: Window, block: Block, canary: Tally | null, stable: Tally | null): Window {
  return {
    span: { from: window.span?.from ?? block.startedAt, to: block.startedAt + block.durationMs },
    canary: addTally(window.canary, canary),
    stable: addTally(window.stable, stable),
  };
}

export function windowMs(window: Window): number {
  return window.span === null ? 0 : Math.max(0, window.span.to - window.span.from);
}

function addTally(totals: Totals, tally: Tally | null): Totals {
  if (tally === null) return totals;
  return {
    requests: totals.requests + tally.requests,
    errors: totals.errors + tally.errors,
    clientErrors: totals.clientErrors + tally.clientErrors,
    latency: addHistograms(totals.latency, histogramOf(tally.latency)),
  };
}
