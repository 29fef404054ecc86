import { Counter, type Registry } from 'prom-client';
import type { MirroredTotals } from '../gateway/gateway.ts';

/** What Serin sent again: in no figure of clients' requests. */
export function mirrorMetrics(registry: Registry, totals: readonly MirroredTotals[]): void {
  const sent = new Counter({
    name: 'serin_mirrored_requests_total',
    help: 'Requests that Serin sent again, by the version they went to and what became of them; in no other metric',
    labelNames: ['http_route', 'to', 'outcome'],
    registers: [registry],
  });
  const skipped = new Counter({
    name: 'serin_mirror_skipped_total',
    help: 'Requests in the share of a mirror that were not sent again, by why',
    labelNames: ['http_route', 'why'],
    registers: [registry],
  });
  for (const { route, sent: outcomes, skipped: reasons } of totals) {
    for (const to of ['canary', 'stable'] as const) {
      for (const [outcome, count] of Object.entries(outcomes[to])) sent.inc({ http_route: route, to, outcome }, count);
    }
    for (const [why, count] of Object.entries(reasons)) skipped.inc({ http_route: route, why }, count);
  }
}
