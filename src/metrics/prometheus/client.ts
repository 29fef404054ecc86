import { type Endpoint, httpClient } from '../http.ts';
import { type InstantAnswer, type InstantResult, instantQuery } from './instant-query.ts';

export interface PrometheusClientOptions extends Endpoint {
  /** Its display name, which starts every reason. */
  readonly name: string;
}

/**
 * What came back, or one sentence why nothing usable did. `refused`: a retry would give the same; `unreadable`: the answer
 * is not usable as evidence.
 */
export type Answer =
  | { readonly ok: true; readonly result: InstantResult }
  | { readonly ok: false; readonly reason: string; readonly fault?: 'refused' | 'unreadable' };

export interface PrometheusClient {
  readonly name: string;
  /** Evaluates PromQL at one time (epoch ms). Never throws. */
  query(promql: string, at: number, signal: AbortSignal): Promise<Answer>;
}

/** One Prometheus as the source of blocks. After a time-out it pauses for as long, and repeats the failure without asking. */
export function prometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const { name, timeoutMs } = options;
  const http = httpClient(options);
  // A hanging server may cost a tick one time-out, not one for each rollout that it measures.
  let rest: { readonly until: number; readonly reason: string } = { until: 0, reason: '' };

  return {
    name,
    async query(promql, at, signal) {
      if (performance.now() < rest.until) return { ok: false, reason: rest.reason };
      const answer = await instantQuery(http, { promql, at }, signal);
      if (answer.kind === 'result') return { ok: true, result: answer.result };
      const reason = `${name} ${answer.reason}${isTooLarge(answer) ? ": let the route's metrics match fewer series" : ''}`;
      switch (answer.kind) {
        case 'refused':
          return { ok: false, reason, fault: 'refused' };
        case 'foreign':
        case 'unreadable':
          return { ok: false, reason, fault: 'unreadable' };
        case 'unreachable':
          if (answer.fault === 'late') rest = { until: performance.now() + timeoutMs, reason };
          return { ok: false, reason };
      }
    },
  };
}

function isTooLarge(answer: InstantAnswer): boolean {
  return answer.kind === 'unreachable' && answer.fault === 'too-large';
}
