import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { orRemembered } from '../../../src/controller/patience.ts';
import { ensureAdminToken, renewAdminToken, revokedAdminToken } from '../../../src/identity/admin-token.ts';
import { LastUses } from '../../../src/identity/last-uses.ts';
import { hashOf, newToken, tokenControl } from '../../../src/identity/tokens.ts';
import { VerifiedTokens } from '../../../src/identity/verified-tokens.ts';
import type { LogEvent } from '../../../src/problem/log.ts';
import { openConnection, storeOn } from '../../../src/store/connect.ts';
import { tokens } from '../../../src/store/schema.ts';
import { placeDatabase } from '../../support/made-database.ts';

const databaseFolder = mkdtempSync(join(tmpdir(), 'serin-tokens-'));
const folders = [databaseFolder];
await placeDatabase(databaseFolder);
const connection = await openConnection({ dataFolder: databaseFolder });
const store = storeOn(connection);
const uses = new LastUses(store.tokens, Date.now, () => {});
const verified = new VerifiedTokens({ tokens: store.tokens, orRemembered, uses });
const control = tokenControl({ store, newId: () => v7(), verified, uses, now: Date.now });
// The store itself never revokes the last admin token.
beforeEach(() =>
  connection
    .database()
    .update(tokens)
    .set({ revokedAt: new Date(0) })
    .execute(),
);
afterAll(async () => {
  await store.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const ADA = { name: 'ada', role: 'admin' } as const;

function installation(text?: string) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'serin-token-'));
  folders.push(dataFolder);
  const file = join(dataFolder, 'admin-token');
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 });
  const said: LogEvent[] = [];
  return {
    file,
    said,
    token: () => readFileSync(file, 'utf8').trim(),
    revoked: () => revokedAdminToken(store, dataFolder),
    start: () =>
      ensureAdminToken(
        store,
        dataFolder,
        () => v7(),
        (event) => said.push(event),
      ),
    renew: () => renewAdminToken(store, { dataFolder, newId: () => v7(), by: ADA, reason: 'lost' }),
  };
}

describe('the admin token of the data folder', () => {
  it('is made at the first start, for its owner only, and counts', async () => {
    const { file, token, start, said } = installation();
    await start();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await control.authenticate(token())).toMatchObject({ name: 'local admin', role: 'admin' });
    const made = token();
    await start();
    expect([token(), said]).toEqual([made, []]);
  });

  it.each([
    ['empty', '\n', /admin-token is empty: create a new one with `serin renew-admin-token`/],
    ['cut short', 'serin_8pQx', /admin-token does not hold a Serin token: create a new one/],
  ])(
    'that is %s is refused at the start instead of locking everybody out, and can be renewed',
    async (_, text, message) => {
      const { token, start, renew } = installation(text);
      await expect(start()).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(message) });
      expect((await store.tokens.list()).filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
      await renew();
      await start();
      expect(await control.authenticate(token())).toMatchObject({ role: 'admin' });
    },
  );

  it('that was lost is told of with the way out, which revokes the one before', async () => {
    const { file, token, start, renew, said } = installation();
    await start();
    const before = token();
    rmSync(file);
    await start();
    expect(said).toMatchObject([
      { what: 'adminTokenFileMissing', level: 'warn', reason: expect.stringContaining('`serin renew-admin-token`') },
    ]);
    expect(await control.authenticate(before)).toMatchObject({ role: 'admin' });
    expect(await renew()).toEqual({ path: file, revoked: 1 });
    expect(await control.authenticate(before)).toBeNull();
    expect(await control.authenticate(token())).toMatchObject({ role: 'admin' });
    expect(await store.audit.list({ limit: 2 })).toMatchObject([
      { event: { kind: 'tokenRevoked' }, actor: ADA, reason: 'lost' },
      { event: { kind: 'tokenCreated' }, actor: ADA, reason: 'lost' },
    ]);
  });

  it('that was revoked is told of with the way out', async () => {
    const { file, start, revoked } = installation();
    await start();
    expect(await revoked()).toBeNull();
    const [record] = (await store.tokens.list()).filter(({ revokedAt }) => revokedAt === null);
    await control.create({ name: 'ada', role: 'admin' }, ADA, 'hers');
    await control.revoke(record?.id ?? '', ADA, 'by mistake');
    expect(await revoked()).toBe(
      `the token in ${file} was revoked: use another admin token, or create a new one with \`serin renew-admin-token\``,
    );
  });

  it('of an installation that calls it first-start stays as it is, and is revoked when it is renewed', async () => {
    const { file, renew, start, token } = installation();
    const old = newToken('admin');
    writeFileSync(file, old, { mode: 0o600 });
    const draft = { at: 0, actor: ADA, route: '', rolloutId: null, reason: 'before', before: null, after: null };
    const record = {
      id: v7(),
      name: 'first-start',
      role: 'admin',
      sender: null,
      scope: null,
      expiresAt: null,
      hash: hashOf(old),
    } as const;
    await store.tokens.create(record, { ...draft, event: { kind: 'tokenCreated' } });
    await start();
    expect(await control.authenticate(token())).toMatchObject({ name: 'first-start', role: 'admin' });
    expect(await renew()).toMatchObject({ revoked: 1 });
    expect(await control.authenticate(old)).toBeNull();
    expect(await control.authenticate(token())).toMatchObject({ name: 'local admin', role: 'admin' });
  });

  it('renewed leaves tokens of people alone', async () => {
    const { start, renew } = installation();
    await start();
    const { token } = await control.create({ name: 'ada', role: 'admin' }, ADA, 'hers');
    expect(await renew()).toMatchObject({ revoked: 1 });
    expect(await control.authenticate(token)).toMatchObject({ name: 'ada' });
  });
});
