import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { inTime } from './in-time.ts';
import { onPath } from './on-path.ts';
import { closedPort } from './upstream.ts';

const runProgram = promisify(execFile);

/** A mirror that does not answer. */
const FETCH_MS = 300_000;
const END_MS = 15_000;

const run = (program: string, args: readonly string[], options: { readonly cwd?: string } = {}) =>
  runProgram(program, args, { ...options, timeout: FETCH_MS });

/** `prometheus` of PROMETHEUS_BIN, else of PATH, else unpacked from Debian's package where SERIN_TEST_APT=1 allows it. */
export async function prometheusBinary(): Promise<string | null> {
  const found = process.env['PROMETHEUS_BIN'] ?? onPath('prometheus');
  if (found) return found;
  const unpacked = await fetched('prometheus', unpackFromDebian);
  return unpacked && join(unpacked, 'usr/bin/prometheus');
}

/** Unpacked and not installed: an installed one would run as a service. */
async function unpackFromDebian(folder: string): Promise<void> {
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder });
  // A fresh machine knows of no packages yet.
  await download().catch(async () => {
    await run('apt-get', ['update']);
    await download();
  });
  await run('sh', ['-c', 'dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb'], { cwd: folder });
}

export interface ScrapeTarget {
  readonly port: number;
  /** Where it is not `/metrics`. */
  readonly path?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TestPrometheus {
  readonly url: string;
  /** Resolves once every target was scraped: the first scrapes begin seconds after Prometheus says that it is ready. */
  scraped(): Promise<void>;
  /** Ends the process and keeps its data and its address, until `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  readonly targets: readonly ScrapeTarget[];
  readonly intervalMs?: number;
  readonly flags?: readonly string[];
}

/** A Prometheus of one test, which scrapes the given ports. */
export async function startPrometheus(
  binary: string,
  { targets, intervalMs = 1_000, flags = [] }: PrometheusOptions,
): Promise<TestPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-prometheus-'));
  const statics = targets.map(({ port, path = '/metrics', labels = {} }) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { __metrics_path__: path, ...labels },
  }));
  // YAML is a superset of JSON.
  const config = {
    global: { scrape_interval: `${intervalMs}ms`, scrape_timeout: `${intervalMs}ms` },
    scrape_configs: [{ job_name: 'tests', honor_labels: true, static_configs: statics }],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  let child: ChildProcess | null = null;
  let port = 0;
  const kill = async () => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill('SIGTERM');
    await inTime('the end of prometheus', END_MS, ended, () => running.kill('SIGKILL'));
  };
  const start = async () => {
    child = spawn(
      binary,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
        ...flags,
      ],
      { stdio: 'ignore' },
    );
    await ready(child, `http://127.0.0.1:${port}/-/ready`);
  };
  // Port 0 is not understood, and a port that was free may be taken by now.
  for (let attempt = 1; ; attempt += 1) {
    port = await closedPort();
    try {
      await start();
      break;
    } catch (error) {
      await kill();
      if (attempt === 3) throw error;
    }
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async scraped() {
      const query = new URLSearchParams({ query: `count(up == 1) == ${targets.length}` });
      const deadline = Date.now() + 30_000;
      while (Date.now() < deadline) {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?${query.toString()}`, {
          signal: AbortSignal.timeout(10_000),
        });
        const { data } = (await answer.json()) as { data: { result: readonly unknown[] } };
        if (data.result.length > 0) return;
        await sleep(50);
      }
      throw new Error('prometheus did not scrape every target in 30 s');
    },
    kill,
    start,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error('prometheus was not ready in 30 s');
}
