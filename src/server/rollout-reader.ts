import type { RolloutReader } from '../api/control.ts';
import type { Memory } from '../controller/memory.ts';
import { orRemembered } from '../controller/patience.ts';
import { noSuchRoute } from '../controller/start.ts';
import { Problem } from '../problem/problem.ts';
import type { Store } from '../store/store.ts';

/**
 * Reads the store; the rollouts that run are answered from memory while it is away, as they were last known. A list of
 * everything there ever was is never made of them: it would pass for the whole.
 */
export function rolloutReader(
  store: Pick<Store, 'rollouts' | 'audit'>,
  { looks }: Pick<Memory, 'looks'>,
  declared: readonly string[],
): RolloutReader {
  return {
    find: (id) =>
      orRemembered(
        () => store.rollouts.find(id),
        () => looks.find(id),
      ),
    async list(filter) {
      const { route, active, limit } = filter;
      const read = async () => {
        if (route !== undefined) await refuseUnreadable(store, route);
        return store.rollouts.list(filter);
      };
      const known = () => {
        const running = looks.known().filter(({ rollout }) => route === undefined || rollout.route === route);
        return active === true && running.length > 0 ? running.toReversed().slice(0, limit) : null;
      };
      const found = await orRemembered(read, known);
      if (found.length === 0 && filter.beforeId === undefined) await refuseUnheardOf(store, route, declared);
      return found;
    },
    async audit(filter) {
      const found = await store.audit.list(filter);
      if (found.length > 0 || filter.beforeSeq !== undefined) return found;
      const { rolloutId } = filter;
      if (rolloutId !== undefined && !(await store.rollouts.find(rolloutId))) {
        throw new Problem('not-found', `there is no rollout ${rolloutId}`);
      }
      await refuseUnheardOf(store, filter.route, declared);
      return found;
    },
    verifyAudit: () => store.audit.verify(),
  };
}

/** An undeclared route without any record is a misspelt name; one that was declared once still has its history. */
async function refuseUnheardOf(
  store: Pick<Store, 'rollouts' | 'audit'>,
  route: string | undefined,
  declared: readonly string[],
): Promise<void> {
  if (route === undefined || declared.includes(route)) return;
  const [[rollout], [entry]] = await Promise.all([
    store.rollouts.list({ route, limit: 1 }),
    store.audit.list({ route, limit: 1 }),
  ]);
  if (!rollout && !entry) throw noSuchRoute(route, declared);
}

/** An older rollout must not be shown in place of one that cannot be read. */
async function refuseUnreadable(store: Pick<Store, 'rollouts'>, route: string): Promise<void> {
  const [damaged] = (await store.rollouts.unreadable()).filter((record) => record.route === route);
  if (damaged) throw new Problem('internal', damaged.reason);
}
