import { appendAudit } from './audit.ts';
import { NOW } from './clock.ts';
import type { Run } from './database.ts';
import { and, asc, eq, isNull, lt, or } from './drizzle.ts';
import { isUuid } from './identifier.ts';
import { tokens } from './schema.ts';
import type { TokenRecord, TokenStore } from './store.ts';

const columns = {
  id: tokens.id,
  name: tokens.name,
  role: tokens.role,
  sender: tokens.sender,
  scope: tokens.scope,
  makers: tokens.makers,
  createdAt: tokens.createdAt,
  expiresAt: tokens.expiresAt,
  lastUsedAt: tokens.lastUsedAt,
  revokedAt: tokens.revokedAt,
};

export function tokenStore(run: Run): TokenStore {
  return {
    create: ({ id, name, role, sender, scope, makers = null, expiresAt, hash }, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          const expires = expiresAt === null ? null : new Date(expiresAt);
          await tx.insert(tokens).values({ id, name, role, sender, scope, makers, expiresAt: expires, hash });
          await appendAudit(tx, [draft]);
        }),
      ),
    find: (by) =>
      run(async (database) => {
        if ('id' in by && !isUuid(by.id)) return null;
        const isMeant = 'id' in by ? eq(tokens.id, by.id) : eq(tokens.hash, by.hash);
        const [row] = await database.select(columns).from(tokens).where(isMeant);
        return row === undefined ? null : recordOf(row);
      }),
    list: () =>
      run(async (database) => {
        const rows = await database.select(columns).from(tokens).orderBy(asc(tokens.createdAt), asc(tokens.id));
        return rows.map(recordOf);
      }),
    used: (uses) =>
      run((database) =>
        database.transaction(async (tx) => {
          // In the order of a revocation's locks.
          for (const [id, at] of [...uses].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
            const used = new Date(at);
            const isNewer = or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, used));
            await tx
              .update(tokens)
              .set({ lastUsedAt: used })
              .where(and(eq(tokens.id, id), isNewer));
          }
        }),
      ),
    revoke: (id, draft) =>
      run((database) =>
        database.transaction(async (tx) => {
          if (!isUuid(id)) return { kind: 'unknown' };
          // Locked in one order: of two concurrent revocations the second sees what the first has left.
          const admins = await tx
            .select({ id: tokens.id })
            .from(tokens)
            .where(and(eq(tokens.role, 'admin'), isNull(tokens.revokedAt), isNull(tokens.expiresAt)))
            .orderBy(asc(tokens.id))
            .for('update');
          if (admins.length === 1 && admins[0]?.id === id) return { kind: 'last-admin' };
          const revoked = await tx
            .update(tokens)
            .set({ revokedAt: NOW })
            .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
            .returning({ id: tokens.id });
          if (revoked.length > 0) {
            await appendAudit(tx, [draft]);
            return { kind: 'revoked' };
          }
          const [found] = await tx.select({ at: tokens.revokedAt }).from(tokens).where(eq(tokens.id, id));
          return found?.at ? { kind: 'revoked-before', at: found.at.getTime() } : { kind: 'unknown' };
        }),
      ),
  };
}

type TokenRow = Omit<TokenRecord, 'createdAt' | 'expiresAt' | 'lastUsedAt' | 'revokedAt'> & {
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

function recordOf(row: TokenRow): TokenRecord {
  const { createdAt, expiresAt, lastUsedAt, revokedAt } = row;
  return {
    ...row,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt?.getTime() ?? null,
    lastUsedAt: lastUsedAt?.getTime() ?? null,
    revokedAt: revokedAt?.getTime() ?? null,
  };
}
