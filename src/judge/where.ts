import { formatCount, formatLatency, formatShare } from '../parity/figures.ts';
import type { CheckName, Finding } from '../parity/finding.ts';
import { partOf } from '../parity/stake.ts';
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
  /** `errors`, or answers slower than the stable's p50, p95 or p99. */
  readonly measure: SliceMeasure;
  /** In ms, when slow answers are counted. */
  readonly slowMs: number | null;
  /** Worst first; empty when none stands out. */
  readonly slices: readonly WorseSlice[];
  /** The status of most of the excess errors, in any slice; null when there is none. */
  readonly status: WorseSlice | null;
  /** How many of all slices are worse, whether or not they stand out. */
  readonly worse: number;
  /** One clause. */
  readonly says: string;
}

export interface WhereOptions {
  /** Oldest first, of this rollout only. */
  readonly blocks: readonly SliceBlock[];
  /** The margin within which nothing is worse. */
  readonly margin: Boundary;
  /** Start of the blocks that the figures cover, epoch ms. */
  readonly since: number;
}

/** The part of a verdict that says which check carries it. */
export interface Suspicion {
  readonly findings: readonly Finding[];
  readonly worst: CheckName | null;
}

/** More would be hard to read. */
const MOST_NAMED = 3;
const LONGEST_NAME = 80;

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
  const worse = discoveries(all, { measure, margin: options.margin, dispersion });
  const named = standingOut(worse, all).slice(0, MOST_NAMED);
  const slowMs = measure === 'errors' ? null : slowOf(options.blocks, measure);
  const slices = named.map(worseSlice);
  const kind = mainStatus(worse, all);
  const found = { measure, slowMs, slices, status: kind && worseSlice(kind), worse: worse.length };
  return { ...found, says: saying(found) };
}

/** What is counted in the slices for the check that carries a verdict; null when slices say nothing about it. */
function carrierOf({ findings, worst }: Suspicion) {
  const part = ({ budgetWeight, logHarm }: Finding) => partOf({ weight: budgetWeight, logHarm });
  const finding =
    findings.find(({ check }) => check === worst) ?? findings.toSorted((left, right) => part(right) - part(left))[0];
  if (finding === undefined) return null;
  const { check, quantile, dispersion } = finding;
  if (check === 'errors' || check === 'unanswered' || check === 'guard:errors') {
    return { measure: 'errors' as const, dispersion };
  }
  return quantile === null ? null : { measure: quantile, dispersion };
}

function slowOf(blocks: readonly SliceBlock[], measure: Exclude<SliceMeasure, 'errors'>): number | null {
  const known = blocks.findLast(({ slowMs }) => slowMs !== null)?.slowMs;
  return known?.[{ p50: 0, p95: 1, p99: 2 }[measure] as 0 | 1 | 2] ?? null;
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

function saying({ slices, status, worse, slowMs }: Omit<Where, 'says'>): string {
  const kind = status === null ? '' : `, most of it ${nameSlice('status', status.name)}`;
  if (slices.length > 0) return `worst: ${slices.map((slice) => saysOf(slice, slowMs)).join('; then ')}${kind}`;
  if (worse > 0) return `no slice stands out: it is worse everywhere${kind}`;
  return 'no slice stands out so far';
}

/** `POST /pay 12 % against 0.1 %, 900 against 8,100 requests` */
function saysOf({ dimension, name, canary, stable, requests }: WorseSlice, slowMs: number | null): string {
  const slow = slowMs === null ? '' : ` slower than ${formatLatency(slowMs)}`;
  const counted = slowMs === null ? 'requests' : 'answers';
  return (
    `${nameSlice(dimension, name)} ${formatShare(canary)}${slow} against ${formatShare(stable)}, ` +
    `${formatCount(requests.canary)} against ${formatCount(requests.stable)} ${counted}`
  );
}

/** `POST /pay`, `consumer acme`, `upstream 10.0.0.3`, `status 503`; truncated, because sentences have a length limit. */
export function nameSlice(dimension: SliceDimension, whole: string): string {
  const name = whole.length > LONGEST_NAME ? `${whole.slice(0, LONGEST_NAME - 1)}…` : whole;
  if (name === 'no answer') return name;
  if (dimension === 'endpoint' && name !== 'other') return name;
  return name === 'other' ? `other ${dimension}s` : `${dimension} ${name}`;
}
