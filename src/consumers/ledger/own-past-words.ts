import { formatCount, formatLatency, formatShare } from '../../parity/figures.ts';
import type { HadOf, OwnPast, PastMeasure } from './own-past.ts';

/** `84 of 2,104 requests failed on v2 (4 %), 0.4 % of 40,210 on v1 before; at most 1.1 % was to be expected`. */
export function ownPastInWords(
  { measure, before, after, allowed, slowMs }: OwnPast,
  { stable, canary }: { readonly stable: string; readonly canary: string },
): string {
  const what = HAD[measure](slowMs ?? 0);
  const of = measure === 'latency' ? 'answers' : 'requests';
  return (
    `${formatCount(after.hit)} of ${formatCount(after.requests)} ${of} ${what} on ${canary} (${formatShare(shareOf(after))}), ` +
    `${formatShare(shareOf(before))} of ${formatCount(before.requests)} on ${stable} before; ` +
    `at most ${formatShare(allowed)} was to be expected`
  );
}

const HAD: Readonly<Record<PastMeasure, (slowMs: number) => string>> = {
  errors: () => 'failed',
  clientErrors: () => 'were answered with 4xx',
  latency: (slowMs) => `took longer than ${formatLatency(slowMs)}`,
};

function shareOf({ requests, hit }: HadOf): number {
  return requests === 0 ? 0 : hit / requests;
}
