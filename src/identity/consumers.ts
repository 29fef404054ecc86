import { Problem } from '../problem/problem.ts';
import type { Actor } from '../rollout/event.ts';
import { capabilitiesOf, type RouterName } from '../split/capabilities.ts';
import type { ConsumerRule } from '../split/order.ts';
import type { ListedConsumer, Store } from '../store/store.ts';

/** What a route declares about its consumers. */
interface ConsumerRoute {
  readonly router: RouterName;
  /** Where a request says whose it is; absent if the route does not say. */
  readonly consumerKey?: object | undefined;
}

/** What a consumer is known by. */
type Mark = { readonly key: string } | { readonly clientId: string };

export interface ConsumerPorts {
  readonly store: Pick<Store, 'consumers' | 'now'>;
  /** Throws Problem('not-found') on a route that is not declared. */
  readonly route: (name: string) => ConsumerRoute;
  /** What the requests of a route have of their consumer. */
  readonly knownBy: (route: string) => 'key' | 'client-id';
  /** The keyed hash under which a consumer is stored, hex. */
  readonly hash: (route: string, mark: Mark) => string;
  /** Puts the stored list of a route into force. */
  readonly follow: (route: string) => Promise<void>;
}

interface Listing {
  readonly route: string;
  readonly name: string;
  /** The credential, or the client id; omit both to change only the rule of a listed consumer. */
  readonly key?: string;
  readonly clientId?: string;
  readonly rule: ConsumerRule;
}

/** The consumer list of every route: stored and audited first, then in force without a restart. */
export function consumerControl({ store, route: routeOf, knownBy, hash, follow }: ConsumerPorts) {
  const find = async (route: string, name: string): Promise<ListedConsumer | undefined> => {
    routeOf(route);
    return (await store.consumers.list(route)).find((consumer) => consumer.name === name);
  };
  /** A consumer is identified by its credential, so the route must say where to find it. */
  const requireKey = (route: string): void => {
    const declared = routeOf(route);
    if (!capabilitiesOf(declared).gatewayCarries) {
      throw new Problem(
        'refused',
        `the traffic of route ${route} does not pass through this gateway: it has router: ${declared.router}`,
      );
    }
    if (declared.consumerKey) return;
    throw new Problem(
      'refused',
      `route ${route} does not say where a consumer's key is, so no request can be matched to a consumer: declare ` +
        'consumerKey: { header: x-api-key } or { query: NAME } in serin.yaml, and restart',
    );
  };
  /** A key on a route that knows client ids, or the other way round, would be listed and never found. */
  const requireMark = (route: string, mark: Mark): void => {
    const given = 'key' in mark ? 'key' : 'clientId';
    const by = knownBy(route);
    if (by === (given === 'key' ? 'key' : 'client-id')) return;
    const message =
      by === 'key'
        ? `route ${route} knows its consumers by their keys, and a client id is no secret: give the key (--key-env)`
        : `route ${route} knows its consumers by their client ids: give the id instead of a key (--client-id)`;
    throw new Problem('invalid-input', message, { issues: [{ path: given, message }] });
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
    async list(route: string) {
      await find(route, '');
      return (await store.consumers.list(route)).map(viewOf);
    },
    async put({ route, name, key, clientId, rule }: Listing, by: Actor, reason: string) {
      const before = await find(route, name);
      requireKey(route);
      const mark = key === undefined ? (clientId === undefined ? null : { clientId }) : { key };
      if (mark === null && !before) {
        const [path, what] = knownBy(route) === 'key' ? ['key', 'key'] : ['clientId', 'client id'];
        throw new Problem('invalid-input', `consumer ${name} is not listed yet: its ${what} is needed`, {
          issues: [{ path, message: 'is needed for a consumer that is not listed yet' }],
        });
      }
      if (mark !== null) requireMark(route, mark);
      const keyHash = mark === null ? (before?.keyHash ?? '') : hash(route, mark);
      const change = { kind: 'consumerListed', before: before ? { rule: before.rule } : null, after: { rule } };
      await store.consumers.put({ route, name, keyHash, rule }, await audited(by, route, reason, change, name));
      await follow(route);
      const stored = await find(route, name);
      if (!stored) throw new Problem('conflict', `consumer ${name} was removed meanwhile`);
      return viewOf(stored);
    },
    async remove(route: string, name: string, by: Actor, reason: string) {
      const before = await find(route, name);
      const change = { kind: 'consumerRemoved', before: before ? { rule: before.rule } : null, after: null };
      const removed = await store.consumers.remove(route, name, await audited(by, route, reason, change, name));
      if (!removed) throw new Problem('not-found', `route ${route} lists no consumer ${name}`);
      await follow(route);
    },
  };
}

function viewOf({ route, name, rule, changedAt }: ListedConsumer) {
  return { route, name, rule, changedAt: new Date(changedAt).toISOString() };
}
