import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { installationSecret } from '../../../src/identity/installation-secret.ts';
import type { LogEvent } from '../../../src/problem/log.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import type { Store } from '../../../src/store/store.ts';
import { embeddedStore } from '../../support/controller-stage.ts';

const { store, close } = await embeddedStore();
const folders: string[] = [];
afterAll(async () => {
  await close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const ACME = {
  name: 'acme',
  keyHash: 'hash',
  rule: 'canary',
  group: null,
  wave: null,
  due: null,
  contact: null,
} as const;
const draft = { at: 0, actor: SERIN, route: 'shop', rolloutId: null, reason: 'test', before: null, after: null };
const listAcme = (on: Store) =>
  on.consumers.change(
    { route: 'shop', expected: [], put: [ACME], removed: [] },
    { ...draft, event: { kind: 'consumerListed' } },
  );

/** A data folder, perhaps with a secret in it, and what a start says there. */
function place(text?: string, env: NodeJS.ProcessEnv = {}, on: Store = store) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'serin-secret-'));
  folders.push(dataFolder);
  const file = join(dataFolder, 'secret');
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 });
  const said: LogEvent[] = [];
  const start = (given = env) => installationSecret(on, { dataFolder, env: given }, (event) => said.push(event));
  return { file, start, said };
}

beforeEach(async () => {
  await store.secretCheck.put('', 'removed', []);
});

const GIVEN = { SERIN_SECRET: 'a secret of at least thirty-two characters' };

describe('the secret of an installation', () => {
  it('is made at the first start, for its owner only, and the same from then on', async () => {
    const { file, start } = place();
    const made = await start();
    expect(made).toHaveLength(32);
    expect(readFileSync(file, 'utf8')).toBe(`${Buffer.from(made).toString('hex')}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.new`)).toBe(false);
    expect(await start()).toEqual(made);
  });

  it.each([
    ['empty', '', /secret is empty: restore it from a backup, or create a new secret with `serin renew-secret`/],
    ['blank', ' \n', /is empty/],
    ['cut short', 'ab'.repeat(31), /holds 62 characters instead of the 64 hexadecimal digits/],
    ['of an odd length', `${'ab'.repeat(32)}c`, /holds 65 characters/],
    ['not hexadecimal', `${'ab'.repeat(31)}xy`, /holds 64 characters instead/],
  ])('that is %s is refused, and left as it is', async (_, text, message) => {
    const { file, start } = place(text);
    await expect(start()).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(message) });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it.each(['', 'short', ' '.repeat(40)])(
    'of the environment that is too short is refused: "%s"',
    async (SERIN_SECRET) => {
      await expect(place().start({ SERIN_SECRET })).rejects.toThrow(
        /SERIN_SECRET is (shorter than 32 characters|set, but empty)/,
      );
    },
  );

  it.skipIf(process.platform === 'win32')('that everybody on the machine may read is refused', async () => {
    const { file, start } = place('ab'.repeat(32));
    chmodSync(file, 0o644);
    await expect(start()).rejects.toThrow(`every user of this machine can open ${file}: run \`chmod 600 ${file}\``);
    chmodSync(file, 0o640);
    await expect(start()).resolves.toHaveLength(32);
  });

  it('that was lost is not made anew while the key of a consumer depends on it', async () => {
    const { file, start } = place();
    const made = await start();
    await listAcme(store);
    rmSync(file);
    await expect(start()).rejects.toThrow(
      `${file} is missing, and the key of 1 listed consumer can only be recognised with that secret: restore it, or create a new one with \`serin renew-secret\``,
    );
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, Buffer.from(made).toString('hex'), { mode: 0o600 });
    expect(await start()).toEqual(made);
  });

  it('of a database from before there were check values is taken as it is, but not made anew', async () => {
    const older = await embeddedStore();
    try {
      await listAcme(older.store);
      const { start, file, said } = place(undefined, {}, older.store);
      await expect(start()).rejects.toThrow(/is missing, and the key of 1 listed consumer/);
      writeFileSync(file, 'ab'.repeat(32), { mode: 0o600 });
      expect(await start()).toEqual(Buffer.alloc(32, 0xab));
      expect(said).toEqual([]);
      writeFileSync(file, 'cd'.repeat(32));
      await expect(start()).rejects.toThrow(/is not the secret that this database was used with/);
    } finally {
      await older.close();
    }
  });

  it('that is another one is noticed while a consumer depends on the one before', async () => {
    const { start } = place(undefined, GIVEN);
    const made = await start();
    await listAcme(store);
    await expect(start({ SERIN_SECRET: `${GIVEN.SERIN_SECRET}!` })).rejects.toThrow(
      'SERIN_SECRET is not the secret that this database was used with',
    );
    await expect(start({})).rejects.toThrow(/secret is missing/);
    expect(await start()).toEqual(made);
  });

  it('that is another one is taken, audited and told, when no consumer depends on it', async () => {
    const { start, said } = place(undefined, GIVEN);
    await start();
    said.length = 0;
    const made = await start({});
    expect(said).toMatchObject([{ what: 'secretReplaced', level: 'warn' }]);
    expect(await store.audit.list({ limit: 1 })).toMatchObject([{ event: { kind: 'secretReplaced' }, actor: SERIN }]);
    expect(await start({})).toEqual(made);
  });
});
