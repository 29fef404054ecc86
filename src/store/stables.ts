import { appendAudit } from './audit.ts';
import type { Database, Run } from './database.ts';
import { asc, eq } from './drizzle.ts';
import { stables } from './schema.ts';
import type { StableRecord, StableStore } from './store.ts';

export function stableStore(run: Run): StableStore {
  return {
    list: () => run((database) => database.select().from(stables).orderBy(asc(stables.route))),
    forget: (route, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          const gone = await tx.delete(stables).where(eq(stables.route, route)).returning({ route: stables.route });
          if (gone.length > 0) await appendAudit(tx, [draft]);
        }),
      ),
  };
}

export async function keepStable(tx: Database, { route, stable, replacedUrl }: StableRecord): Promise<void> {
  await tx
    .insert(stables)
    .values({ route, stable, replacedUrl })
    .onConflictDoUpdate({ target: stables.route, set: { stable, replacedUrl } });
}
