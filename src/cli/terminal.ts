import { setTimeout as delay } from 'node:timers/promises';

/** What a command can use of its environment, so that it can run in process. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Both ends are interactive: prompts and live views make sense. */
  readonly isTTY: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** Resolves after the time, or at once when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The terminal of one run, with what `runCommandLine` adds. */
export interface Session extends Terminal {
  /** Aborted when the reader of the output is gone. */
  readonly closed: AbortSignal;
  /** Of this command line. */
  readonly version: string;
  exit(code: number): void;
}

/** https://no-color.org: any non-empty value turns colour off. */
export function wantsColour({ env, isTTY }: Terminal): boolean {
  if (env['NO_COLOR']) return false;
  return Boolean(env['FORCE_COLOR']) || (isTTY && env['TERM'] !== 'dumb');
}

export async function pause({ wait, closed }: Session, ms: number): Promise<void> {
  if (wait) return wait(ms, closed);
  await delay(ms, undefined, { signal: closed }).catch(() => undefined);
}
