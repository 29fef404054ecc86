import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inTime } from './in-time.ts';
import { cannotBeHad } from './require-service.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'otel-collector');

/** With an empty cache the modules are fetched and everything is compiled. */
const BUILD_MS = 600_000;
const STEP_MS = 30_000;

export interface Collector {
  /** Where it takes OTLP over HTTP. */
  readonly url: string;
  close(): Promise<void>;
}

/** The built program; null where there is no Go, or its modules cannot be had. */
export async function collectorBinary(): Promise<{ readonly path: string; remove(): void } | null> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-collector-'));
  const path = join(folder, 'collector');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await run('go', ['build', '-mod=readonly', '-o', path, '.'], { cwd: SOURCE, timeout: BUILD_MS });
    return { path, remove };
  } catch (error) {
    remove();
    return cannotBeHad('go', error);
  }
}

/** A collector that sends all logs on to a Serin. */
export async function startCollector(
  path: string,
  { endpoint, token }: { readonly endpoint: string; readonly token: string },
): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-collector-'));
  const port = await freePort();
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { otlphttp: { endpoint: "${endpoint}", headers: { authorization: "Bearer ${token}" } } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [otlphttp] } }
`,
  );
  const child = spawn(path, ['--config', `file:${file}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const ready = new Promise<void>((done, reject) => {
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('Everything is ready')) done();
    });
    void ended.then(() => reject(new Error(`the collector ended: ${said}`)));
  });
  await inTime('the start of the collector', STEP_MS, ready, () => child.kill('SIGKILL'));
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGTERM');
      await inTime('the end of the collector', STEP_MS, ended, () => child.kill('SIGKILL'));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It does not say which port it took, so it is given one. */
function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
