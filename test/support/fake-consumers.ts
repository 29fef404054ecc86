import { consumerReporter } from '../../src/identity/consumer-report.ts';
import { consumerControl } from '../../src/identity/consumers.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { AuditDraft, AuditEntry } from '../../src/rollout/record.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import type { ListedConsumer } from '../../src/store/store.ts';

/** What the list of consumers needs of the world around it. */
export interface FakeWorld {
  /** A new time, or the failure of everything. */
  readonly tick: () => number;
  readonly write: (draft: AuditDraft) => void;
  readonly audit: readonly AuditEntry[];
  readonly knownBy: () => 'key' | 'client-id';
  readonly running: (route: string) => Rollout | null;
}

/** The real control of consumers over a list in memory; its hash of a credential shows the credential. */
export function fakeConsumers({ tick, write, audit, running, knownBy }: FakeWorld) {
  const none: readonly ListedConsumer[] = [];
  const lists = new Map<string, readonly ListedConsumer[]>();
  const listOf = (route: string) => lists.get(route) ?? none;
  const route = () => ({ router: 'gateway', consumerKey: {} }) as const;
  const served = async (name: string) => {
    const rollout = running(name);
    return { rollout, stable: rollout?.stable ?? { url: 'http://v1', version: 'v1' } };
  };
  const list = async (name: string | null) => (name === null ? [...lists.values()].flat() : listOf(name));
  const change = consumerControl({
    store: {
      consumers: {
        list,
        async change({ route, expected, put, removed }, draft) {
          const changedAt = tick();
          if (listOf(route) !== expected) throw new Problem('stale', 'changed meanwhile');
          const gone = new Set([...removed, ...put.map(({ name }) => name)]);
          const kept = listOf(route).filter(({ name }) => !gone.has(name));
          const after = [...kept, ...put.map((consumer) => ({ ...consumer, route, changedAt }))];
          lists.set(
            route,
            after.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          );
          write(draft);
        },
      },
      audit: {
        append: async () => {},
        list: async ({ route }) => audit.filter((entry) => entry.route === route).toReversed(),
        after: async () => [],
        verify: async () => ({ entries: 0, brokenAt: null }),
        tally: async () => ({ seq: 0, moves: [] }),
      },
      now: async () => tick(),
    },
    route,
    knownBy,
    hash: (_, mark) => ('key' in mark ? mark.key : 'sha256' in mark ? `sha256:${mark.sha256}` : mark.clientId),
    served,
    follow: async () => {},
  });
  const report = consumerReporter({
    store: {
      consumers: { list, change: async () => {} },
      consumerLedger: {
        add: async () => {},
        read: async () => ({ days: [], seen: [] }),
        shares: async () => ({ sums: [], unlisted: { credentials: 0, largest: [] } }),
        forget: async () => {},
      },
      rollouts: {
        commit: async () => {},
        find: async () => null,
        list: async () => [],
        lastEnded: async () => [],
        unreadable: async () => [],
      },
      now: async () => tick(),
    },
    route,
    served,
    settle: async () => {},
  });
  const control = { ...change, report };
  const keys = {
    get: (path: string) => {
      const [route = '', name] = path.split('/');
      return listOf(route).find((one) => one.name === name)?.keyHash;
    },
  };
  return { control, keys };
}
