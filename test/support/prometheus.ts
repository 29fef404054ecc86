import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { closedPort } from './upstream.ts';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/serin');

/** `prometheus` of PROMETHEUS_BIN, else of PATH, else unpacked from Debian's package where SERIN_TEST_APT=1 allows it. */
export async function prometheusBinary(): Promise<string | null> {
  const given = process.env['PROMETHEUS_BIN'];
  if (given) return given;
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'prometheus'))
    .find(existsSync);
  return found ?? unpackedFromDebian();
}

/** Unpacked and not installed: an installed one would run as a service. */
async function unpackedFromDebian(): Promise<string | null> {
  const unpacked = join(CACHE, 'prometheus');
  const binary = join(unpacked, 'usr/bin/prometheus');
  if (existsSync(binary)) return binary;
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!isDebian || process.env['SERIN_TEST_APT'] !== '1') return null;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'apt-'));
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: folder });
    const root = join(folder, 'root');
    mkdirSync(root);
    await run('sh', ['-c', `dpkg-deb -x "${folder}"/prometheus_*.deb "${root}"`]);
    // Another process of the tests may have been quicker.
    if (!existsSync(binary)) renameSync(root, unpacked);
    return binary;
  } catch (error) {
    console.warn(`No Prometheus could be had: ${String(error)}`);
    return existsSync(binary) ? binary : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface ScrapeTarget {
  readonly port: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TestPrometheus {
  readonly url: string;
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
  const statics = targets.map(({ port, labels = {} }) => ({ targets: [`127.0.0.1:${port}`], labels }));
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
    await ended;
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
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error('prometheus was not ready in 30 s');
}
