import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const DIES = `--import ${resolve(import.meta.dirname, '../support/dies-writing.ts')}`;
const SECRET = /^[0-9a-f]{64}\n$/;
const TOKEN = /^serin_[A-Za-z0-9_-]{43}\n$/;

function home(): Home {
  const made = makeHome(
    `gateway: { listen: 127.0.0.1:0, timeouts: { notice: 0s } }
control: { listen: 127.0.0.1:0 }
routes:
  - name: shop
    stable: http://127.0.0.1:9
    policy: standard
    consumerKey: { header: x-api-key }
    force: { tokens: accepted }
`,
    'nothing',
  );
  onTestFinished(made.remove);
  return made;
}

const inData = ({ folder }: Home, name: string) => join(folder, '.serin', name);
const read = (of: Home, name: string) => readFileSync(inData(of, name), 'utf8');
const command = (of: Home, ...args: string[]) =>
  serin([...args, '--config', of.configFile], { cwd: of.folder, env: { SERIN_SECRET: undefined } });

async function serve(of: Home): Promise<ServerProcess> {
  const server = await startServerProcess(of, { SERIN_SECRET: undefined });
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}

async function stop({ child, ended }: ServerProcess): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

const admitted = async (of: Home, { controlUrl }: ServerProcess) =>
  (await fetch(`${controlUrl}/api/v1/tokens`, { headers: { authorization: `Bearer ${of.token()}` } })).status;

/** In the order of a first start: each start finds what the one before left when it was killed. */
const STEPS = ['secret', 'admin-token'].flatMap((name) =>
  ['half', 'written', 'synced', 'renamed'].map((step) => ({ name, step })),
);

describe('first starts that are killed', () => {
  it('while they write a file leave nothing that the next start takes for one', async () => {
    const made = home();
    for (const { name, step } of STEPS) {
      const env = { NODE_OPTIONS: DIES, SERIN_TEST_DIES: `${name}:${step}`, SERIN_SECRET: undefined };
      const died = await startServerProcess(made, env).then(
        () => 'it served',
        (error: Error) => error.message,
      );
      expect(died, `${name} ${step}`).toContain('the server ended with SIGKILL');
      expect(existsSync(inData(made, name)), `${name} ${step}`).toBe(step === 'renamed');
    }
    const server = await serve(made);
    expect(read(made, 'secret')).toMatch(SECRET);
    expect(read(made, 'admin-token')).toMatch(TOKEN);
    expect(readdirSync(inData(made, '.')).sort()).toEqual(['admin-token', 'database', 'listening', 'lock', 'secret']);
    expect(await admitted(made, server)).toBe(200);
    await stop(server);
    // Nine starts, each of which takes ten seconds on a busy machine.
  }, 300_000);
});

describe('what a start finds in the data folder', () => {
  it('an empty secret and an empty admin token are refused with exit code 2 and a way out that works', async () => {
    const made = home();
    mkdirSync(inData(made, '.'), { mode: 0o700 });
    for (const name of ['secret', 'admin-token']) writeFileSync(inData(made, name), '', { mode: 0o600 });
    const first = await command(made, 'serve');
    expect([first.code, first.stderr]).toEqual([2, expect.stringMatching(/secret is empty: .*`serin renew-secret`/)]);
    expect((await command(made, 'force-token', 'shop')).stderr).toMatch(/secret is empty/);
    const renewed = await command(made, 'renew-secret', '--reason', 'a broken first start');
    expect([renewed.code, renewed.stdout]).toEqual([0, expect.stringMatching(/^a new secret is in .*secret\n$/)]);
    const second = await command(made, 'serve');
    expect([second.code, second.stderr]).toEqual([2, expect.stringMatching(/is empty: .*`serin renew-admin-token`/)]);
    expect((await command(made, 'renew-admin-token', '--reason', 'a broken first start')).stdout).toMatch(
      /^a new admin token is in .*; 0 previous tokens revoked\n$/,
    );
    const server = await serve(made);
    expect(await admitted(made, server)).toBe(200);
  });

  it('a secret that was lost while a consumer is listed is refused until it is restored or renewed', async () => {
    const made = home();
    const server = await serve(made);
    const listed = await fetch(`${server.controlUrl}/api/v1/routes/shop/consumers/acme`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${made.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ rule: 'canary', key: 'the key of acme', reason: 'they asked' }),
    });
    expect(listed.status).toBe(200);
    const busy = await command(made, 'renew-secret', '--reason', 'while it serves');
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('Stop that Serin first')]);
    await stop(server);

    const secret = read(made, 'secret');
    rmSync(inData(made, 'secret'));
    const refused = await command(made, 'serve');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/is missing, and the key of 1 listed/)]);
    writeFileSync(inData(made, 'secret'), secret, { mode: 0o600 });
    await stop(await serve(made));

    rmSync(inData(made, 'secret'));
    const renewed = await command(made, 'renew-secret', '--reason', 'it was lost');
    expect(renewed.stdout).toContain('removed from shop: acme (canary); `serin consumers add` lists it again');
    expect(read(made, 'secret')).toMatch(SECRET);
    await stop(await serve(made));
  });

  it.skipIf(process.platform === 'win32')(
    "the database is nobody else's, even where the folder above it is open",
    async () => {
      const made = home();
      mkdirSync(inData(made, '.'), { mode: 0o755 });
      chmodSync(inData(made, '.'), 0o755);
      await stop(await serve(made));
      expect(statSync(inData(made, 'database')).mode & 0o777).toBe(0o700);
      chmodSync(inData(made, 'database'), 0o755);
      await stop(await serve(made));
      expect(statSync(inData(made, 'database')).mode & 0o777).toBe(0o700);
    },
  );
});
