import { appendAudit } from './audit.ts';
import type { Database, Run } from './database.ts';
import { and, asc, eq, sql } from './drizzle.ts';
import { stables } from './schema.ts';
import type { StableDeclaration, StableRecord, StableStore } from './store.ts';

/** A file that is late by more promotions is not known any more. */
const MOST_REPLACED = 20;

export function stableStore(run: Run): StableStore {
  return {
    list: () => run((database) => database.select().from(stables).orderBy(asc(stables.route))),
    declare: (declarations, also = []) =>
      run((database) =>
        database.transaction(async (tx) => {
          const told = [...also];
          for (const declaration of declarations) {
            if (await isNews(tx, declaration)) told.push(declaration.entry);
          }
          await appendAudit(tx, told);
        }),
      ),
  };
}

async function isNews(tx: Database, { says, by, promoted, entry }: StableDeclaration): Promise<boolean> {
  const isIt = and(eq(stables.route, entry.route), eq(sql`${stables.stable} ->> 'url'`, promoted));
  if (says === 'again') return (await tx.delete(stables).where(isIt).returning({ route: stables.route })).length > 0;
  const [kept] = await tx.select().from(stables).where(isIt).for('update');
  if (kept === undefined || kept.declaredBy.includes(by)) return false;
  await tx
    .update(stables)
    .set({ declaredBy: [...kept.declaredBy, by] })
    .where(isIt);
  return true;
}

export async function keepStable(tx: Database, { route, stable, replacedUrl }: StableRecord): Promise<void> {
  const [former] = await tx.select().from(stables).where(eq(stables.route, route)).for('update');
  const alsoReplaced = former ? replacedBefore(former, stable.url) : [];
  const kept = { stable, replacedUrl, alsoReplaced, declaredBy: [] };
  await tx
    .insert(stables)
    .values({ route, ...kept })
    .onConflictDoUpdate({ target: stables.route, set: kept });
}

/** A stable that no file has ever declared is no file's: who declares it later wants it. */
function replacedBefore(former: typeof stables.$inferSelect, promoted: string): readonly string[] {
  const { alsoReplaced, replacedUrl, declaredBy, stable } = former;
  const replaced = new Set([...alsoReplaced, replacedUrl, ...(declaredBy.length > 0 ? [stable.url] : [])]);
  replaced.delete(promoted);
  return [...replaced].slice(-MOST_REPLACED);
}
