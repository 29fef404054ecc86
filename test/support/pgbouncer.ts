import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { onPath } from './on-path.ts';
import { closedPort } from './upstream.ts';

const run = promisify(execFile);

/** It refuses to be root; `nobody` on Linux. */
const NOBODY = 65_534;

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
  { binary, libraries }: PgbouncerProgram,
  serverUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<TestPgbouncer> {
  const server = new URL(serverUrl);
  const folder = mkdtempSync(join(tmpdir(), 'serin-pgbouncer-'));
  chmodSync(folder, 0o755);
  const file = join(folder, 'pgbouncer.ini');
  const target = `host=${server.hostname} port=${server.port || 5432} user=${server.username} password=${server.password}`;
  const isRoot = process.getuid?.() === 0;
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
      stdio: 'ignore',
      ...(libraries === null ? {} : { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
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
