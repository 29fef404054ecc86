import type { RolloutReader } from '../api/control.ts';
import type { Memory } from '../controller/memory.ts';
import { orRemembered } from '../controller/patience.ts';
import { Problem } from '../problem/problem.ts';
import type { Store } from '../store/store.ts';

/**
 * Reads the store; the rollouts that run are answered from memory while it is away, as they were last known. A list of
 * everything there ever was is never made of them: it would pass for the whole.
 */
export function rolloutReader(
  store: Pick<Store, 'rollouts' | 'audit'>,
  { looks }: Pick<Memory, 'looks'>,
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
      return orRemembered(read, known);
    },
    audit: (filter) => store.audit.list(filter),
    verifyAudit: () => store.audit.verify(),
  };
}

/** Who asks for a route must not be shown an older rollout in place of one that cannot be read. */
async function refuseUnreadable(store: Pick<Store, 'rollouts'>, route: string): Promise<void> {
  const [damaged] = (await store.rollouts.unreadable()).filter((record) => record.route === route);
  if (damaged) throw new Problem('internal', damaged.reason);
}
