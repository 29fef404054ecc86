import { beforeEach, describe, expect, it } from 'vitest';
import { type ChangeReading, Feed } from '../../../src/controller/feed/feed.ts';
import { publishedStore, publishing } from '../../../src/controller/feed/published-store.ts';
import { Problem } from '../../../src/problem/problem.ts';
import type { AuditDraft, AuditEntry, RolloutRecord } from '../../../src/rollout/record.ts';
import { isEnded, type Rollout } from '../../../src/rollout/state.ts';
import type { RolloutChange, Store } from '../../../src/store/store.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { auditOf, evidenceOf } from '../../support/rollout-fixture.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

/** A database in memory, which several processes have; `lost` are the answers to commits that do not arrive. */
function database() {
  const records = new Map<string, RolloutRecord>();
  const entries: AuditEntry[] = [];
  const mood = { lost: 0, away: false, unreadable: '' };
  const append = (drafts: readonly AuditDraft[]) => {
    for (const draft of drafts) entries.push({ ...draft, seq: entries.length + 1, hash: 'f' });
  };
  const answered = async <T>(value: T): Promise<T> => {
    if (mood.away) throw new Problem('unavailable', 'The database cannot answer.');
    return value;
  };
  const store = {
    rollouts: {
      async commit({ rollout, evidence, audit, supersedes }: RolloutChange) {
        await answered(null);
        if (supersedes) records.set(supersedes.rollout.id, supersedes);
        records.set(rollout.id, { rollout, evidence });
        append([...(supersedes?.audit ?? []), ...audit]);
        mood.lost -= 1;
        if (mood.lost >= 0) throw new Problem('unavailable', 'The answer was lost.');
      },
      find: async (id: string) => {
        if (id === mood.unreadable) throw new Problem('internal', 'it is damaged');
        return answered(records.get(id) ?? null);
      },
      list: () => answered([...records.values()].filter(({ rollout }) => !isEnded(rollout))),
    },
    audit: {
      append: async (drafts: readonly AuditDraft[]) => append(drafts),
      list: ({ limit }: { limit: number }) => answered(entries.toReversed().slice(0, limit)),
      after: (seq: number, limit: number) => answered(entries.slice(seq, seq + limit)),
    },
    consumers: { change: async (_: unknown, draft: AuditDraft) => append([draft]) },
    tokens: {},
    stables: {},
    secretCheck: {},
  } as unknown as Store;
  return { store, mood, append };
}

let shared: ReturnType<typeof database>;
const said: unknown[] = [];

beforeEach(() => {
  shared = database();
  said.length = 0;
});

/** One Serin on the database. */
async function process(leads: boolean) {
  const parts = {
    boot: 'a',
    now: () => T0,
    leads: () => leads,
    everyMs: 1_000,
    log: (event: unknown) => said.push(event),
  };
  const { feed, follower, store } = publishing(shared.store, parts);
  await follower.begin();
  const reading = feed.open(null, { published: () => {}, ended: () => {} });
  reading.take(1);
  const settled = async () => {
    follower.read();
    await follower.stop();
    return taken(reading);
  };
  return { store, feed, follower, settled };
}

function taken(reading: ChangeReading): readonly [kind: string, data: Record<string, unknown>][] {
  return reading.take(1_000_000).map(({ kind, json }) => [kind, JSON.parse(json) as Record<string, unknown>]);
}

function changeOf(rollout: Rollout, lookedAt = rollout.startedAt, audit = [auditOf(rollout)]): RolloutChange {
  const evidence = evidenceOf(rollout, { lookedAt, verdict: verdictOf() });
  return { rollout, evidence, expectedVersion: rollout.version - 1, leaseEpoch: 1, audit, deliveries: [] };
}

const next = (rollout: Rollout, parts: Partial<Rollout> = {}): Rollout => ({
  ...rollout,
  version: rollout.version + 1,
  ...parts,
});
const step = rolloutIn('step-1');
const told = (version: number) => ({
  id: step.id,
  route: 'payments',
  version,
  stage: 'step-1',
  canaryBps: step.canaryBps,
});
const kinds = (events: readonly (readonly [string, unknown])[]) => events.map(([kind]) => kind);

describe('what is written through a published store', () => {
  it('is said with its look, its state and its entry, once', async () => {
    const { store, settled } = await process(true);
    await store.rollouts.commit(changeOf(step, T0 + 5_000));
    expect(await settled()).toEqual([
      [
        'look',
        {
          id: step.id,
          route: 'payments',
          at: '2026-01-01T00:00:05.000Z',
          verdict: { name: 'undecided', reason: verdictOf().reason },
          logEvidence: 0.4,
          logThreshold: Math.log(1_000),
        },
      ],
      ['rollout', told(step.version)],
      [
        'decision',
        {
          seq: 1,
          at: new Date(step.stageEnteredAt).toISOString(),
          event: 'preflightPassed',
          actor: { name: 'serin', role: 'serin', via: null, subject: null },
          reason: step.reason,
          route: 'payments',
          rolloutId: step.id,
        },
      ],
    ]);
    await store.rollouts.commit(changeOf(step, T0 + 10_000, []));
    expect(kinds(await settled())).toEqual(['look']);
    expect(await settled()).toEqual([]);
  });

  it('is no look where a person did it, who may also write an older one over a newer', async () => {
    const one = await process(true);
    const other = await process(false);
    const commit = (change: RolloutChange, leaseEpoch: number | null) =>
      one.store.rollouts.commit({ ...change, leaseEpoch });
    await commit(changeOf(step, T0 + 5_000), 1);
    await commit(changeOf(step, T0 + 10_000, []), 1);
    await one.settled();
    await other.settled();
    await commit(changeOf(next(step), T0 + 5_000), null);
    expect(kinds(await one.settled())).toEqual(['rollout', 'decision']);
    expect(kinds(await other.settled())).toEqual(['rollout', 'decision']);
    await commit(changeOf(next(next(step)), T0 + 11_000), null);
    expect(kinds(await one.settled())).toEqual(['rollout', 'decision']);
    await other.settled();
    // The database's clock was set back.
    await commit(changeOf(next(next(step)), T0 - 60_000, []), 1);
    expect(kinds(await one.settled())).toEqual(['look']);
    expect(kinds(await other.settled())).toEqual(['look']);
  });

  it('says no number that JSON does not have', async () => {
    const { store, settled } = await process(true);
    const verdict = verdictOf({ logEvidence: Number.NEGATIVE_INFINITY });
    const change = changeOf(step, T0 + 5_000, []);
    await store.rollouts.commit({ ...change, evidence: { ...change.evidence, verdict } });
    expect((await settled())[0]?.[1]).toMatchObject({ logEvidence: null, logThreshold: Math.log(1_000) });
  });

  it('says what else of a route it changes', async () => {
    const { store, settled } = await process(true);
    const listed = auditOf(step, {
      rolloutId: null,
      event: { kind: 'consumerListed', consumer: 'acme' },
      after: { rule: 'canary' },
    });
    const details = { group: null, wave: null, due: null, contact: null };
    const acme = { name: 'acme', keyHash: 'k3y', rule: 'canary', ...details } as const;
    await store.consumers.change({ route: 'payments', expected: [], put: [acme], removed: [] }, listed);
    const events = await settled();
    expect(kinds(events)).toEqual(['decision', 'routes']);
    expect(events[1]).toEqual(['routes', { route: 'payments', changed: 'consumers' }]);
    expect(JSON.stringify(events)).not.toContain('k3y');

    const finalised = next(step, { stage: { kind: 'finalised' } });
    const entry = auditOf(finalised, { before: { stage: 'promoted' }, after: { stage: 'finalised' } });
    await store.rollouts.commit(changeOf(finalised, step.startedAt, [entry]));
    expect((await settled()).at(-1)).toEqual(['routes', { route: 'payments', changed: 'stable' }]);
    const resolved = auditOf(finalised, { before: { stage: 'finalised' }, after: { stage: 'finalised' } });
    await store.rollouts.commit(changeOf(next(finalised), step.startedAt, [resolved]));
    expect(kinds(await settled())).toEqual(['rollout', 'decision']);
  });

  it('says both rollouts where one supersedes the other', async () => {
    const { store, settled } = await process(true);
    await store.rollouts.commit(changeOf(step));
    await settled();
    const other = { ...rolloutIn('internal'), id: '019ac000-0000-7000-8000-000000000002' };
    const superseded = changeOf(next(step, { stage: { kind: 'superseded' } }));
    await store.rollouts.commit({ ...changeOf(other), supersedes: superseded });
    const events = (await settled()).filter(([kind]) => kind === 'rollout').map(([, { id, stage }]) => [id, stage]);
    expect(events).toEqual([
      [step.id, 'superseded'],
      [other.id, 'internal'],
    ]);
  });

  it('is written where it cannot be published: it is logged, and every reader is reset', async () => {
    const feed = new Feed({ boot: 'a', now: () => T0 });
    const reading = feed.open(null, { published: () => {}, ended: () => {} });
    const store = publishedStore(shared.store, {
      feed,
      publisher: {
        committed: () => {
          throw new Error('a bug');
        },
      },
      follower: { read: () => {} },
      log: (event) => said.push(event),
    });
    await store.rollouts.commit(changeOf(step));
    expect(await shared.store.rollouts.find(step.id)).toMatchObject({ rollout: step });
    expect(kinds(taken(reading)).concat(kinds(taken(reading)))).toEqual(['hello', 'reset']);
    expect(said).toEqual([{ what: 'eventNotPublished', level: 'error', error: new Error('a bug') }]);
  });

  it('is said by the database where the answer to its commit was lost', async () => {
    const { store, settled } = await process(true);
    shared.mood.lost = 1;
    await expect(store.rollouts.commit(changeOf(step))).rejects.toThrow('lost');
    expect(kinds(await settled())).toEqual(['look', 'rollout', 'decision']);
  });

  it('is not said where it was not written', async () => {
    const { store, settled } = await process(true);
    shared.mood.away = true;
    await expect(store.rollouts.commit(changeOf(step))).rejects.toThrow(/cannot answer/);
    expect(await settled()).toEqual([]);
    await settled();
    expect(said).toMatchObject([{ what: 'eventsLate', level: 'warn' }]);
    shared.mood.away = false;
    expect(await settled()).toEqual([]);
  });
});

describe('what another process writes', () => {
  it('is read by one that does not lead: every decision in its order, and the last look', async () => {
    const leader = await process(true);
    const other = await process(false);
    await leader.store.rollouts.commit(changeOf(step, T0 + 5_000));
    await leader.store.rollouts.commit(changeOf(next(step), T0 + 10_000));
    await leader.store.rollouts.commit(changeOf(next(step), T0 + 15_000, []));
    const events = await other.settled();
    expect(events.filter(([kind]) => kind === 'decision').map(([, { seq }]) => seq)).toEqual([1, 2]);
    expect(events.filter(([kind]) => kind === 'rollout').map(([, { version }]) => version)).toEqual([step.version + 1]);
    expect(events.filter(([kind]) => kind === 'look').map(([, { at }]) => at)).toEqual(['2026-01-01T00:00:15.000Z']);
    await leader.store.rollouts.commit(changeOf(next(step), T0 + 20_000, []));
    expect(kinds(await other.settled())).toEqual(['look']);
    await leader.store.rollouts.commit(changeOf(next(next(step), { stage: { kind: 'aborted' } }), T0 + 25_000));
    expect(kinds(await other.settled())).toEqual(['look', 'rollout', 'decision']);
    expect(await other.settled()).toEqual([]);
  });

  it('is read by the one that leads as well: a person may ask any', async () => {
    const leader = await process(true);
    const other = await process(false);
    await leader.store.rollouts.commit(changeOf(step, T0 + 5_000));
    await leader.settled();
    await other.store.rollouts.commit(changeOf(next(step), T0 + 5_000));
    expect(kinds(await leader.settled())).toEqual(['rollout', 'decision']);
  });

  it('is said of the others where the record of one is damaged', async () => {
    const { settled } = await process(true);
    shared.mood.unreadable = step.id;
    shared.append([auditOf(step), auditOf(step, { rolloutId: null, event: { kind: 'tokenCreated' } })]);
    expect(kinds(await settled())).toEqual(['decision', 'decision']);
  });

  it('is read page by page', async () => {
    const { settled } = await process(true);
    shared.append(Array.from({ length: 250 }, () => auditOf(step, { rolloutId: null })));
    const seqs = (await settled()).map(([, { seq }]) => seq);
    expect(seqs).toEqual(Array.from({ length: 250 }, (_, at) => at + 1));
  });
});
