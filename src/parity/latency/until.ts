import type { Checks } from '../../policy/schema.ts';

type Latencies = Pick<Checks, 'latency'>;

/** What a latency check times: to the head of the answer, or to its end. */
export function untilOf({ latency }: Latencies, name: string): 'head' | 'end' {
  const declared =
    name === 'p50' || name === 'p95' || name === 'p99' || name === 'dominance'
      ? latency[name]
      : latency.quantiles[name];
  // A policy that was pinned before there was a choice times to the head.
  return declared?.until ?? 'head';
}

/** Whether a latency check times answers to their end. */
export function readsEnd(checks: Latencies): boolean {
  const names = ['p50', 'p95', 'p99', 'dominance', ...Object.keys(checks.latency.quantiles)];
  return names.some((name) => untilOf(checks, name) === 'end');
}

/** What sentences call a latency check, or a quantile of it: `p50`, `p50 to the end of the answer`. */
export function latencyLabel(checks: Latencies, check: string, shown = check): string {
  return untilOf(checks, check) === 'end' ? `${shown} to the end of the answer` : shown;
}
