import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection, openStore } from '../../src/store/connect.ts';
import type { DatabaseConnection } from '../../src/store/database.ts';
import { sql } from '../../src/store/drizzle.ts';
import { type PgbouncerProgram, pgbouncerProgram, startPgbouncer, type TestPgbouncer } from '../support/pgbouncer.ts';
import { emptyDatabase, type PostgresServer, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { openBench, type StoreBench } from './store-bench.ts';
import { leaseContract, outboxContract } from './store-delivery.ts';
import { listsContract } from './store-lists.ts';
import { rolloutsContract } from './store-rollouts.ts';

interface Behind {
  readonly program: PgbouncerProgram;
  readonly server: PostgresServer;
}

async function behind(): Promise<Behind | null> {
  const program = await pgbouncerProgram();
  const server = program && (await postgresUrl());
  return program && server ? { program, server } : null;
}

serviceOrSkip('pgbouncer', await behind())('the store behind PgBouncer', ({ program, server }) => {
  afterAll(() => server.stop());

  describe.each(['transaction', 'session'] as const)('in %s mode', (mode) => {
    let pgbouncer: TestPgbouncer;
    let database: Awaited<ReturnType<typeof emptyDatabase>>;
    let bench: StoreBench;

    beforeAll(async () => {
      pgbouncer = await startPgbouncer(program, server.url, mode);
      database = await emptyDatabase(server.url);
      // Replicas that start together: the lock of the migration may not stay with a pooled connection.
      const replicas = await Promise.all(
        [1, 2, 3].map(() => openStore({ databaseUrl: pgbouncer.urlOf(database.url) })),
      );
      for (const replica of replicas) await replica.close();
      bench = await openBench({ databaseUrl: pgbouncer.urlOf(database.url) });
    });
    afterAll(async () => {
      await bench?.close();
      await pgbouncer?.close();
      await database?.drop();
    });

    const current = () => bench;
    rolloutsContract(current);
    outboxContract(current);
    leaseContract(current);
    listsContract(current);

    async function rowsOf(
      databaseUrl: string,
      work: (database: ReturnType<DatabaseConnection['database']>) => Promise<unknown>,
    ) {
      const connection = await openConnection({ databaseUrl });
      const rows = await work(connection.database());
      await connection.close();
      return [...(rows as readonly unknown[])];
    }

    it('leaves no lock and no setting behind on the pooled connections', async () => {
      const locks = sql`select 1 from pg_locks where locktype = 'advisory'`;
      expect(await rowsOf(database.url, (direct) => direct.execute(locks))).toEqual([]);
      const shown = await rowsOf(pgbouncer.urlOf(database.url), (pooled) =>
        pooled.execute(sql`show statement_timeout`),
      );
      expect(shown).toEqual([{ statement_timeout: '0' }]);
    });

    it('limits the statements of a transaction', async () => {
      const shown = await rowsOf(pgbouncer.urlOf(database.url), (pooled) =>
        pooled.transaction((tx) => tx.execute(sql`show statement_timeout`)),
      );
      expect(shown).toEqual([{ statement_timeout: '10s' }]);
    });
  });
});
