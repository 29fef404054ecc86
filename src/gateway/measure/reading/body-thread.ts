import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WholeBody } from './ask-body.ts';
import type { BodyAnswers, BodyQuestions } from './body-questions.ts';
import type { AnsweredTwice, ComparedField } from './compare/compared-answers.ts';
import type { PackedFacts } from './shape/packed-facts.ts';

/** What is to be done with a body: plain data. */
export type BodyTask =
  | { readonly kind: 'ask'; readonly questions: BodyQuestions }
  | { readonly kind: 'mine' }
  /** Of several bodies, which are in the answers. */
  | { readonly kind: 'compare'; readonly answers: AnsweredTwice<WholeBody>; readonly ignore: readonly string[] };

export interface ThreadJob {
  readonly id: number;
  readonly body: WholeBody;
  readonly task: BodyTask;
}

/** `broken`: it is no JSON document; `too much`: it has too many facts. */
export type ThreadResult =
  | { readonly kind: 'ask'; readonly answers: BodyAnswers }
  | { readonly kind: 'mine'; readonly facts: PackedFacts | 'broken' | 'too much' }
  | { readonly kind: 'compare'; readonly fields: readonly ComparedField[] | null; readonly ms: number };

export interface ThreadReply {
  readonly id: number;
  readonly result: ThreadResult;
}

/** Above what any JSON of `MOST_INFLATED_BYTES` becomes in memory: a list of objects with a name each takes 150 times its text. */
const MOST_HEAP_MB = 256;

/**
 * A thread that inflates and parses: a JSON text of 1 MB takes 10 ms, and a hostile one 300, in which nothing else would be
 * served. It starts with the first body, and keeps no process alive.
 */
export class BodyThread {
  private readonly onReply: (reply: ThreadReply) => void;
  private readonly onEnd: (error: Error | null) => void;
  private worker: Worker | null = null;

  /** `onEnd`: it is gone, with everything that it was given. Neither may throw. */
  constructor(onReply: (reply: ThreadReply) => void, onEnd: (error: Error | null) => void) {
    this.onReply = onReply;
    this.onEnd = onEnd;
  }

  give({ id, body, task }: ThreadJob): void {
    this.worker ??= this.started();
    // Memory of its own, to be passed on: small chunks share theirs.
    const bytes = new Uint8Array(body.bytes);
    this.worker.postMessage({ id, body: { ...body, bytes }, task } satisfies ThreadJob, [bytes.buffer]);
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private started(): Worker {
    const file = fileURLToPath(new URL(`./body-thread-entry${extname(import.meta.url)}`, import.meta.url));
    const worker = new Worker(file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB } });
    let failure: Error | null = null;
    worker.unref();
    worker.on('message', this.onReply);
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error('the thread that reads bodies failed', { cause: error });
    });
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = null;
      this.onEnd(failure);
    });
    return worker;
  }
}
