import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenControl, TokenView } from '../api/control.ts';
import { Problem } from '../problem/problem.ts';
import { type Actor, type Role, SERIN } from '../rollout/event.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { Store, TokenRecord } from '../store/store.ts';
import { keptSecret } from './secrets.ts';

export const ADMIN_TOKEN_FILE = 'admin-token';

/** Tokens carry 256 bits of their own, so a plain hash is enough to keep them by. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function newToken(): string {
  return `serin_${randomBytes(32).toString('base64url')}`;
}

export function tokenControl(store: Pick<Store, 'tokens' | 'now'>, newId: () => string): TokenControl {
  const audited = async (
    by: Actor,
    reason: string,
    event: { kind: string; [fact: string]: unknown },
  ): Promise<AuditDraft> => ({
    at: await store.now(),
    actor: by,
    route: '',
    rolloutId: null,
    event,
    reason,
    before: null,
    after: null,
  });

  return {
    async authenticate(token) {
      const found = await store.tokens.findByHash(hashOf(token));
      return found && found.revokedAt === null ? { name: found.name, role: found.role } : null;
    },
    async create(name, role, by, reason) {
      const token = newToken();
      const id = newId();
      await store.tokens.create(
        { id, name, role, hash: hashOf(token) },
        await audited(by, reason, { kind: 'tokenCreated', id, name, role }),
      );
      const created = (await store.tokens.list()).find((record) => record.id === id);
      if (!created) throw new Problem('internal', 'the token was not stored');
      return { ...viewOf(created), token };
    },
    async list() {
      return (await store.tokens.list()).map(viewOf);
    },
    async revoke(id, by, reason) {
      const revoked = await store.tokens.revoke(id, await audited(by, reason, { kind: 'tokenRevoked', id }));
      if (!revoked) throw new Problem('not-found', `there is no token ${id}`);
    },
  };
}

/**
 * The first start writes an admin token into the data folder (mode 0600), where the local command line finds it. A
 * token file that the database does not know (a new database) is taken in; a lost file is made anew only while no
 * admin token is left.
 */
export async function ensureAdminToken(
  store: Pick<Store, 'tokens' | 'now'>,
  dataFolder: string,
  newId: () => string,
): Promise<void> {
  const path = join(dataFolder, ADMIN_TOKEN_FILE);
  const isAdmin = ({ role, revokedAt }: TokenRecord) => role === 'admin' && revokedAt === null;
  if (!existsSync(path) && (await store.tokens.list()).some(isAdmin)) return;
  const hash = hashOf(keptSecret(path, newToken));
  if (await store.tokens.findByHash(hash)) return;
  const role: Role = 'admin';
  const draft = { kind: 'tokenCreated', name: 'first-start', role };
  const at = await store.now();
  await store.tokens.create(
    { id: newId(), name: 'first-start', role, hash },
    { at, actor: SERIN, route: '', rolloutId: null, event: draft, reason: 'first start', before: null, after: null },
  );
}

function viewOf({ id, name, role, createdAt, revokedAt }: TokenRecord): TokenView {
  const time = (at: number) => new Date(at).toISOString();
  return { id, name, role, createdAt: time(createdAt), revokedAt: revokedAt === null ? null : time(revokedAt) };
}
