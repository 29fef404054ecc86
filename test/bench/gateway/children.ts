import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildOptions {
  readonly core: string | null;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A file of ours, which is given a channel for messages; else a program of its own. */
  readonly kind: 'module' | 'program';
}

const STOP_WITHIN_MS = 3_000;
const READY_WITHIN_MS = 15_000;

/** Every process that was started here; none outlives this one, however it ends. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  constructor() {
    process.once('exit', () => {
      for (const child of this.running) child.kill('SIGKILL');
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  }

  /** Starts a program on a core; `taskset` becomes the program, so the id is the program's own. */
  start(command: string, args: readonly string[], { core, kind, ...options }: ChildOptions): ChildProcess {
    const line = kind === 'module' ? [process.execPath, command, ...args] : [command, ...args];
    const [file = command, ...rest] = core === null ? line : ['taskset', '-c', core, ...line];
    const child = spawn(file, rest, {
      ...options,
      stdio: kind === 'module' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    child.once('error', () => this.running.delete(child));
    return child;
  }

  async stop(child: ChildProcess): Promise<void> {
    if (!this.running.has(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }

  async stopById(pid: number): Promise<void> {
    await Promise.all([...this.running].filter((child) => child.pid === pid).map((child) => this.stop(child)));
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running].map((child) => this.stop(child)));
  }
}

/** Everything a child says, for the error when it does not start. */
export function sayingsOf(child: ChildProcess): () => string {
  let said = '';
  const add = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => said;
}

/** The next message of a child; rejects with what it said when it ends first. */
export function messageOf<Message>(child: ChildProcess, said: () => string = () => ''): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`a process of the benchmark ended with ${code}: ${said()}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Message);
    });
  });
}

/** Resolves when the port answers; rejects with what the child said when it ends, or takes too long. */
export async function listening(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said()}`);
    if (await answers(port)) return;
    if (performance.now() > until) throw new Error(`it does not listen: ${said()}`);
    await sleep(25);
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A port for a program that cannot choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
