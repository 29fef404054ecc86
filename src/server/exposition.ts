import { Counter, Gauge, Registry } from 'prom-client';
import type { Controller } from '../controller/schedule.ts';
import type { MeasurePort } from '../gateway/gateway.ts';
import type { ChannelCounts, Store } from '../store/store.ts';
import { durationMetrics } from './duration-metrics.ts';
import { rolloutCounters } from './rollout-counters.ts';
import { rolloutCounts, rolloutMetrics } from './rollout-metrics.ts';

const LATEST = 200;

export interface Exposed {
  readonly gateway: Pick<MeasurePort, 'totals' | 'durations'>;
  readonly store: Pick<Store, 'rollouts' | 'outbox' | 'audit'>;
  readonly controller: Pick<Controller, 'leads'>;
  /** Names of the channels that are configured. */
  readonly channels: readonly string[];
}

/** The Prometheus text of this process: read from its tallies and its store at each scrape, nothing kept twice. */
export function exposition({ gateway, store, controller, channels }: Exposed): () => Promise<string> {
  const counters = rolloutCounters(store.audit);
  return async () => {
    const registry = new Registry();
    const totals = gateway.totals();
    traffic(registry, totals);
    rolloutMetrics(registry, await store.rollouts.list({ limit: LATEST }));
    rolloutCounts(registry, await counters([...new Set(totals.map(({ route }) => route))]));
    notifications(registry, await store.outbox.channels(), channels);
    leadership(registry, controller);
    return `${await registry.metrics()}\n${durationMetrics(gateway.durations())}`;
  };
}

function traffic(registry: Registry, totals: ReturnType<MeasurePort['totals']>): void {
  const requests = new Counter({
    name: 'serin_gateway_requests_total',
    help: 'Proxied requests by route, version and outcome',
    labelNames: ['http_route', 'serin_track', 'serin_version', 'outcome'],
    registers: [registry],
  });
  for (const { route, track, version, outcomes } of totals) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      requests.inc({ http_route: route, serin_track: track, serin_version: version, outcome }, count);
    }
  }
}

function notifications(registry: Registry, counted: readonly ChannelCounts[], configured: readonly string[]): void {
  const sent = new Counter({
    name: 'serin_notifications_total',
    help: 'Messages delivered and rejected, and attempts that failed, by channel',
    labelNames: ['channel', 'outcome'],
    registers: [registry],
  });
  const waiting = new Gauge({
    name: 'serin_notifications_waiting',
    help: 'Messages in the outbox that their channel has not taken yet',
    labelNames: ['channel'],
    registers: [registry],
  });
  const silent = configured.filter((name) => !counted.some(({ channel }) => channel === name));
  const none = silent.map((channel) => ({ channel, waiting: 0, delivered: 0, rejected: 0, failed: 0 }));
  for (const { channel, waiting: queued, ...outcomes } of [...counted, ...none]) {
    waiting.set({ channel }, queued);
    for (const [outcome, count] of Object.entries(outcomes)) sent.inc({ channel, outcome }, count);
  }
}

function leadership(registry: Registry, controller: Pick<Controller, 'leads'>): void {
  const leading = new Gauge({
    name: 'serin_controller_leading',
    help: '1 while the controller of this process holds the lease and ticks',
    registers: [registry],
  });
  leading.set(controller.leads() ? 1 : 0);
}
