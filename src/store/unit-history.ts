import type { Run } from './database.ts';
import { eq } from './drizzle.ts';
import { unitHistory } from './schema.ts';
import type { UnitHistory } from './store.ts';

/** As base64: the drivers differ in how they take bytes. */
export function unitHistoryOn(run: Run): UnitHistory {
  return {
    load: (route) =>
      run(async (database) => {
        const [row] = await database
          .select({ ledger: unitHistory.ledger })
          .from(unitHistory)
          .where(eq(unitHistory.route, route));
        return row === undefined ? null : new Uint8Array(Buffer.from(row.ledger, 'base64'));
      }),
    save: (route, bytes) =>
      run(async (database) => {
        const ledger = Buffer.from(bytes).toString('base64');
        await database
          .insert(unitHistory)
          .values({ route, ledger })
          .onConflictDoUpdate({ target: unitHistory.route, set: { ledger } });
      }),
  };
}
