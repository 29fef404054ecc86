import { rateInterval } from '../../stats/evidence/confidence.ts';
import { logSum } from '../../stats/evidence/log-sum.ts';
import {
  addHistograms,
  bucketMs,
  EMPTY,
  histogramOf,
  massAbove,
  quantileBucket,
} from '../../stats/latency/log-histogram.ts';
import { RATIO_GRID, RATIO_WEIGHTS } from '../../stats/rates/error-rate.ts';
import { addConsumerCounts, type ConsumerCounts, type ConsumerDay, LEDGER_GRID, NO_ANSWERS } from './consumer-day.ts';

/** What a moved consumer is compared with its own past in; each has an equal part of its false-alarm budget. */
export const PAST_MEASURES = ['errors', 'clientErrors', 'latency'] as const;

export type PastMeasure = (typeof PAST_MEASURES)[number];

/** How a consumer fared on the new version, against its own past on the old one. */
export interface OwnPast {
  /**
   * - `worse`: by more than day-to-day drift and what those who were not moved went through explain.
   * - `alike`: it would be, but those on the old version got worse alike in the same days.
   * - `too-few`: nothing that its requests were answered could have shown it.
   */
  readonly kind: 'worse' | 'alike' | 'no-worse' | 'too-few';
  /** What shows it most; the strongest evidence, whatever the kind. */
  readonly measure: PastMeasure;
  readonly before: HadOf;
  readonly after: HadOf;
  /** The share of requests that was to be expected at most. */
  readonly allowed: number;
  /** From which latency on an answer counts as slow, ms; null but for `latency`. */
  readonly slowMs: number | null;
}

/** Of so many requests, so many had it. */
export interface HadOf {
  readonly requests: number;
  readonly hit: number;
}

/** What a version answered on a UTC day. */
export interface DayCounts extends ConsumerCounts {
  readonly version: string;
  readonly day: string;
}

/** The days of many as one row for each version and day. */
export function addedUp(days: readonly ConsumerDay[]): readonly DayCounts[] {
  const groups = Map.groupBy(days, ({ version, day }) => `${day} ${version}`);
  return [...groups.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const { version, day } = first;
    return [{ version, day, ...more.reduce<ConsumerCounts>(addConsumerCounts, addConsumerCounts(NO_ANSWERS, first)) }];
  });
}

/** One consumer that was moved. */
export interface MovedConsumer {
  readonly stable: string;
  readonly canary: string;
  /** Its first day that counts on the new version, in UTC. */
  readonly sinceDay: string;
  readonly own: readonly DayCounts[];
  /** Of all who were not moved. */
  readonly others: readonly DayCounts[];
}

export interface PastTerms {
  /** The false-alarm budget of all consumers of a rollout together. */
  readonly alpha: number;
  /** How many share it. */
  readonly consumers: number;
  /** By how much errors come in clumps: evidence is divided by it. */
  readonly phi: number;
}

/** How likely it is at most that any consumer of a rollout is found to be worse off for no reason, however often one looks. */
export const LEDGER_ALPHA = 0.01;

/** How much worse a day may be than its past for no reason, at least: half as much again, and so much of all requests. */
const RELATIVE = 0.5;
const ABSOLUTE: Readonly<Record<PastMeasure, number>> = { errors: 0.005, clientErrors: 0.01, latency: 0.025 };
/** Spreads of its own days that are allowed for; until there are enough days, each is taken for a spread of 30 %. */
const SPREADS = 3;
const ENOUGH_DAYS = 5;
const SPREAD_UNKNOWN = 0.3;
/** With fewer requests there is no past to speak of, nor anybody to compare days with. */
const LEAST_PAST = 100;
const LEAST_OTHERS = 200;
/** An answer is slow beyond the p95 of the past and three buckets: 27 %. */
const SLOW_LEVEL = 0.95;
const SLOW_BUCKETS = 3;

/** The comparison of docs/statistics.md section 3.28. It holds at all looks together: the same days may be looked at as often as one likes. */
export function compareWithPast(moved: MovedConsumer, terms: PastTerms): OwnPast {
  const results = PAST_MEASURES.map((measure) => compareIn(measure, moved, terms));
  return results.reduce((most, one) => (isStronger(one, most) ? one : most)).result;
}

interface Result {
  readonly result: OwnPast;
  readonly log: number;
}

const RANK: Readonly<Record<OwnPast['kind'], number>> = { worse: 3, alike: 2, 'no-worse': 1, 'too-few': 0 };

function isStronger(one: Result, other: Result): boolean {
  const [rank, least] = [RANK[one.result.kind], RANK[other.result.kind]];
  return rank > least || (rank === least && one.log > other.log);
}

function compareIn(
  measure: PastMeasure,
  { stable, canary, sinceDay, own, others }: MovedConsumer,
  { alpha, consumers, phi }: PastTerms,
): Result {
  const parts = 2 * PAST_MEASURES.length * Math.max(1, consumers);
  const threshold = Math.log(parts / alpha);
  const past = own.filter(({ version, day }) => version === stable && day <= sinceDay);
  const since = own.filter(({ version, day }) => version === canary && day >= sinceDay);
  const slowAbove = measure === 'latency' ? slowBucket(past) : 0;
  const shareOf = (counts: ConsumerCounts) => shareIn(measure, counts, slowAbove);
  const before = sumOf(past.map(shareOf));
  const after = sumOf(since.map(shareOf));
  const allowed = allowedShare(past.map(shareOf), before, { measure, error: alpha / parts, phi });
  const around = others.filter(({ version }) => version === stable);
  const drift = driftOf(around, sinceDay, shareOf);
  const expected = since.reduce((sum, day) => sum + shareOf(day).requests * Math.min(1, drift(day.day, allowed)), 0);
  const log = logWorse(after.hit, expected, phi);
  const most = logWorse(after.requests, expected, phi);
  const alone = logWorse(after.hit, after.requests * allowed, phi);
  const isTooFew = before.requests < LEAST_PAST || most < threshold;
  const kind = isTooFew ? 'too-few' : log >= threshold ? 'worse' : alone >= threshold ? 'alike' : 'no-worse';
  return {
    log,
    result: {
      kind,
      measure,
      before,
      after,
      allowed: after.requests === 0 ? allowed : expected / after.requests,
      slowMs: measure === 'latency' ? bucketMs(slowAbove, LEDGER_GRID) : null,
    },
  };
}

/** ln of the mixture of likelihood ratios against "at most `expected` of the requests have it", over how many times as many do. */
function logWorse(hit: number, expected: number, phi: number): number {
  const logs = RATIO_GRID.map((ratio) => (hit * Math.log(ratio) - (ratio - 1) * expected) / phi);
  return logSum(logs, RATIO_WEIGHTS);
}

/** The largest share that is to be expected on a day, by its own past alone. */
function allowedShare(
  days: readonly HadOf[],
  { requests, hit }: HadOf,
  { measure, error, phi }: { readonly measure: PastMeasure; readonly error: number; readonly phi: number },
): number {
  const high = rateInterval(hit / phi, requests / phi, error)?.high ?? 1;
  const spread = spreadOf(days, requests === 0 ? 0 : hit / requests) ?? SPREAD_UNKNOWN * high;
  return Math.min(1, high + Math.max(RELATIVE * high, SPREADS * spread) + ABSOLUTE[measure]);
}

/** By how much the shares of its days differ beyond chance, as a standard deviation; null with too few days. */
function spreadOf(days: readonly HadOf[], mean: number): number | null {
  const known = days.filter(({ requests }) => requests > 0);
  if (known.length < ENOUGH_DAYS) return null;
  const excess = known.map(({ requests, hit }) => (hit / requests - mean) ** 2 - (mean * (1 - mean)) / requests);
  return Math.sqrt(Math.max(0, excess.reduce((sum, one) => sum + one, 0) / (known.length - 1)));
}

/** What a share becomes on a day by what those on the old version went through: as much more, or as many times as much. */
function driftOf(
  others: readonly DayCounts[],
  sinceDay: string,
  shareOf: (counts: ConsumerCounts) => HadOf,
): (day: string, share: number) => number {
  const past = sumOf(others.filter(({ day }) => day < sinceDay).map(shareOf));
  const later = others.filter(({ day }) => day >= sinceDay);
  const all = sumOf(later.map(shareOf));
  if (past.requests < LEAST_OTHERS || all.requests < LEAST_OTHERS) return (_, share) => share;
  const usual = (past.hit + 0.5) / (past.requests + 1);
  const byDay = new Map(
    [...Map.groupBy(later, ({ day }) => day)].map(([day, rows]) => [day, sumOf(rows.map(shareOf))]),
  );
  return (day, share) => {
    const same = byDay.get(day);
    const { requests, hit } = same !== undefined && same.requests >= LEAST_OTHERS ? same : all;
    const now = hit / requests;
    return Math.max(share, share + now - usual, (share * now) / usual);
  };
}

function shareIn(measure: PastMeasure, counts: ConsumerCounts, slowAbove: number): HadOf {
  if (measure !== 'latency') return { requests: counts.requests, hit: counts[measure] };
  const histogram = histogramOf(counts.latency);
  return { requests: histogram.total, hit: massAbove(histogram, slowAbove) };
}

function slowBucket(past: readonly DayCounts[]): number {
  const all = past.map(({ latency }) => histogramOf(latency)).reduce(addHistograms, EMPTY);
  return (quantileBucket(all, SLOW_LEVEL) ?? 0) + SLOW_BUCKETS;
}

function sumOf(shares: readonly HadOf[]): HadOf {
  return shares.reduce((sum, one) => ({ requests: sum.requests + one.requests, hit: sum.hit + one.hit }), {
    requests: 0,
    hit: 0,
  });
}
