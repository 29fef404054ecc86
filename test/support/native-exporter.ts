import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'native-exporter');

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
    await run('go', ['build', '-mod=readonly', '-o', path, '.'], { cwd: SOURCE });
    return { path, remove };
  } catch (error) {
    remove();
    console.warn(`The exporter of native histograms could not be built: ${String(error).slice(0, 500)}`);
    return null;
  }
}

export async function startNativeExporter(path: string): Promise<NativeExporter> {
  const child = spawn(path, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const port = await new Promise<number>((done, reject) => {
    createInterface(child.stdout).once('line', (line) => done(Number(line)));
    void ended.then(() => reject(new Error('the exporter ended')));
  });
  return {
    port,
    async observe(version, status, seconds, times) {
      const query = new URLSearchParams({ version, status: `${status}`, seconds: `${seconds}`, times: `${times}` });
      const answer = await fetch(`http://127.0.0.1:${port}/observe?${query.toString()}`, { method: 'POST' });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
