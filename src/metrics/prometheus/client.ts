import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { certificateFault } from '../../problem/certificate.ts';
import type { Endpoint } from '../http.ts';

export interface PrometheusClientOptions extends Endpoint {
  /** As people know it: it begins every reason. */
  readonly name: string;
}

/**
 * What came back: the body as it was parsed from JSON, which nobody has looked at, or one sentence why there is none.
 * `refused`: asking again would give the same.
 */
export type Answer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly reason: string; readonly refused?: true };

export interface PrometheusClient {
  readonly name: string;
  /** Evaluates PromQL at one time (epoch ms). Never throws. */
  query(promql: string, at: number, signal: AbortSignal): Promise<Answer>;
}

const SAID_LIMIT = 300;

interface Seen {
  readonly status: number;
  readonly data: unknown;
}

/**
 * Asks through prometheus-query, and takes the raw body: what the package makes of it has no warnings, turns text into
 * numbers loosely, and fails on native histograms. A redirect is an answer like any other that is no success.
 */
export function prometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const { name, url, timeoutMs, maxAnswerBytes, headers, tls, lookup } = options;
  const httpAgent = new HttpAgent({ keepAlive: true, lookup });
  const httpsAgent = new HttpsAgent({ keepAlive: true, lookup, ...tls });
  // One server that hangs may cost a tick one time-out, and not one for each rollout that it has the metrics of.
  let restsUntil = 0;

  return {
    name,
    async query(promql, at, signal) {
      if (performance.now() < restsUntil) return { ok: false, reason: `${name} did not answer within ${timeoutMs} ms` };
      // It brings axios along: 10 MB that only those pay who have a Prometheus.
      const { PrometheusDriver } = await import('prometheus-query');
      const inTime = AbortSignal.timeout(timeoutMs);
      let seen: Seen | null = null;
      const driver = new PrometheusDriver({
        endpoint: url,
        headers,
        // A long selector does not fit into every proxy's idea of a target.
        preferPost: true,
        requestInterceptor: {
          onFulfilled: (request) =>
            Object.assign(request, {
              httpAgent,
              httpsAgent,
              // Without it the environment's proxies would be asked.
              proxy: false,
              maxRedirects: 0,
              maxContentLength: maxAnswerBytes,
              signal: AbortSignal.any([signal, inTime]),
            }),
        },
        responseInterceptor: {
          onFulfilled: (response) => {
            seen = response;
            return response;
          },
          onRejected: (error: { readonly response?: Seen }) => {
            seen = error.response ?? null;
            throw error;
          },
        },
        timeout: timeoutMs,
      });
      let thrown: unknown = null;
      try {
        await driver.instantQuery(promql, at);
      } catch (error) {
        thrown = error;
      }
      const answer = seen as Seen | null;
      if (answer === null && inTime.aborted) restsUntil = performance.now() + timeoutMs;
      if (answer !== null && answer.status === 200) return { ok: true, body: answer.data };
      const reason = answer === null ? whyNone(thrown, signal, inTime, options) : refusalOf(answer);
      return { ok: false, reason: `${name} ${reason}`, ...(isRefused(answer) ? { refused: true } : {}) };
    },
  };
}

function whyNone(
  thrown: unknown,
  signal: AbortSignal,
  inTime: AbortSignal,
  { timeoutMs, maxAnswerBytes }: PrometheusClientOptions,
): string {
  if (inTime.aborted) return `did not answer within ${timeoutMs} ms`;
  if (signal.aborted) return 'was not waited for';
  const error = textOf(thrown, 'error');
  if (error?.includes('maxContentLength')) {
    return `answered more than ${maxAnswerBytes} bytes: let the route's metrics match fewer series`;
  }
  const code = textOf(thrown, 'code');
  const fault = code === null ? null : certificateFault(code, "the source's `ca`");
  return `did not answer: ${fault ?? code ?? error ?? 'the connection failed'}`;
}

/** Prometheus says why in JSON; a proxy in front of it may answer anything. */
function refusalOf({ status, data }: Seen): string {
  if (status >= 300 && status < 400) return `answered ${status}, and redirects are not followed`;
  const said = textOf(data, 'error');
  return said === null ? `answered ${status}` : `answered ${status}: ${said}`;
}

/** 400 is for what does not parse, and 422 for what cannot be evaluated; a proxy's own 400 has no reason in JSON. */
function isRefused(answer: Seen | null): boolean {
  return (answer?.status === 400 || answer?.status === 422) && textOf(answer.data, 'error') !== null;
}

function textOf(value: unknown, key: 'error' | 'code'): string | null {
  if (typeof value !== 'object' || value === null || !(key in value)) return null;
  const text: unknown = (value as Readonly<Record<string, unknown>>)[key];
  return typeof text === 'string' && text !== '' ? text.replace(/\p{Cc}+/gu, ' ').slice(0, SAID_LIMIT) : null;
}
