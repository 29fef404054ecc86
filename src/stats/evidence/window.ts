import { addStatuses, type StatusCounts } from '../answer-kind.ts';
import { type AnswerCounts, addAnswerCounts } from '../answers/answer-counts.ts';
import type { Block, LatencyGrid, SlowerCounts, Tally } from '../block.ts';
import { histogramOn } from '../latency/latency-grid.ts';
import { addHistograms, EMPTY, GATEWAY_GRID, type Histogram } from '../latency/log-histogram.ts';
import { addSlower } from '../latency/slower.ts';

/** One version's activity over a span of blocks. */
export interface Totals extends Omit<AnswerCounts, 'shapes'> {
  readonly requests: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly unanswered: number;
  /** Omitted when there were none. */
  readonly empty?: number;
  readonly statuses?: StatusCounts;
  readonly latencyOf?: 'all-answers';
  readonly latency: Histogram;
  /** Set when latencies are known only at boundaries. */
  readonly slower?: SlowerCounts;
}

/** Pooled counts for display. Never tested: pooling across blocks is biased under drift. */
export interface Window {
  /** Start of the first block and end of the last, epoch ms by the gateway's clock; null while empty. */
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly canary: Totals;
  readonly stable: Totals;
}

const NOTHING: Totals = { requests: 0, errors: 0, clientErrors: 0, unanswered: 0, latency: EMPTY };

export const EMPTY_WINDOW: Window = { span: null, canary: NOTHING, stable: NOTHING };

/** One tally as totals; null when a version has none. */
export function totalsOf(tally: Tally | null, grid: LatencyGrid = GATEWAY_GRID): Totals | null {
  if (tally === null) return null;
  const { requests, errors, clientErrors, unanswered = 0, empty, statuses, latencyOf, slower } = tally;
  const totals = { requests, errors, clientErrors, unanswered, latency: histogramOn(tally.latency, grid) };
  return {
    ...totals,
    ...(empty === undefined ? {} : { empty }),
    ...(statuses === undefined ? {} : { statuses }),
    ...(latencyOf === undefined ? {} : { latencyOf }),
    ...(slower === undefined ? {} : { slower }),
    ...withoutShapes(addAnswerCounts(tally, {})),
  };
}

/** The window with one block added; null when a version is missing from it. */
export function extendWindow(
  window: Window,
  block: Pick<Block, 'startedAt' | 'durationMs'>,
  canary: Totals | null,
  stable: Totals | null,
): Window {
  return {
    span: { from: window.span?.from ?? block.startedAt, to: block.startedAt + block.durationMs },
    canary: addTotals(window.canary, canary),
    stable: addTotals(window.stable, stable),
  };
}

export function windowMs(window: Window): number {
  return window.span === null ? 0 : Math.max(0, window.span.to - window.span.from);
}

function addTotals(totals: Totals, added: Totals | null): Totals {
  if (added === null) return totals;
  const slower = addSlower(totals.slower, added.slower);
  const sum: Totals = {
    requests: totals.requests + added.requests,
    errors: totals.errors + added.errors,
    clientErrors: totals.clientErrors + added.clientErrors,
    unanswered: totals.unanswered + added.unanswered,
    latency: addHistograms(totals.latency, added.latency),
  };
  const empty = (totals.empty ?? 0) + (added.empty ?? 0);
  const statuses = addStatuses(totals.statuses, added.statuses);
  const latencyOf = totals.latencyOf ?? added.latencyOf;
  return {
    ...sum,
    ...(empty === 0 ? {} : { empty }),
    ...(statuses === undefined ? {} : { statuses }),
    ...(latencyOf === undefined ? {} : { latencyOf }),
    ...(slower === undefined ? {} : { slower }),
    ...withoutShapes(addAnswerCounts(totals, added)),
  };
}

// There are thousands of them, and what is compared of them has counts of its own.
function withoutShapes(carrying: AnswerCounts): Omit<AnswerCounts, 'shapes'> {
  const { shapes: _, ...carried } = carrying;
  return carried;
}
