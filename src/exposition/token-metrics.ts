import { Counter, Gauge, type Registry } from 'prom-client';
import type { TokenTotals } from '../gateway/gateway.ts';

/** Of routes that know their consumers by token. */
export function tokenMetrics(registry: Registry, totals: readonly TokenTotals[]): void {
  const tokens = new Counter({
    name: 'serin_consumer_tokens_total',
    help: 'Requests with a token, on routes that know consumers by it, by what became of the token; while no version is compared those whose token was not known yet',
    labelNames: ['http_route', 'outcome'],
    registers: [registry],
  });
  const keys = new Gauge({
    name: 'serin_consumer_keys',
    help: 'Public keys that the tokens of consumers are verified with; without any, every bearer of a token is unlisted',
    labelNames: ['http_route'],
    registers: [registry],
  });
  for (const { route, outcomes, keys: held } of totals) {
    keys.set({ http_route: route }, held);
    for (const [outcome, count] of Object.entries(outcomes)) tokens.inc({ http_route: route, outcome }, count);
  }
}
