import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Resident, watchPeak } from './resident.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/main.js');

const CONFIG = (stableUrl: string) => `gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
channels: { console: false }
routes:
  - { name: shop, path: /shop, stable: { url: "${stableUrl}", version: v1 }, policy: standard }
`;

/** Builds the package, as it is shipped and as its image runs it: from TypeScript, Node needs 30 MB more for its parser. */
export async function build(): Promise<void> {
  const tsc = spawn(process.execPath, [join(ROOT, 'node_modules/.bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  const [code] = (await once(tsc, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the package cannot be built');
}

export interface Installation {
  readonly folder: string;
  remove(): void;
}

export function install(stableUrl: string): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'serin-memory-'));
  writeFileSync(join(folder, 'serin.yaml'), CONFIG(stableUrl));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface RunningSerin {
  readonly pid: number;
  readonly readyMs: number;
  call(method: 'GET' | 'POST', path: string, body?: object): Promise<Response>;
  /** The most that was resident since the start, or since the last time this was asked. */
  peak(): Resident;
  stop(): Promise<void>;
}

/** Resolves when it serves. */
export async function startSerin({ folder }: Installation, databaseUrl: string | null): Promise<RunningSerin> {
  const { DATABASE_URL: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const env = { ...inherited, ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }) };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', join(folder, 'serin.yaml')], {
    env,
    stdio: ['ignore', 'pipe', 2],
  });
  const pid = child.pid as number;
  let watch = watchPeak(pid);
  const controlPort = await servingPort(child);
  const readyMs = performance.now() - startedAt;
  const token = () => readFileSync(join(folder, '.serin', 'admin-token'), 'utf8').trim();
  return {
    pid,
    readyMs,
    call: (method, path, body) =>
      fetch(`http://127.0.0.1:${controlPort}${path}`, {
        method,
        headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(30_000),
      }),
    peak() {
      const seen = watch.stop();
      watch = watchPeak(pid);
      return seen;
    },
    async stop() {
      watch.stop();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function servingPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((done, reject) => {
    let last = '';
    lines.on('line', (line) => {
      last = line;
      const port = /"controlPort":(\d+)/.exec(line)?.[1];
      if (port) done(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`Serin ended with ${code}: ${last}`)));
  });
}
