import { canonicalJson } from '../policy/digest.ts';
import { Problem } from '../problem/problem.ts';
import { appendAudit } from './audit.ts';
import type { Database, Run } from './database.ts';
import { and, asc, eq, inArray, sql } from './drizzle.ts';
import { consumers } from './schema.ts';
import type { ConsumerList, ListChange, ListedConsumer } from './store.ts';

export function consumerList(run: Run): ConsumerList {
  return {
    list: (route) => run((database) => readList(database, route)),
    change: (change, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          await replaceListed(tx, change);
          await appendAudit(tx, [draft]);
        }),
      ),
  };
}

async function readList(database: Database, route: string | null): Promise<readonly ListedConsumer[]> {
  const rows = await database
    .select()
    .from(consumers)
    .where(route === null ? undefined : eq(consumers.route, route))
    .orderBy(asc(consumers.route), asc(consumers.name));
  return rows.map((row) => ({ ...row, changedAt: row.changedAt.getTime() }));
}

/** Throws Problem('stale') when the list is not the expected one. */
export async function replaceListed(tx: Database, { route, expected, put, removed }: ListChange): Promise<void> {
  // Writers take turns, also those that insert what no row lock could hold. Readers do not wait.
  await tx.execute(sql`lock table ${consumers} in share row exclusive mode`);
  if (contentOf(await readList(tx, route)) !== contentOf(expected)) {
    throw new Problem('stale', `the consumers of route ${route} were changed meanwhile`);
  }
  const replaced = [...removed, ...put.map(({ name }) => name)];
  // Before the inserts, so that two consumers can swap credentials.
  if (replaced.length > 0) {
    await tx.delete(consumers).where(and(eq(consumers.route, route), inArray(consumers.name, replaced)));
  }
  if (put.length > 0) await tx.insert(consumers).values(put.map((consumer) => ({ ...consumer, route })));
}

/** Everything but the time, which a client may have rounded. The order is the database's own in both. */
function contentOf(listed: readonly ListedConsumer[]): string {
  return canonicalJson(listed.map(({ changedAt: _changedAt, ...consumer }) => consumer));
}
