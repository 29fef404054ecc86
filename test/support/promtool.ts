import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { prometheusBinary } from './prometheus.ts';

/** What `promtool` said, and whether it was content. */
export interface PromtoolAnswer {
  readonly code: number;
  readonly said: string;
}

/** `promtool` of PROMTOOL_BIN, else beside the Prometheus that can be had; null where there is none. */
export async function promtoolBinary(): Promise<string | null> {
  const given = process.env['PROMTOOL_BIN'];
  if (given) return given;
  const prometheus = await prometheusBinary();
  if (prometheus === null) return null;
  const beside = join(dirname(prometheus), 'promtool');
  return existsSync(beside) ? beside : null;
}

/** Runs `promtool`, with text on its standard input where there is some. */
export function promtool(binary: string, args: readonly string[], input = ''): Promise<PromtoolAnswer> {
  return new Promise((resolve) => {
    const child = execFile(
      binary,
      args,
      { maxBuffer: 16 * 1_024 * 1_024, timeout: 60_000 },
      (error, stdout, stderr) => {
        // What is killed because it took too long has no code of its own.
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, said: `${stdout}${stderr}`.trim() });
      },
    );
    child.stdin?.end(input);
  });
}
