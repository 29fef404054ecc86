import type { Suspicion } from '../../src/judge/where.ts';
import type { Finding } from '../../src/parity/finding.ts';
import { CELL, CELLS, type SliceBlock, type SliceName } from '../../src/stats/slice.ts';
import { binomial, poisson, type Random } from './random.ts';

/** One slice of the traffic: mean requests of each version in a block, and the share of them that is an event. */
export interface SliceBehaviour extends SliceName {
  readonly requests: { readonly canary: number; readonly stable: number };
  readonly share: { readonly canary: number; readonly stable: number };
}

/** What is an event: an error, or an answer above the stable's p95. */
type Event = 'error' | 'slow';

const SLOW_MS = [20, 60, 120] as const;

/** Blocks of 5 s in which every slice has its own Poisson arrivals and binomial events. */
export function sliceBlocks(
  random: Random,
  slices: readonly SliceBehaviour[],
  count: number,
  event: Event = 'error',
): readonly SliceBlock[] {
  return Array.from({ length: count }, (_, at) => {
    const tally = (version: 'canary' | 'stable') =>
      Uint32Array.from(
        slices.flatMap(({ requests, share }) => {
          const n = poisson(random, requests[version]);
          const x = binomial(random, n, share[version]);
          return event === 'error' ? [n, x, n - x, 0, 0, 0, 0, 0] : [n, 0, n - x, 0, x, 0, 0, 0];
        }),
      );
    return {
      startedAt: at * 5_000,
      durationMs: 5_000,
      splitEpoch: 1,
      assignment: 'per-request' as const,
      slices,
      canary: tally('canary'),
      stable: tally('stable'),
      slowMs: SLOW_MS,
      ownSlowMs: [],
    };
  });
}

/** Endpoints of equal traffic, none of which differs between the versions. */
export function equalEndpoints(count: number, requests: SliceBehaviour['requests'], share = 0.002): SliceBehaviour[] {
  return Array.from({ length: count }, (_, at) => ({
    dimension: 'endpoint',
    name: `GET /e${at}`,
    requests,
    share: { canary: share, stable: share },
  }));
}

/** A verdict that rests on one check. */
export function suspicionOf(check: Finding['check'], quantile: Finding['quantile'] = null): Suspicion {
  const finding: Finding = {
    check,
    canary: null,
    stable: null,
    unit: quantile === null ? 'share' : 'ms',
    quantile,
    bounds: { canary: null, stable: null },
    requests: { canary: 0, stable: 0 },
    logHarm: 9,
    budgetWeight: 0.4,
    dispersion: 1,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: '',
    parityMargin: null,
    needsCanaryRequests: null,
    needsAt: [],
    says: '',
  };
  return { findings: [finding], worst: check };
}

/** Counts that are what they are, without chance: `[requests, errors]` of each version, in each block. */
export function exactBlocks(
  rows: readonly (SliceName & {
    readonly canary: readonly [number, number];
    readonly stable: readonly [number, number];
    readonly clientErrors?: Readonly<Record<'canary' | 'stable', number>>;
    /** By how many of the stable's quantiles they are above. */
    readonly answers?: Readonly<Record<'canary' | 'stable', readonly number[]>>;
    readonly slow?: Readonly<Record<'canary' | 'stable', number>>;
  })[],
  count: number,
): readonly SliceBlock[] {
  const tally = (version: 'canary' | 'stable') =>
    Uint32Array.from(
      rows.flatMap(({ clientErrors, slow, answers, ...row }) =>
        Array.from({ length: CELLS }, (_, cell) => {
          if (cell === CELL.clientErrors) return clientErrors?.[version] ?? 0;
          if (cell === CELL.slow) return slow?.[version] ?? 0;
          if (cell >= CELL.answers && cell < CELL.clientErrors) return answers?.[version][cell - CELL.answers] ?? 0;
          return row[version][cell] ?? 0;
        }),
      ),
    );
  return Array.from({ length: count }, (_, at) => ({
    startedAt: at * 5_000,
    durationMs: 5_000,
    splitEpoch: 1,
    assignment: 'per-request' as const,
    slices: rows,
    canary: tally('canary'),
    stable: tally('stable'),
    slowMs: null,
    ownSlowMs: [],
  }));
}
