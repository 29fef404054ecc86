import type { Health, HealthOf } from './control.ts';

/** `starting` until the gateway listens, `leaving` from the first signal on. */
export type Phase = 'starting' | 'serving' | 'leaving';

export interface HealthParts {
  readonly phase: () => Phase;
  /** Rejects when the database does not answer soon. */
  readonly askDatabase: () => Promise<unknown>;
  /** The controller's problems, and the resources that the process lacks: one sentence each. */
  readonly troubles: () => readonly string[];
  /** Names of the routes that the gateway carries but has no split for yet. */
  readonly withoutSplit: () => Promise<readonly string[]>;
}

/**
 * Two answers, because they remove two different things from service. The gateway is ready while it can serve, which needs
 * no database; the control plane while it can decide and record, which does. Both are degraded (ready, with problems) while
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

async function gatewayHealth({ withoutSplit }: HealthParts): Promise<Health> {
  const without = await withoutSplit();
  return {
    ready: without.length === 0,
    problems: without.map((route) => `the split of route ${route} has not been applied yet`),
  };
}

async function controlHealth({ askDatabase, troubles }: HealthParts): Promise<Health> {
  const problems = troubles();
  try {
    await askDatabase();
    return { ready: true, problems };
  } catch {
    return { ready: false, problems: ['the database does not answer', ...problems] };
  }
}
