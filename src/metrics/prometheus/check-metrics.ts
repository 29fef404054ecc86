import type { Track } from '../../split/order.ts';
import type { Matcher } from '../matchers.ts';
import type { RouteMetrics } from '../presets/metric-names.ts';
import type { CheckRequest, SourceAnswer } from '../source.ts';
import type { PrometheusClient } from './client.ts';
import { readHistogram } from './native-histogram.ts';
import { labelsKey, type MatrixSeries, readMatrix } from './read-matrix.ts';
import { metricsRead, rangeSelector, selectorOf, vectorSelector } from './selector.ts';
import { outcomeOf } from './status.ts';
import { currencyOf, GONE_MS } from './targets.ts';
import { Unreadable } from './unreadable.ts';

export interface MetricsCheck {
  readonly client: PrometheusClient;
  readonly metrics: RouteMetrics;
  /** Of the scrapes. */
  readonly intervalMs: number;
  /** The end of the queried samples, epoch ms. */
  readonly at: number;
}

type What = 'requests' | 'latencies';
type Told = Pick<SourceAnswer, 'outcome' | 'value' | 'says'>;

/** What the series of one version say, and which they are. */
interface Reading {
  readonly told: Told;
  readonly keys: readonly string[];
}

/** What a person should know before they trust such latencies. */
const OF_ALL_ANSWERS =
  '; they have no status, so quick errors and 4xx count as fast answers: only the checks of shares see them';

const OUTCOMES = { refused: 'refused', unreadable: 'unusable', none: 'unreachable' } as const;

/** Queries the requests and latencies of each known version once, with the selectors of the blocks. */
export async function checkMetrics(
  check: MetricsCheck,
  { versions }: CheckRequest,
  signal: AbortSignal,
): Promise<readonly SourceAnswer[]> {
  const whats: readonly What[] = ['requests', 'latencies'];
  return (await Promise.all(whats.map((what) => checkOne(check, what, versions, signal)))).flat();
}

async function checkOne(
  check: MetricsCheck,
  what: What,
  versions: CheckRequest['versions'],
  signal: AbortSignal,
): Promise<readonly SourceAnswer[]> {
  const read = async (track: Track) => {
    const version = versions[track];
    if (version === null) return null;
    const own = selectorOf(check.metrics, track, version);
    return { track, version, selector: vectorSelector('', own), ...(await readOne(check, what, own, signal)) };
  };
  const [stable, canary] = await Promise.all([read('stable'), read('canary')]);
  const shared = stable && canary ? sharedBy(stable, canary) : null;
  return [stable, canary].flatMap((reading) => {
    if (reading === null) return [];
    const { track, version, told } = reading;
    const answer = shared === null ? told : untold('refused', shared);
    return [{ check: null, what, source: check.client.name, track, version, ...answer }];
  });
}

/** The evidence that both versions would claim; null when they can be told apart. */
function sharedBy(
  stable: Reading & { readonly selector: string },
  canary: Reading & { readonly selector: string },
): string | null {
  if (stable.selector === canary.selector) return `stable and canary are both ${stable.selector}`;
  const shared = stable.keys.find((key) => canary.keys.includes(key));
  return shared === undefined ? null : `stable and canary have the same series ${shared}`;
}

async function readOne(
  check: MetricsCheck,
  what: What,
  own: readonly Matcher[],
  signal: AbortSignal,
): Promise<Reading> {
  const { client, metrics, intervalMs, at } = check;
  const metric = metricsRead(metrics)[what];
  const answer = await client.query(rangeSelector(metric, own, GONE_MS + intervalMs), at, signal);
  if (!answer.ok) {
    // The source is already named next to every answer.
    const says = `it ${answer.reason.slice(`${client.name} `.length)}`;
    return { told: untold(OUTCOMES[answer.fault ?? 'none'], says), keys: [] };
  }
  const matrix = readMatrix(answer.result);
  if (!matrix.ok) return { told: untold('unusable', `it ${matrix.reason}`), keys: [] };
  const { series } = matrix;
  return {
    told: tell(check, what, series, vectorSelector(metric, own)),
    keys: series.map((one) => labelsKey(one.labels)),
  };
}

function tell(
  { metrics, intervalMs, at }: MetricsCheck,
  what: What,
  series: readonly MatrixSeries[],
  selector: string,
) {
  const { kind, newest } = currencyOf(series, at, intervalMs);
  if (newest === null) return untold('nothing', `there is no series ${selector}`);
  if (kind === 'silent') {
    const old = `${Math.round((at - newest) / 1_000)} s old, more than two scrapes`;
    return untold('nothing', `the newest sample of ${selector} is ${old}`);
  }
  try {
    const value = series.reduce((sum, one) => sum + countIn(metrics, what, one), 0);
    const number = series.length === 1 ? 'one series' : `${series.length} series`;
    const isOfAll = what === 'latencies' && metrics.names.latency.status === 'none';
    const says = `${value} so far, in ${number}${isOfAll ? OF_ALL_ANSWERS : ''}`;
    return { outcome: 'value', value, says } as const;
  } catch (error) {
    if (error instanceof Unreadable) return untold('refused', `it ${error.message}`);
    throw error;
  }
}

/** What a series has counted so far. Throws `Unreadable` if it is not what the route's metrics declare. */
function countIn({ names, nativeSchema }: RouteMetrics, what: What, series: MatrixSeries): number {
  const { labels, samples, histograms } = series;
  const isLabelled = what === 'requests' || names.latency.status === 'labelled';
  if (isLabelled) outcomeOf(labels, names.status, []);
  const isHistogram = nativeSchema !== null && metricsRead({ names, nativeSchema })[what] === names.latency.metric;
  if (!isHistogram) {
    if (histograms.length > 0) throw new Unreadable('answered a histogram where a number is expected');
    return what === 'latencies' && labels['le'] !== '+Inf' ? 0 : (samples.at(-1)?.value ?? 0);
  }
  const last = histograms.at(-1);
  if (last === undefined) throw new Unreadable('answered a number where a native histogram is expected');
  return readHistogram(last, nativeSchema, names.latency.unitMs).count;
}

function untold(outcome: Exclude<SourceAnswer['outcome'], 'value'>, says: string): Told {
  return { outcome, value: null, says };
}
