import type { Health } from '../api/control.ts';
import type { Controller } from '../controller/schedule.ts';
import type { Store } from '../store/store.ts';

export interface HealthParts {
  readonly store: Pick<Store, 'now'>;
  readonly controller: Pick<Controller, 'trouble'>;
  readonly isLeaving: () => boolean;
}

/**
 * Ready while the database answers and nobody has asked the process to end; degraded (ready, with problems) while the
 * controller cannot tick.
 */
export function health({ store, controller, isLeaving }: HealthParts): () => Promise<Health> {
  return async () => {
    if (isLeaving()) return { ready: false, problems: ['this Serin is shutting down'] };
    const trouble = controller.trouble();
    const problems = trouble === null ? [] : [trouble];
    try {
      await store.now();
      return { ready: true, problems };
    } catch {
      return { ready: false, problems: ['the database does not answer', ...problems] };
    }
  };
}
