import { appendAudit } from './audit.ts';
import type { Run } from './database.ts';
import { consumers, secretCheck } from './schema.ts';
import type { SecretCheck } from './store.ts';

const ONLY = 1;

export function secretCheckOn(run: Run): SecretCheck {
  return {
    find: () =>
      run(async (database) => {
        const [row] = await database.select({ value: secretCheck.value }).from(secretCheck);
        return row?.value ?? null;
      }),
    put: (value, listed, drafts) =>
      run((database) =>
        database.transaction(async (tx) => {
          await tx
            .insert(secretCheck)
            .values({ id: ONLY, value })
            .onConflictDoUpdate({ target: secretCheck.id, set: { value } });
          if (listed === 'removed') await tx.delete(consumers);
          await appendAudit(tx, drafts);
        }),
      ),
  };
}
