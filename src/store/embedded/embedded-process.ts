import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../problem/problem.ts';
import { lookAtDatabase } from './embedded-folder.ts';
import type { EmbeddedAnswer, EmbeddedRequest } from './embedded-protocol.ts';
import { ENVIRONMENT, NODE_FLAGS } from './embedded-settings.ts';

type Ask = EmbeddedRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'id'> : never) : never;

/** The data folder, and the claim by which Serin holds it. */
export interface EmbeddedPlace {
  readonly dataFolder: string;
  readonly claim: string;
}

/** What the database refused. */
export class EmbeddedError extends Error {
  readonly code: string;
  readonly constraint: string | undefined;

  constructor(code: string, constraint?: string) {
    super(`The embedded database failed (${code}).`);
    this.name = 'EmbeddedError';
    this.code = code;
    this.constraint = constraint;
  }
}

/**
 * PGlite in its own process: inside Serin's it would starve the sockets, and its peak memory would never be given back.
 * Once the process has ended, for any reason, every request to it fails as unavailable.
 */
export interface EmbeddedProcess {
  ask(request: Ask): Promise<readonly unknown[]>;
  /** How long requests have been waiting without any answer; 0 when none are waiting. */
  silentMs(): number;
  kill(): void;
  /** Closes the database and ends the process. */
  close(): Promise<void>;
  /** How it ended: an exit code, a signal, or why it could not be started. */
  readonly ended: Promise<string>;
}

/** Opens the database. `first` creates a missing one; `again` does not: the database has been lost in that case. */
export async function startEmbeddedProcess(place: EmbeddedPlace, start: 'first' | 'again'): Promise<EmbeddedProcess> {
  const found = lookAtDatabase(place.dataFolder);
  if (found.kind === 'other') throw new Problem('unavailable', found.says);
  if (found.kind === 'nothing' && start === 'again') throw notOpened(place, 'the folder is gone');
  if (found.kind === 'nothing') await makeDatabase(place);
  const child = launch('embedded-main', place);
  const ended = endOf(child);
  const waiting = new Map<number, PromiseWithResolvers<readonly unknown[]>>();
  const opened = Promise.withResolvers<void>();
  let asked = 0;
  let heardAt = performance.now();
  let isOver = false;

  const ask = (request: Ask): Promise<readonly unknown[]> => {
    if (isOver) return Promise.reject(overProblem());
    if (waiting.size === 0) heardAt = performance.now();
    asked += 1;
    const answer = Promise.withResolvers<readonly unknown[]>();
    waiting.set(asked, answer);
    // A request that cannot be sent is answered when the process is seen to have ended.
    child.send({ ...request, id: asked } satisfies EmbeddedRequest, () => {});
    return answer.promise;
  };

  child.on('message', (answer: EmbeddedAnswer) => {
    heardAt = performance.now();
    if (answer.kind === 'opened') return opened.resolve();
    if (answer.kind === 'not-opened') return opened.reject(notOpened(place, answer.reason));
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'rows') asker?.resolve(answer.rows);
    else asker?.reject(new EmbeddedError(answer.code, answer.constraint));
  });
  void ended.then((how) => {
    isOver = true;
    opened.reject(notOpened(place, `its process ended (${how})`));
    for (const answer of waiting.values()) answer.reject(overProblem());
    waiting.clear();
  });

  try {
    await opened.promise;
  } catch (thrown) {
    await ended;
    throw thrown;
  }
  return {
    ask,
    silentMs: () => (waiting.size === 0 ? 0 : performance.now() - heardAt),
    kill: () => void child.kill('SIGKILL'),
    async close() {
      await ask({ kind: 'close' }).catch(() => child.kill('SIGKILL'));
      await ended;
    },
    ended,
  };
}

async function makeDatabase(place: EmbeddedPlace): Promise<void> {
  const child = launch('embedded-making', place);
  let reason: string | null = null;
  child.on('message', (answer: EmbeddedAnswer) => {
    if (answer.kind === 'not-opened') reason = answer.reason;
  });
  const how = await endOf(child);
  if (how !== 'exit code 0') throw notOpened(place, reason ?? `the process that makes it ended (${how})`);
}

/** Its output is discarded: Serin's own output must stay clean. */
function launch(program: 'embedded-main' | 'embedded-making', { dataFolder, claim }: EmbeddedPlace): ChildProcess {
  // tsc rewrites imports only, so use this module's own extension: .ts or .js.
  const file = fileURLToPath(new URL(`./${program}${extname(import.meta.url)}`, import.meta.url));
  const { NODE_OPTIONS: _, ...env } = process.env;
  return fork(file, [dataFolder, claim], {
    env: { ...env, ...ENVIRONMENT },
    execArgv: NODE_FLAGS,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.on('error', ({ message }) => {
      if (child.pid === undefined) resolve(message);
    });
  });
}

function notOpened({ dataFolder }: EmbeddedPlace, reason: string): Problem {
  return new Problem('unavailable', `The database in ${join(dataFolder, 'database')} cannot be opened: ${reason}.`);
}

function overProblem(): Problem {
  return new Problem('unavailable', 'The process of the embedded database has ended; it is being started anew.');
}
