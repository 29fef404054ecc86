import type { QueryResult } from 'prometheus-query';
import { isRecord } from '../../policy/is-record.ts';
import type { Fetched, HttpClient, NotFetched } from '../http.ts';
import { type AnsweredSeries, answeredSeries, readableBody } from './answered-series.ts';
import { excerpt, Unreadable } from './unreadable.ts';

export interface InstantQuery {
  readonly promql: string;
  /** Epoch ms of the evaluation. */
  readonly at: number;
  /** How old a sample may be that the query's instant selectors still see; the server's own setting where left out. */
  readonly lookbackMs?: number;
}

export interface InstantResult {
  readonly type: `${QueryResult['resultType']}`;
  /** None for a string; one series of one sample for a scalar. */
  readonly series: readonly AnsweredSeries[];
  /** A part is missing where there are any. */
  readonly warnings: readonly unknown[];
}

/** What came back. Reasons lack their subject ("answered 503"), and never have the address. */
export type InstantAnswer =
  | { readonly kind: 'result'; readonly result: InstantResult }
  /** This query can never be answered; `said` is the server's own sentence. */
  | { readonly kind: 'refused'; readonly reason: string; readonly said: string }
  /** Prometheus' form, but not its content. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** No answer of Prometheus, but of a proxy before it, say. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string; readonly fault: NotFetched['fault'] };

interface Seen {
  fetched: Fetched | NotFetched;
  /** As the driver was given it. */
  body: unknown;
}

const LONGEST_SAID = 300;

/**
 * One instant query by POST (a long one fits no URL), through prometheus-query: it writes the question, and what it reads in
 * the answer is what is used. Every byte goes through `http`, and none through axios' own ways.
 *
 * A server that does not know `lookback_delta` (Prometheus 2.42) passes it over, and looks back as far as it is set to, 5
 * min by default. Never throws.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function instantQuery(
  http: HttpClient,
  { promql, at, lookbackMs }: InstantQuery,
  signal: AbortSignal,
): Promise<InstantAnswer> {
  // It brings axios along: 10 MB that only those pay who have a Prometheus.
  const { PrometheusDriver, SampleValue } = await import('prometheus-query');
  const seen: Seen = { fetched: { kind: 'failed', fault: 'other', reason: 'was not asked' }, body: null };
  const driver = new PrometheusDriver({
    // The transport alone knows the address.
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
  // It throws plain objects, and a TypeError at what it does not know; the body itself says more.
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
    const series = answeredSeries(read, body, SampleValue.fromJSON);
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
 * Prometheus says why in JSON; a proxy in front of it may answer anything. 400 is for what does not parse, and 422 for what
 * cannot be evaluated: asking again would give the same.
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
