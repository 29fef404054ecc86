import { Counter, Gauge, type Registry } from 'prom-client';

/** What this process's controller knows about itself right now. */
export interface ControllerFigures {
  readonly leads: boolean;
  readonly tickAgoMs: number;
  /** For each running rollout. */
  readonly rollouts: readonly {
    readonly route: string;
    /** Since the last committed look. */
    readonly agoMs: number;
    /** Failed looks since the process began. */
    readonly failures: number;
    /** The gateway sent it back to the stable, or harm holds it, and the database has not recorded that yet. */
    readonly isUnrecorded: boolean;
  }[];
}

/** Whether decisions are made, and how old the last one is. Ages use a monotonic clock; the database is not asked. */
export function controllerMetrics(registry: Registry, { leads, tickAgoMs, rollouts }: ControllerFigures): void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  gauge('serin_controller_leading', '1 while the controller of this process holds the lease and ticks').set(
    leads ? 1 : 0,
  );
  gauge('serin_controller_last_tick_age_seconds', 'Since the last tick ended, successfully or not').set(
    tickAgoMs / 1_000,
  );
  const age = gauge('serin_rollout_last_look_age_seconds', 'Since the last look at a running rollout was committed', [
    'http_route',
  ]);
  const unrecorded = gauge(
    'serin_rollout_unrecorded',
    '1 while the gateway has sent a running rollout back to the stable, or Serin holds it for harm, and the database has not recorded it yet',
    ['http_route'],
  );
  const failures = new Counter({
    name: 'serin_rollout_look_failures_total',
    help: 'Looks at running rollouts that failed, or could not be committed, since the process began',
    labelNames: ['http_route'],
    registers: [registry],
  });
  for (const { route, agoMs, failures: failed, isUnrecorded } of rollouts) {
    age.set({ http_route: route }, agoMs / 1_000);
    failures.inc({ http_route: route }, failed);
    unrecorded.set({ http_route: route }, isUnrecorded ? 1 : 0);
  }
}
