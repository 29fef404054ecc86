import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { inTime } from './in-time.ts';
import { cannotBeHad } from './require-service.ts';

const PROGRAM = fileURLToPath(new URL('./postgres-process.ts', import.meta.url));
/** Longer than its own time-outs together, so that it says by itself what went wrong. */
const START_MS = 120_000;
const STOP_MS = 30_000;

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
    const sql = postgres(serverUrl, { max: 1, connect_timeout: 10, onnotice: () => {} });
    try {
      await inTime(`"${statement}"`, 30_000, sql.unsafe(statement));
    } finally {
      await sql.end({ timeout: 5 });
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
    return await startServer();
  } catch (thrown) {
    return cannotBeHad('postgres', thrown);
  }
}

/** It ends with this process, however that ends, because its stdin does. */
async function startServer(): Promise<PostgresServer> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const said = new Promise<string>((done, fail) => {
    createInterface(child.stdout).once('line', done);
    child.once('error', fail).once('close', (code) => fail(new Error(`it ended with ${code}: ${complaint}`)));
  });
  const line = JSON.parse(await inTime('the start of Postgres', START_MS, said, () => child.kill('SIGKILL'))) as
    | { readonly url: string }
    | { readonly reason: string };
  if ('reason' in line) throw new Error(line.reason);
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as typeof stream & { unref(): void }).unref();
  return {
    url: line.url,
    async stop() {
      child.ref();
      child.stdin.end();
      await inTime('the end of Postgres', STOP_MS, ended, () => child.kill('SIGKILL'));
    },
  };
}
