import type { ConsumerControl, ConsumerView } from '../api/control.ts';
import type { ConfiguredRoute } from '../config/config.ts';
import { noSuchRoute } from '../controller/start.ts';
import type { SplitPort } from '../gateway/gateway.ts';
import { Problem } from '../problem/problem.ts';
import type { Actor } from '../rollout/event.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { ConsumerRule } from '../split/order.ts';
import type { ListedConsumer, Store } from '../store/store.ts';

type Hash = (route: string, credential: string) => string;

/** Puts the stored list of a route into force in this process's gateway. */
export async function followConsumers(
  store: Pick<Store, 'consumers'>,
  gateway: Pick<SplitPort, 'setConsumers'>,
  route: string,
) {
  const listed = await store.consumers.list(route);
  const rules = new Map<string, ConsumerRule>(listed.map(({ keyHash, rule }) => [keyHash, rule]));
  const names = new Map(listed.map(({ keyHash, name }) => [keyHash, name]));
  gateway.setConsumers(route, rules, names);
}

/** The consumer list of every route: stored and audited first, then in force without a restart. */
export function consumerControl(
  store: Pick<Store, 'consumers' | 'now'>,
  gateway: Pick<SplitPort, 'setConsumers'>,
  routes: readonly Pick<ConfiguredRoute, 'name' | 'router' | 'consumerKey'>[],
  hash: Hash,
): ConsumerControl {
  const find = async (route: string, name: string): Promise<ListedConsumer | undefined> => {
    if (!routes.some(({ name: declared }) => declared === route)) {
      throw noSuchRoute(
        route,
        routes.map(({ name: declared }) => declared),
      );
    }
    return (await store.consumers.list(route)).find((consumer) => consumer.name === name);
  };
  /** A consumer is known by its credential, which the route has to say where to find. */
  const requireKey = (route: string): void => {
    const declared = routes.find(({ name }) => name === route);
    if (declared && !capabilitiesOf(declared).gatewayCarries) {
      throw new Problem(
        'refused',
        `the traffic of route ${route} does not pass through this gateway: it has router: ${declared.router}`,
      );
    }
    if (declared?.consumerKey) return;
    throw new Problem(
      'refused',
      `route ${route} does not say where a consumer's key is, so no request can be matched to a consumer: declare ` +
        'consumerKey: { header: x-api-key } or { query: NAME } in serin.yaml, and restart',
    );
  };
  const audited = async (
    by: Actor,
    route: string,
    reason: string,
    change: { kind: string; before: unknown; after: unknown },
    name: string,
  ) => ({
    at: await store.now(),
    actor: by,
    route,
    rolloutId: null,
    event: { kind: change.kind, consumer: name },
    reason,
    before: change.before,
    after: change.after,
  });

  return {
    async list(route) {
      await find(route, '');
      return (await store.consumers.list(route)).map(viewOf);
    },
    async put({ route, name, key, rule }, by, reason) {
      const before = await find(route, name);
      requireKey(route);
      if (key === undefined && !before) {
        throw new Problem('invalid-input', `consumer ${name} is not listed yet: its key is needed`, {
          issues: [{ path: 'key', message: 'is needed for a consumer that is not listed yet' }],
        });
      }
      const keyHash = key === undefined ? (before?.keyHash ?? '') : hash(route, key);
      const change = { kind: 'consumerListed', before: before ? { rule: before.rule } : null, after: { rule } };
      await store.consumers.put({ route, name, keyHash, rule }, await audited(by, route, reason, change, name));
      await followConsumers(store, gateway, route);
      const stored = await find(route, name);
      if (!stored) throw new Problem('conflict', `consumer ${name} was removed meanwhile`);
      return viewOf(stored);
    },
    async remove(route, name, by, reason) {
      const before = await find(route, name);
      const change = { kind: 'consumerRemoved', before: before ? { rule: before.rule } : null, after: null };
      const removed = await store.consumers.remove(route, name, await audited(by, route, reason, change, name));
      if (!removed) throw new Problem('not-found', `route ${route} lists no consumer ${name}`);
      await followConsumers(store, gateway, route);
    },
  };
}

function viewOf({ route, name, rule, changedAt }: ListedConsumer): ConsumerView {
  return { route, name, rule, changedAt: new Date(changedAt).toISOString() };
}
