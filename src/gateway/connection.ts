import type { Socket } from 'node:net';
import { AnswerReader, type ConnectionAfter, type ReaderEvents } from './answer-reader.ts';
import type { AnswerHandler, Failure, FailureKind, UpstreamHead, UpstreamRequest } from './client.ts';
import type { Inlet } from './inlet.ts';
import { RequestWriter, writeWhole } from './request-writer.ts';

/** One exchange, as its connection sees it. */
export interface Job {
  readonly request: UpstreamRequest;
  readonly handler: AnswerHandler;
  /** The connection is free of it: the answer is complete, or the connection has changed hands. */
  ended(): void;
  /** No more of the answer will come. */
  broken(failure: Failure): void;
}

export interface ConnectionOwner {
  /** It may carry another request, and lie idle for at most `keepAliveMs` (null: nothing said) until then. */
  released(connection: Connection, keepAliveMs: number | null): void;
  closed(connection: Connection): void;
}

/** One connection to an upstream, and at most one exchange on it. Whatever is unexpected closes it. */
export class Connection implements ReaderEvents {
  readonly socket: Socket;
  /** Of the upstream: read once, because asking the socket is a system call. */
  readonly address: string | null;
  /** Monotonic ms at which it stops being usable while it lies idle. */
  usableUntil = 0;
  private readonly inlet: Inlet | null;
  private readonly owner: ConnectionOwner;
  private readonly answerMs: number;
  private readonly reader = new AnswerReader(this);
  private job: Job | null = null;
  private writer: RequestWriter | null = null;
  /** Monotonic ms by which the head of an answer has to be there; null when none is due. */
  private headDueAt: number | null = null;
  private isPaused = false;
  private hasServed = false;

  constructor(socket: Socket, inlet: Inlet | null, owner: ConnectionOwner, answerMs: number) {
    this.socket = socket;
    this.address = socket.remoteAddress ?? null;
    this.inlet = inlet;
    this.owner = owner;
    this.answerMs = answerMs;
    const receive = (bytes: Buffer, count = bytes.length): void => this.receive(bytes, count);
    if (inlet) inlet.receive = receive;
    else socket.on('data', receive);
    socket.on('end', () => {
      this.reader.end();
      this.destroy();
    });
    socket.on('error', () => this.reader.break());
    socket.on('drain', () => {
      if (this.writer) this.writer.source.resume();
    });
    socket.on('close', () => this.onClose());
  }

  /** Whether it carried a request before the one that is under way. */
  get isReused(): boolean {
    return this.hasServed;
  }

  /** `now`: monotonic ms. */
  begin(job: Job, now: number): void {
    const { request } = job;
    const { body } = request;
    this.job = job;
    this.headDueAt = now + this.answerMs;
    this.reader.begin(request);
    if (body === null || typeof body === 'string') {
      writeWhole(this.socket, request, body);
      return;
    }
    this.writer = new RequestWriter(this.socket, body, () => this.onProgress());
    this.writer.begin(request);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** Breaks off what has waited too long for the head of an answer, counted from the last that was sent. */
  expire(now: number): void {
    if (this.headDueAt !== null && this.headDueAt <= now && this.job) this.onBroken('answer-timeout');
  }

  /** Breaks off what is under way; its job hears nothing more. */
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
    this.headDueAt = null;
    this.job?.handler.onHead(head);
  }

  onData(chunk: Buffer): void {
    if (this.job?.handler.onData(chunk) !== false || this.isPaused) return;
    this.isPaused = true;
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
    job?.ended();
    this.headDueAt = null;
    for (const event of ['data', 'end', 'error', 'drain']) socket.removeAllListeners(event);
    socket.pause();
    socket.once('close', () => this.owner.closed(this));
    if (job?.handler.onUpgrade) job.handler.onUpgrade(head, socket, firstBytes);
    else socket.destroy();
  }

  onBroken(kind: FailureKind): void {
    const { job } = this;
    this.destroy();
    job?.broken({ kind, written: 'some' });
  }

  private receive(bytes: Buffer, count: number): void {
    if (!this.job) {
      this.destroy();
      return;
    }
    this.reader.push(bytes, count);
    this.job?.handler.onPause?.();
  }

  private onProgress(): void {
    if (this.headDueAt !== null) this.headDueAt = performance.now() + this.answerMs;
  }

  private onClose(): void {
    this.reader.break();
    this.destroy();
    this.owner.closed(this);
  }
}
