import { setTimeout as delay } from 'node:timers/promises';

/** What a command sees of the world, so that it can be run in process. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A person sits at both ends: prompts and live views make sense. */
  readonly isTTY: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** Resolves after the time, or at once when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The terminal of one run: what `runCommandLine` adds to it. */
export interface Session extends Terminal {
  /** Aborted when nobody reads the output any more. */
  readonly closed: AbortSignal;
  /** Of this command line. */
  readonly version: string;
  exit(code: number): void;
}

/** https://no-color.org: any value that is not empty turns colour off. */
export function wantsColour({ env, isTTY }: Terminal): boolean {
  if (env['NO_COLOR']) return false;
  return Boolean(env['FORCE_COLOR']) || (isTTY && env['TERM'] !== 'dumb');
}

export async function pause({ wait, closed }: Session, ms: number): Promise<void> {
  if (wait) return wait(ms, closed);
  await delay(ms, undefined, { signal: closed }).catch(() => undefined);
}
