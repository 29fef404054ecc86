import type { Fetched, HttpClient } from '../http.ts';

export interface InstantQuery {
  readonly query: string;
  /** Epoch ms of the evaluation. */
  readonly at: number;
  /** How old a sample may be that the query's instant selectors still see. */
  readonly lookbackMs: number;
}

/** What Prometheus said, as it said it: the driver's own reading knows no native histogram and no warning. */
export type InstantAnswer =
  | {
      readonly kind: 'result';
      readonly type: unknown;
      readonly result: unknown;
      readonly warnings: readonly unknown[];
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

const LONGEST_REASON = 300;

/**
 * One instant query by POST (a long one fits no URL). A server that does not know `lookback_delta` (Prometheus 2.42) passes
 * it over and looks back as far as it is set to, 5 min by default. Never throws.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export async function instantQuery(
  client: HttpClient,
  { query, at, lookbackMs }: InstantQuery,
  signal: AbortSignal,
): Promise<InstantAnswer> {
  let fetched: Fetched = { kind: 'failed', reason: 'it was not asked' };
  // It brings axios along: 10 MB that only those pay who have query checks.
  const { PrometheusDriver } = await import('prometheus-query');
  const driver = new PrometheusDriver({
    // Only named: every byte goes through the client, which knows the address.
    endpoint: 'http://prometheus',
    preferPost: true,
    requestInterceptor: {
      onFulfilled: (config) => {
        config.adapter = async () => {
          const form = new URLSearchParams(String(config.data));
          form.set('lookback_delta', `${lookbackMs}ms`);
          fetched = await client.fetch({ method: 'POST', path: '/api/v1/query', form }, signal);
          const [status, data] = fetched.kind === 'answer' ? [fetched.status, fetched.body] : [0, ''];
          return { status, data, statusText: '', headers: {}, config };
        };
        return config;
      },
    },
  });
  // It throws plain objects, and a TypeError at what it does not know; the answer itself says more.
  await driver.instantQuery(query, at).catch(() => {});
  return read(fetched);
}

function read(fetched: Fetched): InstantAnswer {
  if (fetched.kind === 'failed') return { kind: 'unreachable', reason: fetched.reason };
  const { status, body } = fetched;
  const answer = parsed(body);
  if (status === 200 && answer['status'] === 'success') {
    const data = record(answer['data']);
    const warnings = answer['warnings'];
    return {
      kind: 'result',
      type: data['resultType'],
      result: data['result'],
      warnings: Array.isArray(warnings) ? warnings : [],
    };
  }
  // 400 for what does not parse, 422 for what cannot be evaluated: asking again would give the same.
  if ((status === 400 || status === 422) && typeof answer['error'] === 'string') {
    return { kind: 'refused', reason: answer['error'].replaceAll(/\p{Cc}+/gu, ' ').slice(0, LONGEST_REASON) };
  }
  return { kind: 'unreachable', reason: status === 200 ? 'it gave no answer of Prometheus' : `it answered ${status}` };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(body));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
