import { Counter, Gauge, type Registry } from 'prom-client';
import type { Memory } from '../controller/memory.ts';
import type { Controller } from '../controller/schedule.ts';

export interface ControllerFigures {
  readonly controller: Pick<Controller, 'leads' | 'tickAgoMs'>;
  readonly memory: Pick<Memory, 'looks' | 'brakes' | 'unrecorded'>;
}

/** Whether anything is decided, and how old that is. Ages are measured by a monotonic clock; no database is asked. */
export function controllerMetrics(registry: Registry, { controller, memory }: ControllerFigures): void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  gauge('serin_controller_leading', '1 while the controller of this process holds the lease and ticks').set(
    controller.leads() ? 1 : 0,
  );
  gauge('serin_controller_last_tick_age_seconds', 'Since the last tick ended, successfully or not').set(
    controller.tickAgoMs() / 1_000,
  );
  const age = gauge('serin_rollout_last_look_age_seconds', 'Since the last look at a running rollout was committed', [
    'http_route',
  ]);
  const unrecorded = gauge(
    'serin_rollout_unrecorded',
    '1 while the gateway has sent a running rollout back to the stable and the database has not recorded it yet',
    ['http_route'],
  );
  const failures = new Counter({
    name: 'serin_rollout_look_failures_total',
    help: 'Looks at running rollouts that failed, or could not be committed, since the process began',
    labelNames: ['http_route'],
    registers: [registry],
  });
  for (const { id, route, agoMs, failures: failed } of memory.looks.figures()) {
    age.set({ http_route: route }, agoMs / 1_000);
    failures.inc({ http_route: route }, failed);
    unrecorded.set({ http_route: route }, memory.unrecorded.has(id) || memory.brakes.has(route) ? 1 : 0);
  }
}
