import type { SplitOrder } from '../../split/order.ts';
import { isWithoutContent, statusClass } from '../../stats/answer-kind.ts';
import type { LatencyCounts, SlowerCounts, Tally } from '../../stats/block.ts';
import type { Matcher } from '../matchers.ts';
import type { RouteMetrics } from '../presets/metric-names.ts';
import type { Sample } from './answered-series.ts';
import { type Beginnings, beginningsOf, hasNewcomers } from './beginnings.ts';
import { slowerCounts } from './classic-histogram.ts';
import type { PrometheusClient } from './client.ts';
import { histogramIncrease, readHistogram } from './native-histogram.ts';
import { labelsKey, type MatrixSeries, readMatrix } from './read-matrix.ts';
import { metricsRead, rangeSelector, vectorSelector } from './selector.ts';
import { outcomeOf } from './status.ts';
import { increaseOf, type Span, stepsIn } from './steps.ts';
import { type Currency, currencyOf, GONE_MS } from './targets.ts';
import { Unreadable } from './unreadable.ts';

export interface VersionQuery {
  readonly client: PrometheusClient;
  readonly metrics: RouteMetrics;
  /** Of the version. */
  readonly selector: readonly Matcher[];
  readonly span: Span;
  readonly errorStatuses: SplitOrder['measure']['errorStatuses'];
  readonly intervalMs: number;
}

export interface VersionReading {
  readonly currency: Currency;
  readonly tally: Tally;
  /** Series keys, to find a series that both versions claim. */
  readonly keys: readonly string[];
  /** Why there are no latencies, in one clause; null when there are. */
  readonly latencyMissing: string | null;
}

type Latency = Pick<Tally, 'latency' | 'slower'>;

const NO_LATENCY: Latency = { latency: {} };

/** What one version did in a span. Throws `Unreadable` when its requests cannot be determined. */
export async function readVersion(query: VersionQuery, signal: AbortSignal): Promise<VersionReading> {
  const { span, intervalMs } = query;
  const read = metricsRead(query.metrics);
  const isOne = read.requests === read.latencies;
  const longWindow = span.to - Math.min(span.baselineFrom, span.to - GONE_MS - intervalMs);
  const [requests, latency] = await Promise.all([
    ask(query, read.requests, longWindow, signal),
    isOne ? null : ask(query, read.latencies, span.to - span.baselineFrom, signal),
  ]);
  if (!requests.ok) throw new Unreadable(requests.reason);
  const created = hasNewcomers(requests.series, span) ? await askCreated(query, signal) : new Map<string, number>();
  const countsOf = isOne ? histogramCounts : counterCounts;
  const tally = tallyOf(query, requests.series, countsOf(query, requests.series, created));
  const currency = currencyOf(requests.series, span.to, intervalMs);
  return {
    currency,
    keys: requests.series.map(({ labels }) => labelsKey(labels)),
    ...withLatency(query, tally, latency ?? requests, created, read.latencies),
  };
}

function withLatency(
  query: VersionQuery,
  tally: Omit<Tally, 'latency'>,
  answer: Awaited<ReturnType<typeof ask>>,
  created: ReadonlyMap<string, number>,
  metric: string,
): Pick<VersionReading, 'tally' | 'latencyMissing'> {
  try {
    if (!answer.ok) throw new Unreadable(answer.reason);
    const { kind } = currencyOf(answer.series, query.span.to, query.intervalMs);
    if (answer.series.length === 0) throw new Unreadable(`has no series ${vectorSelector(metric, query.selector)}`);
    if (kind === 'silent') throw new Unreadable(`has no new sample of ${vectorSelector(metric, query.selector)}`);
    const isOfAll = query.metrics.names.latency.status === 'none';
    const latency = latencyOf(query, answer.series, created);
    return {
      tally: { ...tally, ...latency, ...(isOfAll ? { latencyOf: 'all-answers' as const } : {}) },
      latencyMissing: null,
    };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { tally: { ...tally, ...NO_LATENCY }, latencyMissing: error.message };
  }
}

async function ask({ client, selector, span }: VersionQuery, metric: string, windowMs: number, signal: AbortSignal) {
  const answer = await client.query(rangeSelector(metric, selector, windowMs), span.to, signal);
  if (!answer.ok) return answer;
  const matrix = readMatrix(answer.result);
  return matrix.ok ? matrix : { ok: false as const, reason: `${client.name} ${matrix.reason}` };
}

/** Start times by labels; empty if the exporter does not report them. */
async function askCreated(query: VersionQuery, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const { client, selector, metrics, span } = query;
  const { created } = metrics.names.requests;
  const answer = await client.query(rangeSelector(created, selector, span.to - span.baselineFrom), span.to, signal);
  const matrix = answer.ok ? readMatrix(answer.result, secondsIn) : answer;
  if (!matrix.ok) return new Map();
  return new Map(
    matrix.series.map((series) => [labelsKey(series.labels), (series.samples.at(-1)?.value ?? 0) * 1_000]),
  );
}

function secondsIn({ value }: Sample): number {
  if (!Number.isFinite(value)) throw new Unreadable('answered a start time that is none');
  return value;
}

/** The growth of each series, in the same order. */
type Growths = readonly number[];

function counterCounts(
  { span }: VersionQuery,
  series: readonly MatrixSeries[],
  created: ReadonlyMap<string, number>,
): Growths {
  const beginnings = beginningsOf(series, created, span);
  return series.map((one) => {
    if (one.histograms.length > 0) throw new Unreadable('answered a histogram where a number is expected');
    return increaseOf(stepsIn(one.samples, span, beginnings(one)));
  });
}

function histogramCounts(query: VersionQuery, series: readonly MatrixSeries[]): Growths {
  const beginnings = beginningsOf(series, new Map(), query.span);
  return series.map((one) => nativeIncrease(query, one, beginnings).count);
}

function tallyOf(query: VersionQuery, series: readonly MatrixSeries[], growths: Growths): Omit<Tally, 'latency'> {
  const tally = { requests: 0, errors: 0, clientErrors: 0 };
  const statuses: Record<string, number> = {};
  let empty = 0;
  for (const [at, { labels }] of series.entries()) {
    const outcome = outcomeOf(labels, query.metrics.names.status, query.errorStatuses);
    const grown = growths[at] ?? 0;
    if (outcome === 'nobody') continue;
    tally.requests += grown;
    if (outcome === 'error') tally.errors += grown;
    if (outcome === 'client-error') tally.clientErrors += grown;
    const status = Number(labels[query.metrics.names.status.label]);
    if (outcome !== 'success' || grown === 0 || hasContent(status)) continue;
    statuses[status] = (statuses[status] ?? 0) + grown;
    if (isWithoutContent(status)) empty += grown;
  }
  if (Object.keys(statuses).length === 0) return tally;
  return { ...tally, ...(empty === 0 ? {} : { empty }), statuses };
}

/** As far as the status says: nobody tells whether a 200 had a body. */
function hasContent(status: number): boolean {
  return statusClass(status) === 2 && !isWithoutContent(status);
}

/** Latencies of answers that are neither errors nor 4xx, if the histogram separates them; else of all answers. */
function latencyOf(
  query: VersionQuery,
  series: readonly MatrixSeries[],
  created: ReadonlyMap<string, number>,
): { readonly latency: LatencyCounts; readonly slower?: SlowerCounts } {
  const { names, nativeSchema } = query.metrics;
  const answered = series.filter(({ labels }) => {
    if (names.latency.status === 'none') return true;
    return outcomeOf(labels, names.status, query.errorStatuses) === 'success';
  });
  const beginnings = beginningsOf(series, created, query.span);
  if (nativeSchema === null) {
    if (answered.some(({ histograms }) => histograms.length > 0)) {
      throw new Unreadable('answered a histogram where a number is expected');
    }
    return { latency: {}, slower: slowerCounts(answered, query.span, beginnings, names.latency.unitMs) };
  }
  const latency: Record<number, number> = {};
  for (const one of answered) {
    for (const [bucket, count] of Object.entries(nativeIncrease(query, one, beginnings).buckets)) {
      latency[Number(bucket)] = (latency[Number(bucket)] ?? 0) + Number(count);
    }
  }
  return { latency };
}

function nativeIncrease({ metrics, span }: VersionQuery, series: MatrixSeries, beginnings: Beginnings) {
  if (series.samples.length > 0) throw new Unreadable('answered a number where a native histogram is expected');
  const { names, nativeSchema } = metrics;
  const samples = series.histograms.map((sample) => readHistogram(sample, nativeSchema ?? 0, names.latency.unitMs));
  return histogramIncrease(stepsIn(samples, span, beginnings(series)));
}
