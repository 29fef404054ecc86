import type { Health } from '../api/control.ts';
import type { Controller } from '../controller/schedule.ts';
import type { Store } from '../store/store.ts';

/** Ready while the database answers; degraded (ready, with problems) while the controller cannot tick. */
export function health(store: Pick<Store, 'now'>, controller: Pick<Controller, 'trouble'>): () => Promise<Health> {
  return async () => {
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
