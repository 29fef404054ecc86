import { appendAudit } from './audit.ts';
import type { Database, Run } from './database.ts';
import { asc, inArray } from './drizzle.ts';
import { stables } from './schema.ts';
import type { StableRecord, StableStore } from './store.ts';

export function stableStore(run: Run): StableStore {
  return {
    list: () => run((database) => database.select().from(stables).orderBy(asc(stables.route))),
    forget: (declared, also = []) =>
      run((database) =>
        database.transaction(async (tx) => {
          const routes = declared.map(({ route }) => route);
          const gone = await tx
            .delete(stables)
            .where(inArray(stables.route, routes))
            .returning({ route: stables.route });
          const forgotten = declared.filter((draft) => gone.some(({ route }) => route === draft.route));
          await appendAudit(tx, [...also, ...forgotten]);
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
