import { beforeEach, describe, expect, it } from 'vitest';
import { SERIN } from '../../src/rollout/event.ts';
import type { Rollout } from '../../src/rollout/state.ts';
import { auditOf, changeOf, evidenceOf, insertionOf, messageOf, rolloutOf } from '../support/rollout-fixture.ts';
import { T0 } from '../support/rollouts.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';

const ENDED: Partial<Rollout> = { stage: { kind: 'superseded' }, endedAt: T0 + 1 };

export function rolloutsContract(bench: () => StoreBench): void {
  const store = () => bench().store;
  const started = async (parts: Partial<Rollout> = {}): Promise<Rollout> => {
    const rollout = rolloutOf({ route: fresh('route'), ...parts });
    await store().rollouts.commit(insertionOf(rollout));
    return rollout;
  };
  const entriesOf = ({ id }: Rollout) => store().audit.list({ rolloutId: id, limit: 100 });
  const waitingFor = async ({ id }: Rollout) => {
    const items = await store().outbox.due(10_000);
    return items.filter(({ message }) => message.rolloutId === id);
  };

  describe('rollouts', () => {
    it('gives back what was committed, with its evidence', async () => {
      const rollout = await started({ reason: 'naïve ünïcödé ✓ "quoted" \\ and 🦜' });
      const evidence = evidenceOf(rollout, {
        cursor: '"1"',
        dwellMs: 1e-7,
        forced: { requests: 2 ** 53 - 1, errors: 0 },
      });
      await store().rollouts.commit(changeOf(rollout, {}, { evidence }));
      expect(await store().rollouts.find(rollout.id)).toEqual({ rollout: { ...rollout, version: 2 }, evidence });
    });

    it.each(['00000000-0000-7000-8000-000000000000', 'nonsense', ''])('finds nothing under %j', async (id) => {
      expect(await store().rollouts.find(id)).toBeNull();
    });

    it('refuses a change that was computed from an older version, and writes none of it', async () => {
      const rollout = await started();
      await store().rollouts.commit(changeOf(rollout, { reason: 'first' }));
      const late = changeOf(
        rollout,
        { reason: 'second' },
        { deliveries: [{ channel: 'chat', message: messageOf(rollout) }] },
      );
      expect(await codeOf(store().rollouts.commit(late))).toBe('stale');
      expect((await store().rollouts.find(rollout.id))?.rollout.reason).toBe('first');
      expect(await entriesOf(rollout)).toHaveLength(2);
      expect(await waitingFor(rollout)).toEqual([]);
    });

    it('refuses a change that goes on from the evidence of an older look, and keeps what the newer one saw', async () => {
      const rollout = await started();
      const before = (await store().rollouts.find(rollout.id))?.evidence ?? evidenceOf(rollout);
      const seen = { ...before, lookedAt: before.lookedAt + 5_000, dwellMs: 5_000 };
      const look = { rollout, evidence: seen, expectedVersion: 1, leaseEpoch: null, audit: [], deliveries: [] };
      await store().rollouts.commit(look);
      const paused = changeOf(rollout, { reason: 'paused' }, { evidence: before });
      expect(await codeOf(store().rollouts.commit({ ...paused, expectedLookedAt: before.lookedAt }))).toBe('stale');
      expect(await store().rollouts.find(rollout.id)).toEqual({ rollout, evidence: seen });
      expect(await entriesOf(rollout)).toHaveLength(1);
      await store().rollouts.commit({ ...paused, evidence: seen, expectedLookedAt: seen.lookedAt });
      expect((await store().rollouts.find(rollout.id))?.rollout.reason).toBe('paused');
    });

    it('lets exactly one of many that change the same version win', async () => {
      const rollout = await started();
      const racers = Array.from({ length: 8 }, (_, racer) =>
        store().rollouts.commit(changeOf(rollout, { reason: `racer ${racer}` })),
      );
      const outcomes = await Promise.allSettled(racers);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await entriesOf(rollout)).toHaveLength(2);
    });

    it('refuses a change to a rollout that is not there', async () => {
      expect(await codeOf(store().rollouts.commit(changeOf(rolloutOf({ route: fresh('route') }))))).toBe('stale');
    });

    it('leaves nothing of a change of which one part fails', async () => {
      const rollout = await started();
      const message = messageOf(rollout);
      const twice = [
        { channel: 'chat', message },
        { channel: 'chat', message },
      ];
      expect(await codeOf(store().rollouts.commit(changeOf(rollout, {}, { deliveries: twice })))).toBe('conflict');
      expect((await store().rollouts.find(rollout.id))?.rollout.version).toBe(1);
      expect(await entriesOf(rollout)).toHaveLength(1);
      expect(await waitingFor(rollout)).toEqual([]);
      expect((await store().audit.verify()).brokenAt).toBeNull();
    });

    it('refuses a second active rollout on a route, and allows one after the first has ended', async () => {
      const first = await started();
      const second = rolloutOf({ route: first.route });
      expect(await codeOf(store().rollouts.commit(insertionOf(second)))).toBe('conflict');
      await store().rollouts.commit(changeOf(first, ENDED));
      await store().rollouts.commit(insertionOf(second));
      const active = await store().rollouts.list({ route: first.route, active: true, limit: 10 });
      expect(active.map(({ rollout }) => rollout.id)).toEqual([second.id]);
    });

    it('supersedes the rollout that runs in the transaction that starts the next', async () => {
      const old = await started();
      const next = rolloutOf({ route: old.route });
      const change = insertionOf(next, { supersedes: changeOf(old, ENDED) });
      await store().rollouts.commit(change);
      expect((await store().rollouts.find(old.id))?.rollout.stage.kind).toBe('superseded');
      expect((await store().rollouts.find(next.id))?.rollout.id).toBe(next.id);
      const [{ seq: ofNext } = { seq: 0 }] = await entriesOf(next);
      expect((await entriesOf(old))[0]?.seq).toBe(ofNext - 1);
    });

    it('leaves the rollout that runs alone when the next cannot start', async () => {
      const old = await started();
      const other = await started();
      const next = rolloutOf({ route: other.route });
      expect(await codeOf(store().rollouts.commit(insertionOf(next, { supersedes: changeOf(old, ENDED) })))).toBe(
        'conflict',
      );
      expect((await store().rollouts.find(old.id))?.rollout.stage.kind).toBe('preflight');
      expect(await entriesOf(old)).toHaveLength(1);
    });

    it('lists the newest first, in pages', async () => {
      const route = fresh('route');
      const rollouts = [1, 2, 3, 4, 5].map((age) =>
        rolloutOf({ route, startedAt: T0 + age, stage: { kind: 'aborted' } }),
      );
      for (const rollout of rollouts.toSorted((a, b) => a.id.localeCompare(b.id) * (a.startedAt % 2 ? 1 : -1))) {
        await store().rollouts.commit(insertionOf(rollout));
      }
      const newestFirst = rollouts.map(({ id }) => id).reverse();
      const page = async (beforeId?: string) =>
        (await store().rollouts.list({ route, limit: 2, ...(beforeId ? { beforeId } : {}) })).map(
          ({ rollout }) => rollout.id,
        );
      const first = await page();
      expect(first).toEqual(newestFirst.slice(0, 2));
      const second = await page(first[1]);
      expect(second).toEqual(newestFirst.slice(2, 4));
      expect(await page(second[1])).toEqual(newestFirst.slice(4));
      expect(await store().rollouts.list({ route, active: true, limit: 10 })).toEqual([]);
      expect(await codeOf(store().rollouts.list({ limit: 1, beforeId: 'nonsense' }))).toBe('invalid-input');
    });

    const poison: readonly (readonly [string, (id: string) => string, RegExp])[] = [
      ['a state that is no document', (id) => `update rollouts set state = '7' where id = '${id}'`, /no document/],
      ['no policy', (id) => `update rollouts set state = state - 'policy' where id = '${id}'`, /policy is damaged/],
      [
        'a stage that nobody knows',
        (id) => `update rollouts set state = jsonb_set(state, '{stage}', '{"kind":"flying"}') where id = '${id}'`,
        /stage is not known/,
      ],
      ['no evidence', (id) => `delete from evidence where rollout_id = '${id}'`, /evidence is missing/],
      [
        'evidence in tatters',
        (id) => `update evidence set state = '{}' where rollout_id = '${id}'`,
        /evidence is damaged/,
      ],
    ];
    it.each(poison)('one record of ten with %s keeps no other from being seen', async (_, damage, says) => {
      const route = fresh('shop');
      const ten: Rollout[] = [];
      for (let at = 0; at < 10; at += 1) ten.push(await started({ route: `${route}-${at}`, startedAt: T0 + at }));
      const bad = ten[4] as Rollout;
      await bench().privileged(damage(bad.id));
      const active = await store().rollouts.list({ active: true, limit: 10_000 });
      const seen = active.filter((record) => record.rollout.route.startsWith(route));
      expect(seen.map(({ rollout }) => rollout.id)).toEqual(
        ten
          .filter(({ id }) => id !== bad.id)
          .map(({ id }) => id)
          .reverse(),
      );
      const unreadable = (await store().rollouts.unreadable()).filter(({ id }) => id === bad.id);
      expect(unreadable).toEqual([{ id: bad.id, route: bad.route, reason: expect.stringMatching(says) }]);
      expect(unreadable[0]?.reason).toContain(bad.id);
      expect(await codeOf(store().rollouts.find(bad.id))).toBe('internal');
    });

    it('tells how the last rollout of each route ended, whatever runs there since', async () => {
      const route = fresh('route');
      const ended = (at: number, stage: Rollout['stage']) => ({
        route,
        startedAt: T0 + at,
        stage,
        endedAt: T0 + at + 500,
        reason: `ended at ${at} "for good"`,
        canary: { url: 'http://127.0.0.1:9002/', version: `v${at}` },
      });
      await started(ended(1_000, { kind: 'aborted' }));
      const by = { name: 'ada', role: 'operator' };
      const last = await started({ ...ended(3_000, { kind: 'rolled-back' }), reasonBy: by });
      await started(ended(2_000, { kind: 'finalised' }));
      await started({ route, startedAt: T0 + 4_000 });
      const quiet = await started();
      const other = await started({ ...ENDED, startedAt: T0 + 5_000 });
      const old = await started({ ...ENDED, startedAt: T0 + 5_000, endedAt: T0 + 9_000, reasonBy: undefined } as never);
      const names = [quiet.route, 'nobody\'s "route"', route, other.route, old.route];
      const found = await store().rollouts.lastEnded(names);
      expect(found.toSorted((one, two) => one.endedAt - two.endedAt)).toEqual([
        expect.objectContaining({ id: other.id, route: other.route, stage: 'superseded', by: SERIN, endedAt: T0 + 1 }),
        {
          id: last.id,
          route,
          version: 'v3000',
          stage: 'rolled-back',
          reason: 'ended at 3000 "for good"',
          by,
          endedAt: T0 + 3_500,
        },
        expect.objectContaining({ id: old.id, by: null }),
      ]);
      expect(await store().rollouts.lastEnded([])).toEqual([]);
    });

    it('leaves out an end that cannot be read', async () => {
      const { id, route } = await started({ ...ENDED, startedAt: T0 + 5_000 });
      await bench().privileged(`update rollouts set state = state - 'canary' where id = '${id}'`);
      expect(await store().rollouts.lastEnded([route])).toEqual([]);
    });

    it('fills its pages with what can be read', async () => {
      const route = fresh('route');
      const all: Rollout[] = [];
      for (let at = 0; at < 6; at += 1) all.push(await started({ route, startedAt: T0 + at, ...ENDED }));
      const [bad] = all.slice(3);
      await bench().privileged(`update rollouts set state = '{}' where id = '${bad?.id}'`);
      const page = await store().rollouts.list({ route, limit: 4 });
      expect(page.map(({ rollout }) => rollout.id)).toEqual([5, 4, 2, 1].map((at) => all[at]?.id));
    });

    it('keeps the promoted stable in the same transaction', async () => {
      const rollout = await started();
      const kept = { route: rollout.route, stable: rollout.canary, replacedUrl: rollout.stable.url };
      await store().rollouts.commit(changeOf(rollout, { stage: { kind: 'finalised' } }, { newStable: kept }));
      expect(await store().stables.list()).toContainEqual({ ...kept, alsoReplaced: [], declaredBy: [] });
    });
  });

  describe('a change whose outcome was not heard of', () => {
    it('may be committed again, and is there once', async () => {
      const rollout = await started();
      const change = changeOf(
        rollout,
        { reason: 'once' },
        { deliveries: [{ channel: 'chat', message: messageOf(rollout) }] },
      );
      await store().rollouts.commit(change);
      await store().rollouts.commit(change);
      expect(await entriesOf(rollout)).toHaveLength(2);
      expect(await waitingFor(rollout)).toHaveLength(1);
    });

    it('may be a start that supersedes', async () => {
      const old = await started();
      const next = rolloutOf({ route: old.route });
      const change = insertionOf(next, { supersedes: changeOf(old, ENDED) });
      await store().rollouts.commit(change);
      await store().rollouts.commit(change);
      expect(await entriesOf(old)).toHaveLength(2);
      expect(await entriesOf(next)).toHaveLength(1);
    });

    it('is told from the same state reached by somebody else', async () => {
      const rollout = await started();
      const change = changeOf(rollout);
      await store().rollouts.commit(change);
      const other = { ...change, audit: [auditOf(change.rollout, { reason: 'for another reason' })] };
      expect(await codeOf(store().rollouts.commit(other))).toBe('stale');
      expect(await codeOf(store().rollouts.commit(insertionOf({ ...rollout, reason: 'another' })))).toBe('conflict');
    });
  });

  describe('a change under a lease', () => {
    beforeEach(() => bench().privileged('delete from lease'));

    it('is refused once the lease has changed hands', async () => {
      const rollout = await started();
      const mine = await store().lease.hold('me', 0);
      const theirs = await store().lease.hold('them', 60_000);
      const change = (leaseEpoch = 0) => changeOf(rollout, {}, { leaseEpoch });
      expect(await codeOf(store().rollouts.commit(change(mine?.epoch)))).toBe('stale');
      expect((await store().rollouts.find(rollout.id))?.rollout.version).toBe(1);
      await store().rollouts.commit(change(theirs?.epoch));
      expect((await store().rollouts.find(rollout.id))?.rollout.version).toBe(2);
    });

    it('is refused where nobody holds one', async () => {
      expect(await codeOf(store().rollouts.commit(changeOf(await started(), {}, { leaseEpoch: 1 })))).toBe('stale');
    });
  });
}
