import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../src/rollout/record.ts';
import type { StableDeclaration } from '../../src/store/store.ts';
import { changeOf, insertionOf, rolloutOf } from '../support/rollout-fixture.ts';
import { T0 } from '../support/rollouts.ts';
import { codeOf, fresh, type StoreBench } from './store-bench.ts';
import { consumerOf, consumersContract } from './store-consumers.ts';

function draftOf(route: string, kind: string): AuditDraft {
  const actor = { name: 'ada', role: 'admin' } as const;
  return { at: T0, actor, route, rolloutId: null, event: { kind }, reason: 'because', before: null, after: null };
}

export function listsContract(bench: () => StoreBench): void {
  const store = () => bench().store;
  const kindsOf = async (route: string) =>
    (await store().audit.list({ route, limit: 100 })).map(({ event }) => event.kind).reverse();

  consumersContract(bench);

  describe('the history of units', () => {
    it('is kept for each route, byte by byte, and replaced as a whole', async () => {
      const routes = [fresh('route'), fresh('route')] as const;
      const history = () => store().unitHistory;
      expect(await history().load(routes[0])).toBeNull();
      const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => (at * 31 + (at >> 8)) % 256);
      await history().save(routes[0], bytes);
      await history().save(routes[1], new Uint8Array());
      expect(await history().load(routes[0])).toEqual(bytes);
      expect(await history().load(routes[1])).toEqual(new Uint8Array());
      await history().save(routes[0], Uint8Array.of(0, 255));
      expect(await history().load(routes[0])).toEqual(Uint8Array.of(0, 255));
      expect(await codeOf(history().save('a\0b', bytes))).toBe('invalid-input');
    });
  });

  describe('tokens', () => {
    const tokenOf = () => ({
      id: randomUUID(),
      name: fresh('token'),
      role: 'operator' as const,
      sender: null,
      scope: null,
      makers: ['token:1', 'https://id.example#ann'],
      expiresAt: null,
      hash: fresh('hash'),
    });

    it.each([null, { route: 'shop' }, { route: 'shop', version: 'v2' }])(
      'are found by their hash and by their id, with whose logs they send (%j), and say when they were revoked',
      async (sender) => {
        const route = fresh('route');
        const { hash, ...token } = { ...tokenOf(), sender };
        await store().tokens.create({ hash, ...token }, draftOf(route, 'tokenCreated'));
        const found = await store().tokens.find({ hash });
        expect(found).toEqual({ ...token, createdAt: expect.any(Number), lastUsedAt: null, revokedAt: null });
        expect(await store().tokens.find({ id: token.id })).toEqual(found);
        expect(await store().tokens.list()).toContainEqual(found);
        expect(await store().tokens.revoke(token.id, draftOf(route, 'tokenRevoked'))).toEqual({ kind: 'revoked' });
        const at = (await store().tokens.find({ hash }))?.revokedAt;
        expect(at).toBeGreaterThanOrEqual(found?.createdAt ?? Infinity);
        expect(await store().tokens.find({ id: token.id })).toMatchObject({ revokedAt: at });
        expect(await store().tokens.revoke(token.id, draftOf(route, 'tokenRevoked'))).toEqual({
          kind: 'revoked-before',
          at,
        });
        expect(await kindsOf(route)).toEqual(['tokenCreated', 'tokenRevoked']);
      },
    );

    it('keep what they are limited to, when they expire, and the latest use that is known', async () => {
      const expiresAt = Date.parse('2027-01-01T00:00:00.123Z');
      const scope = { routes: ['shop'], verbs: ['pause' as const] };
      const { hash, ...token } = { ...tokenOf(), scope, expiresAt };
      await store().tokens.create({ hash, ...token }, draftOf(fresh('route'), 'tokenCreated'));
      for (const [at, known] of [
        [2_000, 2_000],
        [1_000, 2_000],
        [3_000, 3_000],
      ] as const) {
        await store().tokens.used(new Map([[token.id, at]]));
        expect(await store().tokens.find({ hash })).toMatchObject({ scope, expiresAt, lastUsedAt: known });
      }
      await store().tokens.used(new Map([[randomUUID(), 1]]));
    });

    it.each([randomUUID(), 'nonsense'])('cannot be revoked when there is none: %s', async (id) => {
      expect(await store().tokens.revoke(id, draftOf(fresh('route'), 'tokenRevoked'))).toEqual({ kind: 'unknown' });
      expect(await store().tokens.find({ id })).toBeNull();
      expect(await store().tokens.find({ hash: id })).toBeNull();
    });

    it('keep the last admin token, also when all of them are revoked at once', async () => {
      const route = fresh('route');
      // Any other test's admin token would be one more to keep.
      await bench().privileged('delete from tokens');
      const admins = [tokenOf(), tokenOf(), tokenOf()].map((token) => ({ ...token, role: 'admin' as const }));
      for (const admin of admins) await store().tokens.create(admin, draftOf(route, 'tokenCreated'));
      const revoke = ({ id }: { id: string }) => store().tokens.revoke(id, draftOf(route, 'tokenRevoked'));
      const done = await Promise.all(admins.map(revoke));
      expect(done.map(({ kind }) => kind).toSorted()).toEqual(['last-admin', 'revoked', 'revoked']);
      expect((await kindsOf(route)).filter((kind) => kind === 'tokenRevoked')).toHaveLength(2);
      const left = admins[done.findIndex(({ kind }) => kind === 'last-admin')] ?? tokenOf();
      await store().tokens.create({ ...tokenOf(), role: 'admin' }, draftOf(route, 'tokenCreated'));
      expect(await revoke(left)).toEqual({ kind: 'revoked' });
    });

    it('keep the last admin token that does not expire, however many others there are', async () => {
      await bench().privileged('delete from tokens');
      const draft = () => draftOf(fresh('route'), 'tokenCreated');
      const lasting = { ...tokenOf(), role: 'admin' as const };
      const expiring = { ...tokenOf(), role: 'admin' as const, expiresAt: Date.parse('2100-01-01') };
      for (const token of [lasting, expiring]) await store().tokens.create(token, draft());
      expect(await store().tokens.revoke(lasting.id, draft())).toEqual({ kind: 'last-admin' });
      expect(await store().tokens.revoke(expiring.id, draft())).toEqual({ kind: 'revoked' });
    });

    it('have a hash of their own', async () => {
      const token = tokenOf();
      await store().tokens.create(token, draftOf(fresh('route'), 'tokenCreated'));
      expect(
        await codeOf(store().tokens.create({ ...token, id: randomUUID() }, draftOf(fresh('route'), 'tokenCreated'))),
      ).toBe('conflict');
    });
  });

  describe('the check value of the secret', () => {
    beforeEach(() => bench().privileged('delete from secret_check'));

    it('is absent, kept, and replaced by the next', async () => {
      expect(await store().secretCheck.find()).toBeNull();
      await store().secretCheck.put('first', 'kept', []);
      expect(await store().secretCheck.find()).toBe('first');
      await store().secretCheck.put('second', 'kept', []);
      expect(await store().secretCheck.find()).toBe('second');
    });

    it('is replaced in one transaction with the removal of the consumers and its audit entries', async () => {
      const route = fresh('route');
      const listing = { route, expected: [], put: [consumerOf('acme')], removed: [] };
      await store().consumers.change(listing, draftOf(route, 'consumerListed'));
      await store().secretCheck.put('first', 'kept', []);
      expect(await store().consumers.list(route)).toHaveLength(1);
      await store().secretCheck.put('second', 'removed', [draftOf(route, 'secretReplaced')]);
      expect(await store().consumers.list(null)).toEqual([]);
      expect(await kindsOf(route)).toEqual(['consumerListed', 'secretReplaced']);
      const unstorable = { ...draftOf(route, 'secretReplaced'), reason: 'NUL \0' };
      expect(await codeOf(store().secretCheck.put('third', 'removed', [unstorable]))).toBe('invalid-input');
      expect(await store().secretCheck.find()).toBe('second');
    });
  });

  describe('promoted stables', () => {
    beforeEach(() => bench().privileged('delete from stables'));

    it('are replaced by the next promotion, which knows what files have declared', async () => {
      const route = fresh('route');
      const rollout = rolloutOf({ route });
      const kept = { route, stable: rollout.canary, replacedUrl: rollout.stable.url };
      await store().rollouts.commit(insertionOf(rollout, { newStable: kept, audit: [] }));
      const again = { ...kept, stable: { url: 'http://v3.internal/', version: 'v3' } };
      await store().rollouts.commit(changeOf(rollout, {}, { newStable: again, audit: [] }));
      const replaced = [rollout.stable.url];
      expect(await store().stables.list()).toEqual([{ ...again, alsoReplaced: replaced, declaredBy: [] }]);
      await store().stables.declare([declaration('others', again.stable.url, draftOf(route, 'stableDeclared'))]);
      const third = { route, stable: { url: 'http://v4.internal/', version: 'v4' }, replacedUrl: again.stable.url };
      await store().rollouts.commit(changeOf({ ...rollout, version: 2 }, {}, { newStable: third, audit: [] }));
      const also = [...replaced, again.stable.url];
      expect(await store().stables.list()).toEqual([{ ...third, alsoReplaced: also, declaredBy: [] }]);
    });

    it('are marked once by each replica and forgotten once, audited with what else is written then', async () => {
      const route = fresh('route');
      const rollout = rolloutOf({ route });
      const kept = { route, stable: rollout.canary, replacedUrl: rollout.stable.url };
      await store().rollouts.commit(insertionOf(rollout, { newStable: kept, audit: [] }));
      const [other, forgotten, also] = [
        draftOf(route, 'stableDeclared'),
        draftOf(route, 'stableForgotten'),
        draftOf(route, 'configReloaded'),
      ];
      const { url } = kept.stable;
      const marked = { ...kept, alsoReplaced: [], declaredBy: ['one'] };
      await store().stables.declare([declaration('others', url, other)]);
      await store().stables.declare([declaration('others', url, other)]);
      const unstorable = { ...forgotten, reason: 'NUL \0' };
      expect(await codeOf(store().stables.declare([declaration('again', url, unstorable)], [also]))).toBe(
        'invalid-input',
      );
      await store().stables.declare([declaration('again', 'http://another.internal/', forgotten)]);
      expect([await store().stables.list(), await kindsOf(route)]).toEqual([[marked], ['stableDeclared']]);
      await store().stables.declare([declaration('again', url, forgotten)], [also]);
      await store().stables.declare([declaration('again', url, forgotten)]);
      expect(await store().stables.list()).toEqual([]);
      expect(await kindsOf(route)).toEqual(['stableDeclared', 'configReloaded', 'stableForgotten']);
    });
  });
}

function declaration(says: StableDeclaration['says'], promoted: string, entry: AuditDraft): StableDeclaration {
  return { says, by: 'one', promoted, entry };
}
