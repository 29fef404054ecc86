import { auditOfChange } from '../consumers/audited-change.ts';
import { type ConsumerChange, changeList, isEffective } from '../consumers/change-list.ts';
import { type Consumer, isOverdue } from '../consumers/consumer.ts';
import { changedList, listPart } from '../consumers/list-before.ts';
import type { ListCommand } from '../consumers/list-command.ts';
import { type ServedRoute, versionNow, versionOnceRulesCount } from '../consumers/ruled-versions.ts';
import { tellChange } from '../consumers/told-change.ts';
import { digestOf } from '../policy/digest.ts';
import { Problem } from '../problem/problem.ts';
import type { Actor } from '../rollout/event.ts';
import { reasonInWords } from '../rollout/words/quote.ts';
import { capabilitiesOf, type RouterName } from '../split/capabilities.ts';
import type { ListedConsumer, Store } from '../store/store.ts';

const TRIES = 5;

/** What a consumer is known by. */
type Mark = { readonly key: string } | { readonly sha256: string } | { readonly clientId: string };

/** What a route declares about its consumers. */
interface ConsumerRoute {
  readonly router: RouterName;
  /** Where a request says whose it is; absent if the route does not say. */
  readonly consumerKey?: object | undefined;
}

export interface ConsumerPorts {
  readonly store: Pick<Store, 'consumers' | 'audit' | 'now'>;
  /** Throws Problem('not-found') on a route that is not declared. */
  readonly route: (name: string) => ConsumerRoute;
  /** What the requests of a route have of their consumer. */
  readonly knownBy: (route: string) => 'key' | 'client-id';
  /** The keyed hash under which a consumer is stored, hex. */
  readonly hash: (route: string, mark: Mark) => string;
  /** What is served there now. */
  readonly served: (route: string) => Promise<ServedRoute>;
  /** Puts the stored list of a route into force. */
  readonly follow: (route: string) => Promise<void>;
}

/** The consumer list of every route: stored and audited first, then in force without a restart. */
export function consumerControl(ports: ConsumerPorts) {
  const { store } = ports;

  /** The list as it is, what a command makes of it, and whether that may be done. */
  const look = async (route: string, command: ListCommand, expectedTag: string | null) => {
    ports.route(route);
    const list = await store.consumers.list(route);
    if (expectedTag !== null && tagOf(list) !== expectedTag) throw await staleList(ports, route);
    if (command.kind !== 'remove') requireKey(ports, route);
    if (command.kind === 'put') requireListed(ports, route, list, command.consumer);
    return { list, meant: changeList(route, list.map(consumerOf), command) };
  };
  const viewsOf = async (route: string, list: readonly ListedConsumer[]) => {
    const [served, at] = [await ports.served(route), await store.now()];
    return list.map((consumer) => viewOf(served, at, consumer));
  };

  return {
    /** The hash under which a consumer is stored. */
    hash(route: string, mark: Mark): string {
      ports.route(route);
      requireKey(ports, route);
      requireMark(ports, route, mark);
      return ports.hash(route, mark);
    },

    async list(route: string) {
      ports.route(route);
      const list = await store.consumers.list(route);
      return { tag: tagOf(list), consumers: await viewsOf(route, list) };
    },

    /** What a command would do; writes nothing. */
    async preview(route: string, command: ListCommand, expectedTag: string | null = null) {
      const { list, meant } = await look(route, command, expectedTag);
      return { tag: tagOf(list), ...tellChange(route, await ports.served(route), meant) };
    },

    /**
     * One entry of the audit, or none where nothing changes. Throws Problem('stale') where the list is not the one with the tag; without
     * one it is computed again from what somebody else has made of the list meanwhile.
     */
    async change(route: string, command: ListCommand, by: Actor, reason: string, expectedTag: string | null = null) {
      for (let attempt = 1; ; attempt += 1) {
        const { list, meant } = await look(route, command, expectedTag);
        const told = tellChange(route, await ports.served(route), meant);
        const changes = meant.filter(isEffective);
        try {
          if (changes.length > 0) await commit(ports, { route, list, changes, command, by, reason });
        } catch (error) {
          if (!(error instanceof Problem) || error.code !== 'stale') throw error;
          if (expectedTag !== null || attempt === TRIES) throw await staleList(ports, route);
          continue;
        }
        await ports.follow(route);
        return { tag: tagOf(await store.consumers.list(route)), ...told };
      }
    },
  };
}

interface Commit {
  readonly route: string;
  readonly list: readonly ListedConsumer[];
  readonly changes: readonly ConsumerChange[];
  readonly command: ListCommand;
  readonly by: Actor;
  readonly reason: string;
}

async function commit({ store }: ConsumerPorts, { route, list, changes, command, by, reason }: Commit): Promise<void> {
  const draft = auditOfChange({ route, command, changes, by, reason, at: await store.now() });
  await store.consumers.change(
    {
      route,
      expected: list,
      put: changes.flatMap(({ after }) => after ?? []),
      removed: changes.flatMap(({ name, after }) => (after === null ? [name] : [])),
    },
    draft,
  );
}

/** Identifies the content of a list. It does not tell what is in it: the hashes of credentials are keyed. */
function tagOf(list: readonly ListedConsumer[]): string {
  return digestOf(list.map(consumerOf)).slice(0, 32);
}

function consumerOf({ route: _route, changedAt: _changedAt, ...consumer }: ListedConsumer): Consumer {
  return consumer;
}

const MOST_READ = 20;

/** Says what was done to the list last. */
async function staleList({ store }: ConsumerPorts, route: string): Promise<Problem> {
  const entries = await store.audit.list({ route, limit: MOST_READ });
  const last = entries.find(changedList);
  const sides = last === undefined ? [] : [last.before, last.after].map((side) => listPart(last, side));
  const names = [...new Set(sides.flatMap((side) => Object.keys(side ?? {})))];
  const who = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  const what =
    last === undefined
      ? ''
      : `: ${last.actor.name} changed ${who} last (audit ${last.seq}: ${reasonInWords(last.reason, last.actor)})`;
  return new Problem('stale', `the consumers of route ${route} have changed since you looked${what}; look again`);
}

/** A consumer is identified by its credential, so the route must say where to find it. */
function requireKey(ports: ConsumerPorts, route: string): void {
  const declared = ports.route(route);
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
      'consumerKey: { header: x-api-key } or { query: NAME } in serin.yaml; it counts as soon as the file is read again',
  );
}

/** A key on a route that knows client ids, or the other way round, would be listed and never found. */
function requireMark({ knownBy }: ConsumerPorts, route: string, mark: Mark): void {
  const given = 'clientId' in mark ? 'clientId' : 'key' in mark ? 'key' : 'keySha256';
  const by = knownBy(route);
  if ((by === 'client-id') === (given === 'clientId')) return;
  const message =
    by === 'key'
      ? `route ${route} knows its consumers by their keys, and a client id is no secret: give the key (--key-env)`
      : `route ${route} knows its consumers by their client ids: give the id instead of a key (--client-id)`;
  throw new Problem('invalid-input', message, { issues: [{ path: given, message }] });
}

function requireListed(
  { knownBy }: ConsumerPorts,
  route: string,
  list: readonly ListedConsumer[],
  { name, keyHash }: Pick<Consumer, 'name'> & Partial<Consumer>,
): void {
  if (keyHash !== undefined || list.some((one) => one.name === name)) return;
  const [path, what] = knownBy(route) === 'key' ? ['key', 'key'] : ['clientId', 'client id'];
  throw new Problem('invalid-input', `consumer ${name} is not listed yet: its ${what} is needed`, {
    issues: [{ path, message: 'is needed for a consumer that is not listed yet' }],
  });
}

function viewOf(served: ServedRoute, at: number, consumer: ListedConsumer) {
  const { route, name, rule, group, wave, due, contact, changedAt } = consumer;
  return {
    route,
    name,
    rule,
    group,
    wave,
    due,
    isOverdue: isOverdue(consumer, at),
    contact,
    now: versionNow(served, rule),
    onceRulesCount: versionOnceRulesCount(served, rule),
    changedAt: new Date(changedAt).toISOString(),
  };
}
