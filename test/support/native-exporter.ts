import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { inTime } from './in-time.ts';
import { cannotBeHad } from './require-service.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'native-exporter');

/** With an empty cache the modules are fetched and everything is compiled. */
const BUILD_MS = 300_000;
const STEP_MS = 15_000;

/** A process of the Go client library, which alone exports native histograms. */
export interface NativeExporter {
  readonly port: number;
  observe(version: string, status: number, seconds: number, times: number): Promise<void>;
  close(): Promise<void>;
}

/** The built program; null where there is no Go, or its modules cannot be had. */
export async function nativeExporterBinary(): Promise<{ readonly path: string; remove(): void } | null> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-native-exporter-'));
  const path = join(folder, 'exporter');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await run('go', ['build', '-mod=readonly', '-o', path, '.'], { cwd: SOURCE, timeout: BUILD_MS });
    return { path, remove };
  } catch (error) {
    remove();
    return cannotBeHad('go', error);
  }
}

export async function startNativeExporter(path: string): Promise<NativeExporter> {
  const child = spawn(path, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const listening = new Promise<number>((done, reject) => {
    createInterface(child.stdout).once('line', (line) => done(Number(line)));
    void ended.then(() => reject(new Error('the exporter ended')));
  });
  const port = await inTime('the start of the exporter', STEP_MS, listening, () => child.kill('SIGKILL'));
  return {
    port,
    async observe(version, status, seconds, times) {
      const query = new URLSearchParams({ version, status: `${status}`, seconds: `${seconds}`, times: `${times}` });
      const answer = await fetch(`http://127.0.0.1:${port}/observe?${query.toString()}`, {
        method: 'POST',
        signal: AbortSignal.timeout(STEP_MS),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async close() {
      child.kill('SIGTERM');
      await inTime('the end of the exporter', STEP_MS, ended, () => child.kill('SIGKILL'));
    },
  };
}
