import type { ListCommand } from '../../src/consumers/list-command.ts';
import { servedRoute } from '../../src/controller/readers/served-route.ts';
import { createRestore } from '../../src/controller/restore/restore.ts';
import { consumerControl } from '../../src/identity/consumers.ts';
import type { Protectable } from '../../src/policy/schema.ts';
import type { OverrideEvent } from '../../src/rollout/event.ts';
import type { AuditEntry } from '../../src/rollout/record.ts';
import type { Store } from '../../src/store/store.ts';
import { controllerStage, OPERATOR } from './controller-stage.ts';
import { policyOf } from './rollouts.ts';

const POLICIES = { 'two-steps': policyOf({ internal: { requests: 0, gates: [] } }) };

/** A route with a rollout in its first step, and everything that people change on it by the real doors. */
export async function restoreStage(store: Store, before: readonly ListCommand[] = []) {
  const stage = controllerStage(store, { policies: { ...POLICIES } });
  const { route, ports, commands } = stage;
  const followed: string[] = [];
  const follow = async (name: string) => void followed.push(name);
  const controls = { knows: true };
  const restores = createRestore({
    controller: ports,
    audit: store.audit,
    knowsConsumers: () => controls.knows,
    follow,
  });
  const consumers = consumerControl({
    store: { ...store, now: async () => stage.world.now },
    route: () => ({ router: 'gateway', consumerKey: {} }),
    knownBy: () => 'key',
    hash: (_, mark) => ('key' in mark ? mark.key : ''),
    served: (name) => servedRoute(ports, name),
    follow,
  });
  for (const command of before) await consumers.change(route, command, OPERATOR, 'because');
  const started = await commands.start(
    { route, canaryUrl: 'http://127.0.0.1:9002', version: 'v2', reason: 'ready', replace: false, force: false },
    OPERATOR,
  );
  const { id } = started.record.rollout;
  const override = (event: OverrideEvent) => commands.override(id, event, OPERATOR, 'because', null);
  await override({ kind: 'advanced', to: 'step-1' });

  return {
    ...stage,
    id,
    restores,
    consumers,
    controls,
    followed,
    override,
    change: (command: ListCommand) => consumers.change(route, command, OPERATOR, 'because'),
    /** Edits the policy and takes it. */
    async rebase(dwell: string) {
      stage.world.policies['two-steps'] = policyOf({
        internal: { requests: 0, gates: [] },
        steps: [
          { weight: '20%', dwell: '1m' },
          { weight: '50%', dwell },
        ],
      });
      await commands.rebase(id, OPERATOR, 'because', null);
    },
    /** Edits the policy so that it protects these, and takes it. */
    async protect(...verbs: Protectable[]) {
      stage.world.policies['two-steps'] = policyOf({ internal: { requests: 0, gates: [] }, protect: { verbs } });
      await commands.rebase(id, OPERATOR, 'because', null);
    },
    restore: (to: number, expectedTag: string | null = null) =>
      restores.restore({ route, to, reason: 'put it back', expectedTag, permit: () => {} }, OPERATOR),
    /** The newest entry of the route. */
    async last(): Promise<AuditEntry> {
      const [entry] = await store.audit.list({ route, limit: 1 });
      if (!entry) throw new Error('the route has no entry');
      return entry;
    },
    /** Everything that a restore covers. */
    async configuration() {
      const record = await store.rollouts.find(id);
      if (!record) throw new Error('there is no rollout');
      const { canaryBps, paused, skippedChecks, extraDwellMs, policyDigest, policy } = record.rollout;
      const list = await store.consumers.list(route);
      return {
        canaryBps,
        isPaused: paused !== null,
        skippedChecks,
        extraDwellMs,
        policyDigest,
        policy,
        list: list.map(({ changedAt: _changedAt, ...consumer }) => consumer),
      };
    },
  };
}
