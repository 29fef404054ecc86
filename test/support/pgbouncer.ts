import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { onPath } from './on-path.ts';
import { folderFor, postgresAccount } from './postgres-binaries.ts';
import { closedPort } from './upstream.ts';

const run = promisify(execFile);

export interface PgbouncerProgram {
  readonly binary: string;
  /** Where the libraries are that came with it; null for an installed one. */
  readonly libraries: string | null;
}

/** `pgbouncer` of PGBOUNCER_BIN, else of PATH, else unpacked from Debian's packages where SERIN_TEST_APT=1 allows it. */
export async function pgbouncerProgram(): Promise<PgbouncerProgram | null> {
  const found = process.env['PGBOUNCER_BIN'] ?? onPath('pgbouncer');
  if (found) return { binary: found, libraries: null };
  const unpacked = await fetched('pgbouncer', unpackFromDebian);
  if (unpacked === null) return null;
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return { binary: join(unpacked, 'usr/sbin/pgbouncer'), libraries: join(unpacked, `usr/lib/${machine}-linux-gnu`) };
}

async function unpackFromDebian(folder: string): Promise<void> {
  // A fresh machine knows of no packages yet.
  const known = () => run('apt-cache', ['depends', '--important', 'pgbouncer']);
  const { stdout } = await known().catch(async () => {
    await run('apt-get', ['update']);
    return known();
  });
  const libraries = [...stdout.matchAll(/Depends: (lib(?:c-ares|event)\S*)/g)].map(([, name]) => name as string);
  await run('apt-get', ['download', 'pgbouncer', ...libraries], { cwd: folder });
  await run('sh', ['-c', 'for package in *.deb; do dpkg-deb -x "$package" .; done; rm *.deb'], { cwd: folder });
}

export interface TestPgbouncer {
  /** A database of the server behind it, reached through it. */
  urlOf(databaseUrl: string): string;
  close(): Promise<void>;
}

/** A PgBouncer before the server at `serverUrl`, with its settings as they come: parameters it does not know are refused. */
export async function startPgbouncer(
  program: PgbouncerProgram,
  serverUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<TestPgbouncer> {
  const server = new URL(serverUrl);
  // It refuses to be root, as Postgres does.
  const account = postgresAccount();
  const folder = mkdtempSync(join(folderFor(account), 'serin-pgbouncer-'));
  chmodSync(folder, 0o755);
  const { binary, libraries } = account === null ? program : copyOf(program, folder);
  const file = join(folder, 'pgbouncer.ini');
  const target = `host=${server.hostname} port=${server.port || 5432} user=${server.username} password=${server.password}`;
  let child: ChildProcess | null = null;
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child?.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  };
  for (let attempt = 1; ; attempt += 1) {
    const port = await closedPort();
    const settings = [
      '[databases]',
      `* = ${target}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${poolMode}`,
      'default_pool_size = 8',
    ];
    writeFileSync(file, `${settings.join('\n')}\n`, { mode: 0o644 });
    child = spawn(binary, [file], {
      cwd: '/',
      stdio: 'ignore',
      ...(libraries === null ? {} : { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
      ...account,
    });
    // What cannot be spawned does not listen either, which is reported below.
    child.on('error', () => {});
    if (await listens(port, child)) {
      return {
        urlOf(databaseUrl) {
          const url = new URL(databaseUrl);
          url.port = String(port);
          return url.href;
        },
        async close() {
          await kill();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    await kill();
    // The port may have been taken in between.
    if (attempt === 3) throw new Error('pgbouncer does not listen');
  }
}

/** Where another account may run it: a checkout of root is often below a folder of mode 0700. */
function copyOf({ binary, libraries }: PgbouncerProgram, folder: string): PgbouncerProgram {
  if (libraries === null) return { binary, libraries };
  const copy = { binary: join(folder, 'pgbouncer'), libraries: join(folder, 'lib') };
  cpSync(binary, copy.binary);
  cpSync(libraries, copy.libraries, { recursive: true, verbatimSymlinks: true });
  for (const path of [copy.binary, copy.libraries]) chmodSync(path, 0o755);
  return copy;
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const connected = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
    if (connected) return true;
    await sleep(50);
  }
  return false;
}
