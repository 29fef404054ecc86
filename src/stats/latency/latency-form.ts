import type { Block, LatencyGrid, SlowerCounts, Tally } from '../block.ts';
import { isSameGrid } from './latency-grid.ts';
import { GATEWAY_GRID } from './log-histogram.ts';

/**
 * The form in which latencies are known: buckets of a grid, or counts above fixed boundaries. The judge's memory of the
 * stable belongs to one form, that of the first block with any latencies.
 */
export type LatencyForm =
  | { readonly kind: 'grid'; readonly grid: LatencyGrid }
  | { readonly kind: 'boundaries'; readonly ms: readonly number[] };

/** The most boundaries that a histogram may have: each takes an equal part of the budget. */
export const MOST_BOUNDARIES = 100;
const GATEWAY_FORM: LatencyForm = { kind: 'grid', grid: GATEWAY_GRID };

/** The form of a block; null when it has no latencies. */
export function formOf(block: Block): LatencyForm | null {
  const tallies = talliesOf(block);
  const [slower] = tallies.flatMap((tally) => tally.slower ?? []);
  if (slower !== undefined) return { kind: 'boundaries', ms: boundariesOf(slower) };
  if (tallies.every(({ latency }) => Object.keys(latency).length === 0)) return null;
  return block.grid === undefined ? GATEWAY_FORM : { kind: 'grid', grid: block.grid };
}

/** Whether a block's latencies are comparable with the remembered ones. A block without latencies always is. */
export function fitsForm(block: Block, form: LatencyForm): boolean {
  // Most blocks are the gateway's own: they are recognised without reading their counts.
  if (block.grid === undefined && isGateways(form) && !hasBoundaries(block)) return true;
  const other = formOf(block);
  return other === null || isSameForm(other, form);
}

/** The grid of a form; the gateway's when there is no form yet, or only boundaries. */
export function gridOf(form: LatencyForm | null): LatencyGrid {
  return form?.kind === 'grid' ? form.grid : GATEWAY_GRID;
}

export function boundariesOf({ above }: SlowerCounts): readonly number[] {
  return above.map(({ ms }) => ms);
}

export function isSameForm(left: LatencyForm, right: LatencyForm): boolean {
  if (left.kind === 'grid') return right.kind === 'grid' && isSameGrid(left.grid, right.grid);
  return (
    right.kind === 'boundaries' &&
    left.ms.length === right.ms.length &&
    left.ms.every((ms, index) => ms === right.ms[index])
  );
}

/** Every tally that a block has. */
export function talliesOf({ stable, canary, forced, ruled }: Block): readonly Tally[] {
  return [stable, canary, forced.stable, forced.canary, ruled.stable, ruled.canary].flatMap((tally) => tally ?? []);
}

function isGateways(form: LatencyForm): boolean {
  return form.kind === 'grid' && isSameGrid(form.grid, GATEWAY_GRID);
}

/** Whether any tally of a block is known only at boundaries. */
export function hasBoundaries({ stable, canary, forced, ruled }: Block): boolean {
  return (
    stable?.slower !== undefined ||
    canary?.slower !== undefined ||
    forced.stable.slower !== undefined ||
    forced.canary.slower !== undefined ||
    ruled.stable.slower !== undefined ||
    ruled.canary.slower !== undefined
  );
}
