import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConnection, storeOn } from '../../src/store/connect.ts';
import type { DatabaseConnection } from '../../src/store/database.ts';
import type { Store } from '../../src/store/store.ts';
import { codeOf, openBench } from '../contract/store-bench.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { changeOf, insertionOf, messageOf, rolloutOf } from '../support/rollout-fixture.ts';

const DEADLINE_MS = 500;

serviceOrSkip('postgres', await postgresUrl())('between the store and Postgres', (server) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let proxy: FaultProxy;
  let connection: DatabaseConnection;
  let store: Store;

  beforeEach(async () => {
    database = await emptyDatabase(server.url);
    const direct = new URL(database.url);
    proxy = await startFaultProxy({ host: direct.hostname, port: Number(direct.port || 5432) });
    const through = new URL(database.url);
    through.host = `127.0.0.1:${proxy.port}`;
    connection = await openConnection({ databaseUrl: through.href });
    store = storeOn(connection, DEADLINE_MS);
  });
  afterEach(async () => {
    proxy.mood = { kind: 'clear' };
    await store.close();
    await proxy.close();
    await database.drop();
  });
  afterAll(() => server.stop());

  describe('a connection cut after COMMIT', () => {
    it('leaves the outcome unknown, and the same change can be committed again', async () => {
      const rollout = rolloutOf();
      await store.rollouts.commit(insertionOf(rollout));
      const deliveries = [{ channel: 'chat', message: messageOf(rollout) }];
      const change = changeOf(rollout, {}, { deliveries });

      proxy.mood = { kind: 'cut-answer', word: 'COMMIT\0' };
      expect(await codeOf(store.rollouts.commit(change))).toBe('unavailable');
      expect(proxy.cuts).toBe(1);
      proxy.mood = { kind: 'clear' };
      expect((await store.rollouts.find(rollout.id))?.rollout.version).toBe(2);

      await store.rollouts.commit(change);
      expect(await store.audit.list({ rolloutId: rollout.id, limit: 10 })).toHaveLength(2);
      expect(await store.outbox.counts()).toMatchObject({ waiting: 1, delivered: 0, rejected: 0 });
      expect((await store.audit.verify()).brokenAt).toBeNull();
    });
  });

  describe('a server that falls silent', () => {
    it('makes every method unavailable, and is used again as soon as it speaks', async () => {
      const rollout = rolloutOf();
      await store.rollouts.commit(insertionOf(rollout));
      proxy.mood = { kind: 'silent' };
      // More than the pool has connections: none may stay stuck.
      const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(store.now())));
      expect(new Set(codes)).toEqual(new Set(['unavailable']));
      expect(await codeOf(store.rollouts.commit(changeOf(rollout)))).toBe('unavailable');
      proxy.mood = { kind: 'clear' };
      expect((await store.rollouts.find(rollout.id))?.rollout.version).toBe(1);
      await store.rollouts.commit(changeOf(rollout));
    });
  });

  describe('a server that ends its connections', () => {
    it('is used again over new ones', async () => {
      await store.now();
      const bench = await openBench({ databaseUrl: database.url });
      await bench.privileged(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'serin' and pid <> pg_backend_pid()`,
      );
      await bench.close();
      await expect.poll(() => store.now().catch(() => null)).toBeTypeOf('number');
    });
  });
});
