import { Counter, Gauge, Registry } from 'prom-client';
import type { MeasurePort } from '../gateway/gateway.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { type StageKind, stageName } from '../rollout/state.ts';
import type { Store } from '../store/store.ts';

const STATUS: Readonly<Record<StageKind, number>> = {
  preflight: 0,
  internal: 1,
  step: 2,
  bake: 3,
  promoted: 4,
  finalised: 5,
  'rolled-back': -1,
  aborted: -2,
  superseded: -3,
};

const LATEST = 200;

/** The Prometheus text of this process: read from its tallies and its store at each scrape, nothing kept twice. */
export function exposition(
  gateway: Pick<MeasurePort, 'totals'>,
  store: Pick<Store, 'rollouts' | 'outbox'>,
): () => Promise<string> {
  return async () => {
    const registry = new Registry();
    traffic(registry, gateway);
    rollouts(registry, await store.rollouts.list({ limit: LATEST }));
    const { waiting, delivered, rejected } = await store.outbox.counts();
    const notifications = new Gauge({
      name: 'serin_notifications',
      help: 'Messages in the outbox by outcome',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const [outcome, count] of Object.entries({ waiting, delivered, rejected }))
      notifications.set({ outcome }, count);
    return registry.metrics();
  };
}

function traffic(registry: Registry, gateway: Pick<MeasurePort, 'totals'>): void {
  const requests = new Counter({
    name: 'serin_gateway_requests_total',
    help: 'Proxied requests by route, version and outcome',
    labelNames: ['http_route', 'serin_track', 'serin_version', 'outcome'],
    registers: [registry],
  });
  for (const { route, track, version, outcomes } of gateway.totals()) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      requests.inc({ http_route: route, serin_track: track, serin_version: version, outcome }, count);
    }
  }
}

function rollouts(registry: Registry, records: readonly RolloutRecord[]): void {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const info = gauge('serin_rollout_info', 'The latest rollout of a route', [
    'http_route',
    'rollout',
    'serin_version',
    'stage',
    'policy',
  ]);
  const status = gauge(
    'serin_rollout_status',
    '0 preflight, 1 internal, 2 step, 3 bake, 4 promoted, 5 finalised, -1 rolled back, -2 aborted, -3 superseded',
    ['http_route'],
  );
  const weight = gauge('serin_rollout_weight', 'Share of the canary, 0 to 1', ['http_route']);
  const evidence = gauge('serin_check_evidence', 'Log e-value of a check against its threshold', [
    'http_route',
    'check',
    'side',
  ]);
  const seen = new Set<string>();
  for (const {
    rollout,
    evidence: { verdict },
  } of records) {
    const { route } = rollout;
    if (seen.has(route)) continue;
    seen.add(route);
    const stage = stageName(rollout.stage);
    info.set(
      {
        http_route: route,
        rollout: rollout.id,
        serin_version: rollout.canary.version,
        stage,
        policy: rollout.policy.metadata.name,
      },
      1,
    );
    status.set({ http_route: route }, STATUS[rollout.stage.kind]);
    weight.set({ http_route: route }, rollout.canaryBps / 10_000);
    for (const finding of verdict?.findings ?? []) {
      evidence.set({ http_route: route, check: finding.check, side: 'harm' }, finding.logHarm);
      if (finding.logParity !== null)
        evidence.set({ http_route: route, check: finding.check, side: 'parity' }, finding.logParity);
    }
  }
}
