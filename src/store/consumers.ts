import { appendAudit } from './audit.ts';
import { NOW } from './clock.ts';
import type { Run } from './database.ts';
import { and, asc, eq } from './drizzle.ts';
import { consumers } from './schema.ts';
import type { ConsumerList } from './store.ts';

export function consumerList(run: Run): ConsumerList {
  return {
    list: (route) =>
      run(async (database) => {
        const rows = await database
          .select()
          .from(consumers)
          .where(route === null ? undefined : eq(consumers.route, route))
          .orderBy(asc(consumers.route), asc(consumers.name));
        return rows.map((row) => ({ ...row, changedAt: row.changedAt.getTime() }));
      }),
    put: ({ route, name, keyHash, rule }, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          await tx
            .insert(consumers)
            .values({ route, name, keyHash, rule })
            .onConflictDoUpdate({
              target: [consumers.route, consumers.name],
              set: { keyHash, rule, changedAt: NOW },
            });
          await appendAudit(tx, [draft]);
        }),
      ),
    remove: (route, name, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          const removed = await tx
            .delete(consumers)
            .where(and(eq(consumers.route, route), eq(consumers.name, name)))
            .returning({ name: consumers.name });
          if (removed.length > 0) await appendAudit(tx, [draft]);
          return removed.length > 0;
        }),
      ),
  };
}
