import type { QueryResult } from 'prometheus-query';
import { isRecord } from '../../policy/is-record.ts';
import type { Fetched, HttpClient, NotFetched } from '../http.ts';
import { type AnsweredSeries, answeredSeries, readableBody } from './answered-series.ts';
import { excerpt, Unreadable } from './unreadable.ts';

export interface InstantQuery {
  readonly promql: string;
  /** Evaluation time, epoch ms. */
  readonly at: number;
  /** The maximum age of a sample that the query's instant selectors still see; defaults to the server's own setting. */
  readonly lookbackMs?: number;
}

export interface InstantResult {
  readonly type: `${QueryResult['resultType']}`;
  /** None for a string; one series of one sample for a scalar. */
  readonly series: readonly AnsweredSeries[];
  /** If there are any, part of the result is missing. */
  readonly warnings: readonly unknown[];
}

/** What came back. Reasons omit their subject ("answered 503"), and never contain the address. */
export type InstantAnswer =
  | { readonly kind: 'result'; readonly result: InstantResult }
  /** This query can never be answered; `said` is the server's own sentence. */
  | { readonly kind: 'refused'; readonly reason: string; readonly said: string }
  /** Has Prometheus' form, but invalid content. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** Not an answer from Prometheus; from a proxy in front of it, for example. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string; readonly fault: NotFetched['fault'] };

interface Seen {
  fetched: Fetched | NotFetched;
  /** As the driver was given it. */
  body: unknown;
}

const LONGEST_SAID = 300;

/**
 * One instant query by POST (a long one does not fit in a URL), through prometheus-query: it builds the query, and we use
 * what it reads from the answer. Every byte goes through `http`, and none through axios' own transports.
 *
 * A server that does not know `lookback_delta` (Prometheus 2.42) ignores it, and uses its configured lookback, 5
 * min by default. Never throws.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function instantQuery(
  http: HttpClient,
  { promql, at, lookbackMs }: InstantQuery,
  signal: AbortSignal,
): Promise<InstantAnswer> {
  // It imports axios: 10 MB that only installations with a Prometheus should pay.
  const { PrometheusDriver, SampleValue } = await import('prometheus-query');
  const seen: Seen = { fetched: { kind: 'failed', fault: 'other', reason: 'was not asked' }, body: null };
  const driver = new PrometheusDriver({
    // Only the transport knows the address.
    endpoint: '/',
    preferPost: true,
    requestInterceptor: {
      onFulfilled(config) {
        config.adapter = async () => {
          const form = new URLSearchParams(String(config.data));
          if (lookbackMs !== undefined) form.set('lookback_delta', `${lookbackMs}ms`);
          const fetched = await http.fetch({ method: 'POST', path: `${config.baseURL}${config.url}`, form }, signal);
          seen.fetched = fetched;
          if (fetched.kind === 'answer') seen.body = readableBody(parsed(fetched.body));
          const status = fetched.kind === 'answer' ? fetched.status : 0;
          return { status, data: seen.body, statusText: '', headers: {}, config };
        };
        return config;
      },
    },
  });
  // It throws plain objects, and a TypeError for unknown input; the body itself says more.
  const read = await driver.instantQuery(promql, at).catch(() => null);
  const { fetched, body } = seen;
  if (fetched.kind === 'failed') return { kind: 'unreachable', reason: fetched.reason, fault: fetched.fault };
  if (fetched.status !== 200) return refusalOf(fetched.status, body);
  if (!isRecord(body)) return { kind: 'foreign', reason: 'answered something that is no JSON object' };
  if (body['status'] !== 'success') {
    return { kind: 'foreign', reason: `answered with the status ${excerpt(body['status'])}` };
  }
  try {
    if (read === null) throw new Unreadable(`answered ${excerpt(body['data'])}, which is no result`);
    const series = answeredSeries(read, body, (sample) => SampleValue.fromJSON(sample));
    const { warnings } = body;
    return {
      kind: 'result',
      result: { type: read.resultType, series, warnings: Array.isArray(warnings) ? warnings : [] },
    };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}

/**
 * Prometheus gives the reason in JSON; a proxy in front of it may answer anything. 400 means that a query does not parse,
 * and 422 that it cannot be evaluated: a retry would give the same.
 */
function refusalOf(status: number, body: unknown): InstantAnswer {
  const error = isRecord(body) ? body['error'] : null;
  const said = typeof error === 'string' ? error.replace(/\p{Cc}+/gu, ' ').slice(0, LONGEST_SAID) : '';
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  const reason = `answered ${status}${redirect}${said === '' ? '' : `: ${said}`}`;
  return (status === 400 || status === 422) && said !== ''
    ? { kind: 'refused', reason, said }
    : { kind: 'unreachable', reason, fault: 'other' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
