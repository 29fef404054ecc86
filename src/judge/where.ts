import { formatCount, formatLatency, formatShare } from '../parity/figures.ts';
import type { CheckName, Finding } from '../parity/finding.ts';
import { nameSlice } from '../parity/slices/slice-name.ts';
import { partOf } from '../parity/stake.ts';
import { levelOf } from '../policy/names.ts';
import type { Boundary } from '../stats/evidence/e-value.ts';
import type { SliceBlock, SliceDimension } from '../stats/slice.ts';
import { discoveries } from './slice-evidence.ts';
import { type SliceMeasure, seriesOf } from './slice-series.ts';
import { mainStatus, type StandingOut, standingOut } from './standing-out.ts';

/** One slice that carries the difference. Shares are of its requests, or of its answers when slow ones are counted. */
export interface WorseSlice {
  readonly dimension: SliceDimension;
  readonly name: string;
  readonly canary: number;
  readonly stable: number;
  readonly requests: { readonly canary: number; readonly stable: number };
  /** Its part of the canary's whole excess, 0 to 1. */
  readonly part: number;
}

/** Where the canary is worse: which slices carry the difference. */
export interface Where {
  /** `errors`, `clientErrors`, answers slower than the stable's p50, p95 or p99, or `slow`: than the slice's own p95. */
  readonly measure: SliceMeasure;
  /** In ms, when answers slower than a quantile of the whole stable are counted. */
  readonly slowMs: number | null;
  /** Worst first; empty when none stands out. */
  readonly slices: readonly WorseSlice[];
  /** The status of most of the excess errors, in any slice; null when there is none. */
  readonly status: WorseSlice | null;
  /** The canary's only address, where the stable has several and latencies are compared; omitted otherwise. */
  readonly address?: string;
  /** How many of all slices are worse, whether or not they stand out. */
  readonly worse: number;
  /** One clause. */
  readonly says: string;
}

export interface WhereOptions {
  /** Oldest first, of this rollout only. */
  readonly blocks: readonly SliceBlock[];
  /** The margin within which nothing is worse. */
  readonly marginOf: (measure: SliceMeasure) => Boundary;
  /** The canary's only address, where the stable has several. */
  readonly address: string | null;
  /** Start of the blocks that the figures cover, epoch ms. */
  readonly since: number;
}

/** The part of a verdict that says which check carries it. */
export interface Suspicion {
  readonly findings: readonly Finding[];
  readonly worst: CheckName | null;
}

/**
 * What checks on shares of requests count; the check of single slices says it itself. Slices know no keys: who is worse by key is located
 * among all requests, except for latencies, where the slices of other users are slow by themselves.
 */
const KINDS: Readonly<Partial<Record<CheckName, SliceMeasure>>> = {
  errors: 'errors',
  unanswered: 'errors',
  'guard:errors': 'errors',
  'gross:errors': 'errors',
  'gross:unanswered': 'errors',
  'keys:errors': 'errors',
  clientErrors: 'clientErrors',
  'gross:clientErrors': 'clientErrors',
  'keys:clientErrors': 'clientErrors',
};

/** More would be hard to read. */
const MOST_NAMED = 3;

/**
 * The slices that carry the difference of a verdict; null if the verdict is not about errors or latencies, or nothing was
 * counted. Each slice has its own evidence, block by block, over all blocks held; multiplicity is controlled over
 * all possible slices (see `discoveries`). Of the slices found worse, only those that stand out in their dimension are
 * named: when everything is worse, every slice is.
 */
export function whereWorse(verdict: Suspicion, options: WhereOptions): Where | null {
  const carrier = carrierOf(verdict);
  if (carrier === null || options.blocks.length === 0) return null;
  const { measure, dispersion } = carrier;
  const all = seriesOf(options.blocks, measure, options.since);
  const endpoints = all.filter(({ dimension }) => dimension === 'endpoint');
  if (!endpoints.some(({ canary, stable }) => canary.n > 0 && stable.n > 0)) return null;
  const worse = discoveries(all, { measure, margin: options.marginOf(measure), dispersion });
  const named = standingOut(worse, all).slice(0, MOST_NAMED);
  const slowMs = slowOf(options.blocks, measure);
  const slices = named.map(worseSlice);
  const kind = worse.length === 0 ? null : mainStatus(all);
  // What fails is no slower machine.
  const address = slowMs === null || options.address === null ? {} : { address: options.address };
  const found = { measure, slowMs, slices, status: kind && worseSlice(kind), worse: worse.length, ...address };
  return { ...found, says: saying(found) };
}

/** What is counted in the slices for the check that carries a verdict; null when slices say nothing about it. */
function carrierOf({ findings, worst }: Suspicion) {
  const part = ({ budgetWeight, logHarm }: Finding) => partOf({ weight: budgetWeight, logHarm });
  const finding =
    findings.find(({ check }) => check === worst) ?? findings.toSorted((left, right) => part(right) - part(left))[0];
  if (finding === undefined) return null;
  const { check, quantile, named, dispersion, slice, subject } = finding;
  const kind = slice?.kind ?? KINDS[check];
  if (kind !== undefined) return { measure: kind, dispersion };
  // Slices count how long answers take to their head, and nothing else of what they carry.
  if (subject !== undefined || named !== undefined) return null;
  return quantile === null ? null : { measure: nearestMeasure(quantile), dispersion };
}

/** Slices are counted above three quantiles of the stable. */
function nearestMeasure(quantile: string): 'p50' | 'p95' | 'p99' {
  const level = levelOf(quantile);
  if (level < 0.75) return 'p50';
  return level < 0.97 ? 'p95' : 'p99';
}

function slowOf(blocks: readonly SliceBlock[], measure: SliceMeasure): number | null {
  if (measure !== 'p50' && measure !== 'p95' && measure !== 'p99') return null;
  const known = blocks.findLast(({ slowMs }) => slowMs !== null)?.slowMs;
  return known?.[({ p50: 0, p95: 1, p99: 2 } as const)[measure]] ?? null;
}

function worseSlice({ series, part }: StandingOut): WorseSlice {
  const { dimension, name, canary, stable } = series;
  return {
    dimension,
    name,
    canary: shareOf(canary),
    stable: shareOf(stable),
    requests: { canary: canary.n, stable: stable.n },
    part,
  };
}

function shareOf({ n, x }: { readonly n: number; readonly x: number }): number {
  return n === 0 ? 0 : x / n;
}

function saying(found: Omit<Where, 'says'>): string {
  const { address, worse } = found;
  const only =
    address === undefined ? '' : `the canary has one address, ${address}: a slow machine there would look the same`;
  return [worse > 0 || only === '' ? placesIn(found) : '', only].filter((clause) => clause !== '').join('; ');
}

function placesIn({ slices, status, worse, slowMs, measure }: Omit<Where, 'says'>): string {
  const kind = status === null ? '' : `, most of it ${nameSlice('status', status.name)}`;
  if (slices.length > 0)
    return `worst: ${slices.map((slice) => saysOf(slice, eventOf(measure, slowMs))).join('; then ')}${kind}`;
  if (worse > 0) return `no slice stands out: it is worse everywhere${kind}`;
  return 'no slice stands out so far';
}

/** `POST /pay 12 % against 0.1 %, 900 against 8,100 requests` */
function saysOf(
  { dimension, name, canary, stable, requests }: WorseSlice,
  { event, counted }: ReturnType<typeof eventOf>,
): string {
  return (
    `${nameSlice(dimension, name)} ${formatShare(canary)}${event} against ${formatShare(stable)}, ` +
    `${formatCount(requests.canary)} against ${formatCount(requests.stable)} ${counted}`
  );
}

function eventOf(measure: SliceMeasure, slowMs: number | null) {
  if (slowMs !== null) return { event: ` slower than ${formatLatency(slowMs)}`, counted: 'answers' };
  const event = { clientErrors: ' with 4xx', slow: ' slower than its usual p95' }[measure as string] ?? '';
  return { event, counted: 'requests' };
}
