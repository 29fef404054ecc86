import { join } from 'node:path';
import type { Log } from '../problem/log.ts';
import { Problem } from '../problem/problem.ts';
import { type Actor, SERIN } from '../rollout/event.ts';
import type { Store, TokenRecord } from '../store/store.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import { hashOf, newToken, tokenAudit } from './tokens.ts';

export const ADMIN_TOKEN_FILE = 'admin-token';

/** The name of the file's token in the database, and so of its bearer in the audit and in messages. */
const NAME = 'local admin';
/** Its name in older installations. */
const NAMES: ReadonlySet<string> = new Set([NAME, 'first-start']);
const WELL_FORMED = /^serin_[A-Za-z0-9_-]{43}$/;
const WAY_OUT = 'create a new one with `serin renew-admin-token`';

type TokenPort = Pick<Store, 'tokens' | 'now'>;

/**
 * The first start writes an admin token to the data folder, where the local command line finds it. A token file that the
 * database does not know (a new database) is added to it; a lost file is only replaced while no admin token is left, because
 * an admin may have the token elsewhere. Throws Problem('invalid-input') on a file that holds no token.
 */
export async function ensureAdminToken(
  store: TokenPort,
  dataFolder: string,
  newId: () => string,
  log: Log,
): Promise<void> {
  const path = join(dataFolder, ADMIN_TOKEN_FILE);
  const token = presentAdminToken(dataFolder);
  if (token === null) {
    if ((await store.tokens.list()).some((record) => isLiveAdmin(record) && record.expiresAt === null)) {
      const reason = `${path} is missing, and the database has an admin token already: use that token, or ${WAY_OUT}`;
      log({ what: 'adminTokenFileMissing', level: 'warn', reason });
      return;
    }
    await keep(store, makeFile(path), newId(), SERIN, 'first start');
    return;
  }
  if (!(await store.tokens.find({ hash: hashOf(token) }))) await keep(store, token, newId(), SERIN, 'first start');
}

/**
 * One sentence if the token in the file is no longer valid, with the way out; null if it is valid, if there is none, and if the
 * file contains no token, which is reported elsewhere.
 */
export async function revokedAdminToken(store: TokenPort, dataFolder: string): Promise<string | null> {
  const token = readPrivateFile(join(dataFolder, ADMIN_TOKEN_FILE));
  const known = token === null ? null : await store.tokens.find({ hash: hashOf(token) });
  const over = known === null ? null : known.revokedAt === null ? await expired(store, known) : 'was revoked';
  if (over === null) return null;
  return `the token in ${join(dataFolder, ADMIN_TOKEN_FILE)} ${over}: use another admin token, or ${WAY_OUT}`;
}

/** The token in the file; null if there is no file. Throws Problem('invalid-input') on a file that holds no token. */
export function presentAdminToken(dataFolder: string): string | null {
  const path = join(dataFolder, ADMIN_TOKEN_FILE);
  const token = readPrivateFile(path);
  if (token !== null && !WELL_FORMED.test(token)) {
    throw new Problem(
      'invalid-input',
      `${path} ${token === '' ? 'is empty' : 'does not hold a Serin token'}: ${WAY_OUT}`,
    );
  }
  return token;
}

/** Writes a new token to the file; tokens that were in it before are revoked. */
export async function renewAdminToken(
  store: TokenPort,
  {
    dataFolder,
    newId,
    by,
    reason,
  }: {
    readonly dataFolder: string;
    readonly newId: () => string;
    readonly by: Actor;
    readonly reason: string;
  },
): Promise<{ readonly path: string; readonly revoked: number }> {
  const path = join(dataFolder, ADMIN_TOKEN_FILE);
  const before = (await store.tokens.list()).filter((record) => isLiveAdmin(record) && NAMES.has(record.name));
  await keep(store, makeFile(path), newId(), by, reason);
  for (const { id } of before) {
    await store.tokens.revoke(id, await tokenAudit(store, by, reason, { kind: 'tokenRevoked', id }));
  }
  return { path, revoked: before.length };
}

async function expired(store: Pick<Store, 'now'>, { expiresAt }: TokenRecord): Promise<string | null> {
  return expiresAt !== null && expiresAt <= (await store.now()) ? 'has expired' : null;
}

function isLiveAdmin({ role, revokedAt }: TokenRecord): boolean {
  return role === 'admin' && revokedAt === null;
}

function makeFile(path: string): string {
  const token = newToken('admin');
  writePrivateFile(path, `${token}\n`);
  return token;
}

async function keep(store: TokenPort, token: string, id: string, actor: Actor, reason: string): Promise<void> {
  const role = 'admin';
  const entry = await tokenAudit(store, actor, reason, { kind: 'tokenCreated', id, name: NAME, role });
  await store.tokens.create(
    { id, name: NAME, role, sender: null, scope: null, expiresAt: null, hash: hashOf(token) },
    entry,
  );
}
