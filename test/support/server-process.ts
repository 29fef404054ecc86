import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { inTime } from './in-time.ts';
import { placeDatabase } from './made-database.ts';

/** A process that hangs is named and killed, also where its test was given up before. */
const SERVES_MS = 90_000;
const ENDS_MS = 100_000;

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

/** A folder of its own for one server: its configuration, its policies, its data. */
export interface Home {
  readonly folder: string;
  readonly configFile: string;
  /** What its first start finds: a database without rows, or nothing, as on a machine where Serin never ran. */
  readonly firstStart: 'made' | 'nothing';
  write(name: string, text: string): string;
  token(): string;
  remove(): void;
}

export function makeHome(config: string, firstStart: Home['firstStart'] = 'made'): Home {
  const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    folder,
    configFile: write('serin.yaml', config),
    firstStart,
    write,
    token: () => readFileSync(join(folder, '.serin', 'admin-token'), 'utf8').trim(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  /** Everything the process said so far. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

/** `serin serve` as a process of its own; resolves when it serves, rejects with what it said when it ends before. */
export async function startServerProcess(
  home: Home,
  env: NodeJS.ProcessEnv = {},
  limits: { readonly openFiles?: number } = {},
): Promise<ServerProcess> {
  const dataFolder = join(home.folder, '.serin');
  const isEmbedded = !('DATABASE_URL' in env) && !('SERIN_DATA' in env);
  if (home.firstStart === 'made' && isEmbedded && !existsSync(dataFolder)) await placeDatabase(dataFolder);
  const { openFiles } = limits;
  const serve = [process.execPath, MAIN, 'serve', '--config', home.configFile];
  const limited = openFiles === undefined ? serve : ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...serve];
  const [file = '', ...args] = limited;
  const child = spawn(file, args, {
    cwd: home.folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<number | string>((done) => {
    child.once('exit', (code, signal) => done(signal ?? code ?? -1));
  });
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const serving = new Promise<ServerProcess>((done, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      said += `${line}\n`;
      const ports = /"gatewayPort":(\d+),"controlPort":(\d+)/.exec(line);
      if (!ports) return;
      done({
        child,
        gatewayUrl: `http://127.0.0.1:${ports[1]}`,
        controlUrl: `http://127.0.0.1:${ports[2]}`,
        output: () => said,
        ended,
      });
    });
    void ended.then((code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  return inTime('the start of `serin serve`', SERVES_MS, serving, () => child.kill('SIGKILL'));
}

/** The `serin` command, run to its end. */
export function serin(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onStderr?: (said: string) => void } = {},
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    options.onStderr?.(stderr);
  });
  const ended = new Promise<{ code: number | string; stdout: string; stderr: string }>((done) => {
    child.once('close', (code, signal) => done({ code: signal ?? code ?? -1, stdout, stderr }));
  });
  return inTime(`\`serin ${args.join(' ')}\``, ENDS_MS, ended, () => child.kill('SIGKILL'));
}
