// Run as a process of its own: a Postgres server that lives as long as the other end of stdin, however that ends. Says in
// one line of JSON where it is, or why there is none.
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inTime } from './in-time.ts';
import { folderFor, postgresAccount, postgresPrograms } from './postgres-binaries.ts';
import { closedPort } from './upstream.ts';

const INITDB_MS = 60_000;
const START_MS = 30_000;
const STOP_MS = 10_000;
const PORTS = 5;

const goes = new Promise<void>((done) => process.stdin.resume().once('close', done));
const account = postgresAccount();
const home = mkdtempSync(join(folderFor(account), 'serin-postgres-'));

try {
  await serve();
} catch (thrown) {
  say({ reason: thrown instanceof Error ? thrown.message : String(thrown) });
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

async function serve(): Promise<void> {
  const bin = join(postgresPrograms(account, home), 'bin');
  const options = { ...account, cwd: '/', env: { ...process.env, LC_ALL: 'C' } };
  const data = join(home, 'data');
  const passwordFile = join(home, 'password');
  const password = randomBytes(8).toString('hex');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [home, data, passwordFile]) chownSync(path, account.uid, account.gid);

  const initdb = [`--pgdata=${data}`, '--auth=password', '--username=postgres', `--pwfile=${passwordFile}`];
  const made = spawnSync(join(bin, 'initdb'), [...initdb, '--encoding=UTF8', '--no-sync'], {
    ...options,
    timeout: INITDB_MS,
  });
  if (made.error) throw made.error;
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status ?? made.signal}: ${String(made.stderr)}`);

  const settings = { fsync: 'off', unix_socket_directories: '', listen_addresses: '127.0.0.1' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let left = PORTS; left > 0; left -= 1) {
    const port = await closedPort();
    const program = [join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags] as const;
    const outcome = await serveAt(program, options, `postgres://postgres:${password}@127.0.0.1:${port}/postgres`);
    if (outcome === 'served') return;
  }
  throw new Error(`each of ${PORTS} ports was taken between its choice and its use`);
}

/** Postgres cannot choose a port by itself, so another process may take one that has been chosen for it. */
async function serveAt(
  [program, ...args]: readonly [string, ...string[]],
  options: SpawnOptions,
  url: string,
): Promise<'served' | 'port-taken'> {
  const server = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  const ended = new Promise<void>((done) => server.once('exit', () => done()).once('error', () => done()));
  const ready = new Promise<'ready' | 'port-taken'>((done, fail) => {
    createInterface(server.stderr).on('line', (line) => {
      said.push(line);
      if (line.includes('ready to accept connections')) done('ready');
      if (line.includes('Address already in use')) done('port-taken');
    });
    server.once('error', fail);
    void ended.then(() => fail(new Error(`Postgres ended early: ${said.slice(-3).join(' | ')}`)));
  });
  try {
    if ((await inTime('the start of Postgres', START_MS, ready)) === 'port-taken') return 'port-taken';
    say({ url });
    await Promise.race([goes, ended]);
    return 'served';
  } finally {
    server.kill('SIGINT');
    await inTime('the end of Postgres', STOP_MS, ended, () => server.kill('SIGKILL')).catch(() => {});
  }
}

function say(line: { readonly url: string } | { readonly reason: string }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
