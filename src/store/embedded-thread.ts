import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type EmbeddedAnswer, type EmbeddedRequest, OPENED } from './embedded-protocol.ts';

// tsc rewrites imports only, so the extension is the one that this module has itself: .ts or .js.
const WORKER = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url);

type Ask = EmbeddedRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'id'> : never) : never;

/** What the database refused, or why the thread does not answer. */
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

/** PGlite in a thread of its own: on the main thread its first start and its statements would starve the sockets. */
export interface EmbeddedThread {
  ask(request: Ask): Promise<readonly unknown[]>;
  /** Closes the database and ends the thread. */
  close(): Promise<void>;
}

export async function startEmbeddedThread(folder: string): Promise<EmbeddedThread> {
  const worker = new Worker(WORKER, { workerData: folder, name: 'serin-database' });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const waiting = new Map<number, PromiseWithResolvers<readonly unknown[]>>();
  let asked = OPENED;
  let ended: EmbeddedError | null = null;

  const wait = (id: number): Promise<readonly unknown[]> => {
    const answer = Promise.withResolvers<readonly unknown[]>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const end = (code: string) => {
    ended ??= new EmbeddedError(code);
    for (const answer of waiting.values()) answer.reject(ended);
    waiting.clear();
  };
  const ask = (request: Ask): Promise<readonly unknown[]> => {
    if (ended) return Promise.reject(ended);
    asked += 1;
    const answer = wait(asked);
    worker.postMessage({ ...request, id: asked } satisfies EmbeddedRequest);
    return answer;
  };

  worker.on('message', (answer: EmbeddedAnswer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'rows') asker?.resolve(answer.rows);
    else asker?.reject(new EmbeddedError(answer.code, answer.constraint));
  });
  worker.on('error', () => end('WORKER_CRASHED'));
  worker.on('exit', () => end('WORKER_EXITED'));

  await wait(OPENED);
  return {
    ask,
    async close() {
      await ask({ kind: 'close' }).catch(() => worker.terminate());
      await exited;
    },
  };
}
