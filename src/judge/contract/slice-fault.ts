import { isRecord } from '../../policy/is-record.ts';
import type { Tally } from '../../stats/block.ts';
import { CELL, CELLS, SLOW_LEVELS, type SliceDimension, type SliceName } from '../../stats/slice.ts';
import { isAmount, isCount, show } from '../shape.ts';
import { faultOfAssignment } from './traffic-fault.ts';

const DIMENSIONS: Readonly<Record<SliceDimension, true>> = {
  endpoint: true,
  consumer: true,
  upstream: true,
  status: true,
};

/** What is wrong with the slices of a block, in one clause; null when there are none, or nothing is. */
export function faultOfSlices(
  table: unknown,
  tallies: Readonly<Record<'stable' | 'canary', Tally | null>>,
): string | null {
  if (table === undefined) return null;
  if (!isRecord(table)) return `slices are ${show(table)}, not counts by slice`;
  const { slices, canary, stable, slowMs, ownSlowMs, assignment } = table;
  if (!Array.isArray(slices) || !isList(ownSlowMs)) return 'slices have no names or no thresholds';
  if (!slices.every(isNamed)) return 'a slice has no name';
  if (!(slowMs === null || (Array.isArray(slowMs) && slowMs.length === SLOW_LEVELS.length && slowMs.every(isAmount)))) {
    return `slices.slowMs is ${show(slowMs)}, not the latencies above which answers are slow`;
  }
  if (!Array.from(ownSlowMs).every(isAmount)) return 'slices.ownSlowMs has something that is not a latency';
  const fault = assignment === null ? null : faultOfAssignment(assignment, 'slices.assignment');
  if (fault !== null) return fault;
  for (const [version, counts] of [
    ['canary', canary],
    ['stable', stable],
  ] as const) {
    if (!isList(counts) || counts.length % CELLS !== 0 || counts.length > slices.length * CELLS) {
      return `the slices of the ${version} do not fit their names`;
    }
    // The gateway's own counts cannot be anything else, and are many.
    if (!(counts instanceof Uint32Array)) {
      if (!isCounts(counts)) return `the slices of the ${version} have something that is not a count`;
      if (hasMoreThanAll(counts)) return `a slice of the ${version} has more errors than requests`;
    }
    const beyond = beyondTally(slices, counts as ArrayLike<number>, tallies[version]);
    if (beyond !== null) return `the slices of the ${version} by ${beyond} than the ${version} has`;
  }
  return null;
}

/** `endpoint have more errors`: a request has at most one slice of each dimension. */
function beyondTally(slices: readonly SliceName[], counts: ArrayLike<number>, tally: Tally | null): string | null {
  const of = { requests: tally?.requests ?? 0, errors: tally?.errors ?? 0, clientErrors: tally?.clientErrors ?? 0 };
  const sums = new Map<string, number>();
  for (let row = 0; row * CELLS < counts.length; row += 1) {
    const dimension = slices[row]?.dimension ?? '';
    for (const [kind, most] of Object.entries(of)) {
      const sum = (sums.get(`${dimension} ${kind}`) ?? 0) + (counts[row * CELLS + CELL[kind as keyof typeof of]] ?? 0);
      if (sum > most) return `${dimension} have more ${KINDS[kind as keyof typeof of]}`;
      sums.set(`${dimension} ${kind}`, sum);
    }
  }
  return null;
}

const KINDS = { requests: 'requests', errors: 'errors', clientErrors: '4xx answers' } as const;

function isNamed(slice: unknown): boolean {
  if (!isRecord(slice) || typeof slice['name'] !== 'string') return false;
  return typeof slice['dimension'] === 'string' && Object.hasOwn(DIMENSIONS, slice['dimension']);
}

function isCounts(counts: ArrayLike<unknown>): counts is ArrayLike<number> {
  return Array.from(counts).every(isCount);
}

function hasMoreThanAll(counts: ArrayLike<number>): boolean {
  for (let row = 0; row < counts.length; row += CELLS) {
    const [requests, errors, clientErrors] = [CELL.requests, CELL.errors, CELL.clientErrors].map(
      (at) => counts[row + at],
    );
    if (Number(errors) + Number(clientErrors) > Number(requests)) return true;
  }
  return false;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}
