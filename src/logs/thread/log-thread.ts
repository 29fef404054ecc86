import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { LogDone, LogJob } from './log-work.ts';

export interface LogAsk {
  readonly id: number;
  readonly job: LogJob;
}

/** What a thread is told as it begins. */
export interface LogThreadData {
  /** What came before this was lost with the thread before it, epoch ms; 0 for the first. */
  readonly lostBefore: number;
}

/** `ended`: the thread ended while it did this. `unread`: it ended, or was stopped, before it came to this. */
export type LogAnswer = LogDone | { readonly kind: 'ended' } | { readonly kind: 'unread' };

type LogReply = LogDone & { readonly id: number };

/** What it was given ends it before it takes the memory of the process. */
const MOST_HEAP_MB = 256;

/**
 * A thread that reads lines and counts them: nothing else would be served meanwhile. It starts with the
 * first job, keeps no process alive, and starts anew after it was ended by what it was given; what it had counted is lost then.
 */
export class LogThread {
  private readonly onEnd: (error: Error | null) => void;
  private worker: Worker | null = null;
  private lastId = 0;
  private readonly asked = new Map<number, (answer: LogAnswer) => void>();
  private isStopped = false;
  private lostBefore = 0;

  /** `onEnd`: it ended by itself. Must not throw. */
  constructor(onEnd: (error: Error | null) => void) {
    this.onEnd = onEnd;
  }

  /** Takes the bytes of a batch for its own. */
  ask(job: LogJob): Promise<LogAnswer> {
    if (this.isStopped) return Promise.resolve({ kind: 'unread' });
    const worker = this.worker ?? this.started();
    this.worker = worker;
    this.lastId++;
    const id = this.lastId;
    return new Promise((done) => {
      this.asked.set(id, done);
      const ask: LogAsk = { id, job };
      worker.postMessage(ask, job.kind === 'batch' ? [job.batch.bytes.buffer as ArrayBuffer] : []);
    });
  }

  /** Whether it has been given anything since it began. */
  get runs(): boolean {
    return this.worker !== null;
  }

  /** For good: what is asked since is `unread`. */
  async stop(): Promise<void> {
    this.isStopped = true;
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private started(): Worker {
    const file = fileURLToPath(new URL(`./log-thread-entry${extname(import.meta.url)}`, import.meta.url));
    const workerData: LogThreadData = { lostBefore: this.lostBefore };
    const resourceLimits = { maxOldGenerationSizeMb: MOST_HEAP_MB };
    const worker = new Worker(file, { execArgv: [], resourceLimits, workerData });
    let failure: Error | null = null;
    worker.unref();
    worker.on('message', ({ id, ...done }: LogReply) => {
      this.asked.get(id)?.(done);
      this.asked.delete(id);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error('the thread that reads logs failed', { cause: error });
    });
    worker.once('exit', () => {
      const isUnexpected = this.worker === worker;
      if (isUnexpected) {
        this.worker = null;
        this.lostBefore = Date.now();
      }
      // They are done in their order, so the first was the one that it was at.
      let kind: 'ended' | 'unread' = isUnexpected ? 'ended' : 'unread';
      for (const answer of this.asked.values()) {
        answer({ kind });
        kind = 'unread';
      }
      this.asked.clear();
      if (isUnexpected) this.onEnd(failure);
    });
    return worker;
  }
}
