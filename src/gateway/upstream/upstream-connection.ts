import type { Socket } from 'node:net';
import type { Faults } from '../http/faults.ts';
import { AnswerReader, type ConnectionAfter, type ReaderEvents } from './answer-reader.ts';
import type { Inlet } from './inlet.ts';
import { RequestWriter, writeWhole } from './request-writer.ts';
import type { AnswerHandler, Failure, FailureKind, UpstreamHead, UpstreamRequest } from './upstream-client.ts';

/** One exchange, as its connection sees it. */
export interface Job {
  readonly request: UpstreamRequest;
  readonly handler: AnswerHandler;
  /** The connection no longer serves it: the answer is complete, or the connection has changed hands. */
  ended(): void;
  /** No more of the answer will come. */
  broken(failure: Failure): void;
  /** Our own code threw; the connection is closed. */
  crashed(error: unknown): void;
}

export interface ConnectionOwner {
  readonly faults: Faults;
  /** It may carry another request, and stay idle for at most `keepAliveMs` (null: not announced) until then. */
  released(connection: UpstreamConnection, keepAliveMs: number | null): void;
  closed(connection: UpstreamConnection): void;
}

/**
 * One connection to an upstream, with at most one exchange on it. Anything unexpected closes it, including a throw of our
 * own code: every socket callback is contained here, or it would crash the process.
 */
export class UpstreamConnection implements ReaderEvents {
  readonly socket: Socket;
  /** The upstream's, read once because asking the socket is a system call. */
  readonly address: string | null;
  /** Monotonic ms at which it stops being usable while idle. */
  usableUntil = 0;
  private readonly inlet: Inlet | null;
  private readonly owner: ConnectionOwner;
  private readonly reader = new AnswerReader(this);
  private job: Job | null = null;
  private writer: RequestWriter | null = null;
  /** Monotonic ms by which more of the answer has to come; null when nothing is due. */
  private dueAt: number | null = null;
  private phase: 'head' | 'body' | 'stream' = 'head';
  private isPaused = false;
  private hasServed = false;
  private isTunnel = false;

  constructor(socket: Socket, inlet: Inlet | null, owner: ConnectionOwner) {
    this.socket = socket;
    this.address = socket.remoteAddress ?? null;
    this.inlet = inlet;
    this.owner = owner;
    const receive = (bytes: Buffer, count = bytes.length): void => {
      const { job } = this;
      try {
        this.receive(bytes, count);
      } catch (error) {
        this.onFault(error, job);
      }
    };
    if (inlet) inlet.receive = receive;
    else socket.on('data', receive);
    const onEnd = (): void => {
      this.reader.end();
      this.destroy();
    };
    socket.on('end', () => this.contain(onEnd));
    socket.on('error', () => this.contain(() => this.reader.break()));
    socket.on('drain', () => this.contain(() => this.writer?.source.resume()));
    socket.on('close', () => this.contain(() => this.onClose()));
  }

  /** Whether it carried a request before the current one. */
  get isReused(): boolean {
    return this.hasServed;
  }

  /** Whether it carries a request, or has become a tunnel. */
  get isInUse(): boolean {
    return this.job !== null || this.isTunnel;
  }

  /** `now`: monotonic ms. */
  begin(job: Job, now: number): void {
    const { request } = job;
    const { body } = request;
    this.job = job;
    this.phase = 'head';
    this.dueAt = now + request.timeouts.answerMs;
    this.reader.begin(request);
    if (body === null || typeof body === 'string') {
      writeWhole(this.socket, request, body);
      return;
    }
    this.writer = new RequestWriter(this.socket, body, this);
    this.writer.begin(request);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
    this.awaitMore();
  }

  /**
   * Breaks off an overdue answer: the head counts from the last byte sent, the rest from the last bytes
   * received. While part of the request is still owed to the upstream, nothing is due: it is the client's turn.
   */
  expire(now: number): void {
    const { job, writer } = this;
    if (this.dueAt === null || this.dueAt > now || !job) return;
    if (writer && !writer.isDone && writer.source.isStarved) this.dueAt = now + this.spanMs(job);
    else this.contain(() => this.onBroken(this.phase === 'head' ? 'answer-timeout' : 'silent'));
  }

  /** Breaks off what is in progress; its job hears nothing more. */
  destroy(): void {
    this.reader.stop();
    this.job = null;
    this.socket.destroy();
    this.writer?.detach();
    this.writer = null;
  }

  onInform(head: UpstreamHead): void {
    if (head.status === 100) this.writer?.flow();
    this.job?.handler.onInform(head);
  }

  onHead(head: UpstreamHead): void {
    this.dueAt = null;
    this.phase = head.isEventStream ? 'stream' : 'body';
    this.job?.handler.onHead(head);
  }

  onData(chunk: Buffer): void {
    if (this.job?.handler.onData(chunk) !== false || this.isPaused) return;
    this.isPaused = true;
    this.dueAt = null;
    this.socket.pause();
  }

  onEnd(trailers: readonly string[], after: ConnectionAfter): void {
    const { job } = this;
    const { writer } = this;
    this.hasServed = true;
    job?.ended();
    if (after.use === 'again' && (writer === null || writer.isDone)) {
      this.job = null;
      this.writer = null;
      if (this.isPaused) this.inlet?.leave();
      this.resume();
      this.owner.released(this, after.keepAliveMs);
    } else {
      writer?.stop();
      this.destroy();
    }
    job?.handler.onEnd(trailers);
  }

  onUpgrade(head: UpstreamHead, firstBytes: Buffer): void {
    const { job, socket } = this;
    this.job = null;
    this.isTunnel = true;
    job?.ended();
    this.dueAt = null;
    for (const event of ['data', 'end', 'error', 'drain']) socket.removeAllListeners(event);
    socket.pause();
    socket.once('close', () => this.contain(() => this.owner.closed(this)));
    if (job?.handler.onUpgrade) job.handler.onUpgrade(head, socket, firstBytes);
    else socket.destroy();
  }

  onBroken(kind: FailureKind): void {
    const { job } = this;
    this.destroy();
    job?.broken({ kind, written: 'some' });
  }

  /** Called by the writer for everything that is sent. */
  onProgress(): void {
    if (this.dueAt !== null && this.job) this.dueAt = performance.now() + this.spanMs(this.job);
  }

  /** Our own code threw while serving `job`. Another job may have begun since, on a connection that cannot be trusted. */
  onFault(error: unknown, job = this.job): void {
    const { job: present, socket } = this;
    if (!this.owner.faults.attempt(() => this.destroy(), 'upstream')) socket.destroy();
    if (job === null && present === null) this.owner.faults.report(error, 'upstream');
    job?.crashed(error);
    if (present !== job) present?.crashed(error);
  }

  private receive(bytes: Buffer, count: number): void {
    if (!this.job) {
      this.destroy();
      return;
    }
    this.reader.push(bytes, count);
    this.job?.handler.onPause?.();
    this.awaitMore();
  }

  /** For an answer that has begun and did not end with what was read. */
  private awaitMore(): void {
    const { job } = this;
    if (job && this.phase === 'body' && !this.isPaused) this.dueAt = performance.now() + this.spanMs(job);
  }

  private spanMs({ request }: Job): number {
    return this.phase === 'head' ? request.timeouts.answerMs : request.timeouts.silenceMs;
  }

  private contain(step: () => void): void {
    const { job } = this;
    try {
      step();
    } catch (error) {
      this.onFault(error, job);
    }
  }

  private onClose(): void {
    try {
      this.reader.break();
      this.destroy();
    } finally {
      this.owner.closed(this);
    }
  }
}
