import type { Health, HealthOf } from '../api/control.ts';
import { soon } from '../controller/patience.ts';
import type { Controller } from '../controller/schedule.ts';
import type { SplitPort } from '../gateway/gateway.ts';
import type { Store } from '../store/store.ts';

/** `starting` until the gateway listens, `leaving` from the first signal on. */
export type Phase = 'starting' | 'serving' | 'leaving';

export interface HealthParts {
  readonly store: Pick<Store, 'now'>;
  readonly controller: Pick<Controller, 'troubles'>;
  readonly gateway: Pick<SplitPort, 'appliedSplit'>;
  /** Names of the routes that the gateway carries. */
  readonly routes: readonly string[];
  /** What the process may be short of; null where it is not used. */
  readonly shortages: readonly ({ trouble(): string | null } | null)[];
  readonly phase: () => Phase;
}

/**
 * Two answers, because they take away two different things. The gateway is ready while it can serve, which takes no
 * database; the control plane while it can decide and record, which does. Both are degraded (ready, with problems) while
 * something else is wrong.
 */
export function health(parts: HealthParts): (of: HealthOf) => Promise<Health> {
  return async (of) => {
    const phase = parts.phase();
    if (phase === 'leaving') return { ready: false, problems: ['this Serin is shutting down'] };
    if (phase === 'starting') return { ready: false, problems: ['this Serin is starting'] };
    return of === 'gateway' ? gatewayHealth(parts) : controlHealth(parts);
  };
}

function gatewayHealth({ gateway, routes }: HealthParts): Health {
  const without = routes.filter((route) => gateway.appliedSplit(route) === null);
  return {
    ready: without.length === 0,
    problems: without.map((route) => `the split of route ${route} has not been applied yet`),
  };
}

async function controlHealth({ store, controller, shortages }: HealthParts): Promise<Health> {
  const problems = [...controller.troubles(), ...shortages.flatMap((shortage) => shortage?.trouble() ?? [])];
  try {
    await soon(store.now());
    return { ready: true, problems };
  } catch {
    return { ready: false, problems: ['the database does not answer', ...problems] };
  }
}
