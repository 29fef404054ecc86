import { canonicalJson } from '../../src/policy/digest.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { AuditDraft, AuditEntry, RolloutRecord } from '../../src/rollout/record.ts';
import { isEnded } from '../../src/rollout/state.ts';
import type { ListChange, ListedConsumer, Store } from '../../src/store/store.ts';
import { T0 } from './rollouts.ts';

/** What of a store restores depend on, in memory: it refuses what the real ones refuse, and keeps what they keep. */
export function memoryStore(): Store {
  const records = new Map<string, RolloutRecord>();
  const audit: AuditEntry[] = [];
  let consumers: readonly ListedConsumer[] = [];

  const append = (drafts: readonly AuditDraft[]) => {
    for (const draft of drafts) {
      // As the database gives them back.
      const entry = { ...(JSON.parse(JSON.stringify(draft)) as AuditDraft), seq: audit.length + 1, hash: '' };
      audit.push(entry);
    }
  };
  const listOf = (route: string) => consumers.filter((one) => one.route === route);
  const replaced = ({ route, expected, put, removed }: ListChange) => {
    const contents = [listOf(route), expected].map((list) =>
      canonicalJson(list.map((one) => ({ ...one, changedAt: 0 }))),
    );
    if (contents[0] !== contents[1]) throw new Problem('stale', 'the consumers were changed meanwhile');
    const gone = new Set([...removed, ...put.map(({ name }) => name)]);
    const kept = consumers.filter((one) => one.route !== route || !gone.has(one.name));
    const all = [...kept, ...put.map((one) => ({ ...one, route, changedAt: T0 }))];
    const keys = all.map((one) => `${one.route}/${one.keyHash}`);
    if (new Set(keys).size < keys.length) throw new Problem('conflict', 'two consumers share a credential');
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  };
  const store: Pick<Store, 'rollouts' | 'consumers' | 'audit' | 'stables' | 'outbox' | 'lease' | 'now'> = {
    rollouts: {
      async commit(change) {
        const { rollout, evidence, expectedVersion } = change;
        if ((records.get(rollout.id)?.rollout.version ?? null) !== expectedVersion) {
          throw new Problem('stale', 'the rollout has moved on');
        }
        const list = change.consumers ? replaced(change.consumers.change) : consumers;
        records.set(rollout.id, { rollout, evidence });
        consumers = list;
        append([...change.audit, ...(change.consumers?.audit ? [change.consumers.audit] : [])]);
      },
      find: async (id) => records.get(id) ?? null,
      list: async ({ route, active, limit }) =>
        [...records.values()]
          .toReversed()
          .filter(({ rollout }) => rollout.route === route && (active === undefined || active !== isEnded(rollout)))
          .slice(0, limit),
      lastEnded: async () => [],
      unreadable: async () => [],
    },
    consumers: {
      list: async (route) => (route === null ? consumers : listOf(route)),
      async change(change, draft) {
        consumers = replaced(change);
        append([draft]);
      },
    },
    audit: {
      append: async (drafts) => append(drafts),
      list: async ({ rolloutId, route, limit, beforeSeq = Number.POSITIVE_INFINITY }) =>
        audit
          .filter((one) => one.seq < beforeSeq && (rolloutId === undefined || one.rolloutId === rolloutId))
          .filter((one) => route === undefined || one.route === route)
          .toReversed()
          .slice(0, limit),
      after: async (seq, limit) => audit.slice(seq, seq + limit),
      verify: async () => ({ entries: audit.length, brokenAt: null }),
      tally: async () => ({ seq: audit.length, moves: [] }),
    },
    outbox: {
      ofRollout: async () => [],
      due: async () => [],
      settle: async () => {},
      counts: async () => ({ waiting: 0, delivered: 0, rejected: 0, oldestWaitingAt: null }),
      channels: async () => [],
    },
    stables: { list: async () => [], declare: async () => {} },
    lease: { hold: async () => ({ epoch: 1 }), release: async () => {} },
    now: async () => T0,
  };
  return store as Store;
}
