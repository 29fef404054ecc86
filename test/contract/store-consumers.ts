import { describe, expect, it } from 'vitest';
import type { Consumer } from '../../src/consumers/consumer.ts';
import type { AuditDraft } from '../../src/rollout/record.ts';
import { T0 } from '../support/rollouts.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';

export function consumerOf(name: string, more: Partial<Consumer> = {}): Consumer {
  return { name, keyHash: fresh('hash'), rule: 'stable', group: null, wave: null, due: null, contact: null, ...more };
}

function draftOf(route: string, kind: string): AuditDraft {
  const actor = { name: 'ada', role: 'admin' } as const;
  return { at: T0, actor, route, rolloutId: null, event: { kind }, reason: 'because', before: null, after: null };
}

export function consumersContract(bench: () => StoreBench): void {
  const store = () => bench().store;
  const list = (route: string) => store().consumers.list(route);
  /** Changes the list as it is. */
  const change = async (route: string, put: readonly Consumer[], removed: readonly string[] = [], kind = 'changed') =>
    store().consumers.change({ route, expected: await list(route), put, removed }, draftOf(route, kind));
  const kindsOf = async (route: string) =>
    (await store().audit.list({ route, limit: 100 })).map(({ event }) => event.kind).reverse();

  describe('listed consumers', () => {
    it('are inserted, replaced and removed together, with one audit entry', async () => {
      const route = fresh('route');
      const acme = consumerOf('acme', { group: 'beta', wave: 2, due: '2027-03-01', contact: 'api@acme.example' });
      await change(route, [acme, consumerOf('globex')], [], 'first');
      const moved = { ...acme, rule: 'canary' } as const;
      await change(route, [moved, consumerOf('a-first')], ['globex', 'nobody'], 'second');
      const listed = await list(route);
      expect(listed).toEqual([
        expect.objectContaining({ route, name: 'a-first', group: null, wave: null, due: null, contact: null }),
        { ...moved, route, changedAt: expect.any(Number) },
      ]);
      expect(Math.abs((listed[1]?.changedAt ?? 0) - (await store().now()))).toBeLessThan(60_000);
      expect(await kindsOf(route)).toEqual(['first', 'second']);
    });

    it('are listed for one route, or for all', async () => {
      const routes = [fresh('route'), fresh('route')] as const;
      for (const route of routes) await change(route, [consumerOf('acme')]);
      expect(await list(routes[0])).toHaveLength(1);
      const all = (await store().consumers.list(null)).map(({ route }) => route);
      expect(all).toEqual(expect.arrayContaining([...routes]));
    });

    it('do not share a credential on a route, may swap them, and nothing of what is refused is stored', async () => {
      const route = fresh('route');
      const [acme, globex] = [consumerOf('acme'), consumerOf('globex')];
      await change(route, [acme, globex]);
      const shared = { ...acme, name: 'other' };
      expect(await codeOf(change(route, [consumerOf('new'), shared], ['globex']))).toBe('conflict');
      expect((await list(route)).map(({ name }) => name)).toEqual(['acme', 'globex']);
      await change(route, [
        { ...acme, keyHash: globex.keyHash },
        { ...globex, keyHash: acme.keyHash },
      ]);
      expect((await list(route)).map(({ keyHash }) => keyHash)).toEqual([globex.keyHash, acme.keyHash]);
      expect(await kindsOf(route)).toEqual(['changed', 'changed']);
    });

    it('are changed only as they were read', async () => {
      const route = fresh('route');
      const acme = consumerOf('acme');
      await change(route, [acme]);
      const expected = await list(route);
      await change(route, [{ ...acme, wave: 1 }]);
      const late = { route, expected, put: [consumerOf('globex')], removed: [] };
      expect(await codeOf(store().consumers.change(late, draftOf(route, 'late')))).toBe('stale');
      expect((await list(route)).map(({ name, wave }) => [name, wave])).toEqual([['acme', 1]]);
      expect(await kindsOf(route)).toEqual(['changed', 'changed']);
    });

    it('are changed by one of many that read the same', async () => {
      const route = fresh('route');
      const racing = Array.from({ length: 8 }, (_, at) =>
        store().consumers.change(
          { route, expected: [], put: [consumerOf(`c${at}`)], removed: [] },
          draftOf(route, 'raced'),
        ),
      );
      const settled = await Promise.allSettled(racing);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await list(route)).toHaveLength(1);
      expect(await kindsOf(route)).toEqual(['raced']);
    });

    it('are as many as a route may have', async () => {
      const route = fresh('route');
      await change(
        route,
        Array.from({ length: 1_000 }, (_, at) => consumerOf(`c${at}`, { group: 'beta', wave: 1 + (at % 9) })),
      );
      const all = await list(route);
      await change(
        route,
        all.map(({ route: _route, changedAt: _changedAt, ...one }) => ({ ...one, rule: 'canary' })),
      );
      expect((await list(route)).filter(({ rule }) => rule === 'canary')).toHaveLength(1_000);
    });
  });
}
