// Run as a process of its own: a Postgres server that lives as long as the other end of stdin, however that ends. Says in
// one line of JSON where it is, or why there is none.
import { spawn, spawnSync } from 'node:child_process';
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

  const port = await closedPort();
  const settings = { fsync: 'off', unix_socket_directories: '', listen_addresses: '127.0.0.1' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...flags], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  const ended = new Promise<void>((done) => server.once('exit', () => done()).once('error', () => done()));
  const ready = new Promise<void>((done, fail) => {
    createInterface(server.stderr).on('line', (line) => {
      said.push(line);
      if (line.includes('ready to accept connections')) done();
    });
    server.once('error', fail);
    void ended.then(() => fail(new Error(`Postgres ended early: ${said.slice(-3).join(' | ')}`)));
  });
  try {
    await inTime('the start of Postgres', START_MS, ready);
    say({ url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` });
    await Promise.race([goes, ended]);
  } finally {
    server.kill('SIGINT');
    await inTime('the end of Postgres', STOP_MS, ended, () => server.kill('SIGKILL')).catch(() => {});
  }
}

function say(line: { readonly url: string } | { readonly reason: string }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
