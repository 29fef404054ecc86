import type { AnswerHandler, Failure, FailureKind, UpstreamCall, UpstreamClient, UpstreamRequest } from './client.ts';
import { Connection, type ConnectionOwner, type Job } from './connection.ts';
import { Dialler, type Origin } from './dial.ts';
import { RetryBudget } from './retry-budget.ts';

/** How long a connection lies idle at most when its upstream says nothing: many servers close theirs after 5 s. */
const KEEP_ALIVE_MS = 4_000;
const LONGEST_KEEP_ALIVE_MS = 60_000;
/** Before the time at which an upstream says that it will close, so that no request meets the closing. */
const KEEP_ALIVE_MARGIN_MS = 1_000;
const SWEEP_MS = 1_000;

/** Methods whose repetition means the same as once (RFC 9110 section 9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether a request may be sent a second time after its first attempt failed without an answer. */
export function isReplayable({ method, body }: UpstreamRequest, { written }: Failure): boolean {
  if (written === 'some' && !IDEMPOTENT.has(method)) return false;
  return body === null || body instanceof Uint8Array || written === 'nothing' || body.rewind();
}

export interface PoolOptions {
  readonly origin: Origin;
  readonly connectMs: number;
  readonly answerMs: number;
  /** One more request than this is refused as `overload`. */
  readonly inFlight: number;
}

/** The connections to one upstream origin: the one used last is used first, so that those not needed fall idle. */
export class Pool implements UpstreamClient, ConnectionOwner {
  private readonly options: PoolOptions;
  private readonly dialler: Dialler;
  private readonly budget = new RetryBudget();
  private readonly idle: Connection[] = [];
  private readonly open = new Set<Connection>();
  private readonly calls = new Set<Call>();
  private state: 'open' | 'closing' = 'open';
  private sweeper: NodeJS.Timeout | null = null;

  constructor(options: PoolOptions) {
    this.options = options;
    this.dialler = new Dialler(options.origin, options.connectMs);
  }

  request(request: UpstreamRequest, handler: AnswerHandler): UpstreamCall {
    const call = new Call(this, request, handler);
    if (this.calls.size >= this.options.inFlight) {
      process.nextTick(() => call.fail({ kind: 'overload', written: 'nothing' }));
      return call;
    }
    const now = performance.now();
    this.budget.earn(now);
    this.calls.add(call);
    const connection = request.upgrade === undefined ? this.take(now) : null;
    if (connection) call.run(connection);
    else this.dial(call);
    return call;
  }

  close(): void {
    this.state = 'closing';
    this.stopSweeping();
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  destroy(): void {
    for (const call of this.calls) call.abort();
    this.close();
    for (const connection of this.open) connection.destroy();
  }

  released(connection: Connection, keepAliveMs: number | null): void {
    const span =
      keepAliveMs === null ? KEEP_ALIVE_MS : Math.min(keepAliveMs - KEEP_ALIVE_MARGIN_MS, LONGEST_KEEP_ALIVE_MS);
    if (this.state === 'closing' || span <= 0) {
      connection.destroy();
      return;
    }
    connection.usableUntil = performance.now() + span;
    this.idle.push(connection);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  closed(connection: Connection): void {
    this.open.delete(connection);
    const at = this.idle.lastIndexOf(connection);
    if (at !== -1) this.idle.splice(at, 1);
  }

  /** A call is over, whichever way. */
  forget(call: Call): void {
    this.calls.delete(call);
  }

  dial(call: Call): void {
    call.cancelDial = this.dialler.dial({
      connected: (socket) => {
        const connection = new Connection(socket, this, this.options.answerMs);
        this.open.add(connection);
        call.run(connection);
      },
      failed: (kind: FailureKind) => call.fail({ kind, written: call.written }),
    });
  }

  /**
   * A connection may have been closed by the upstream while it lay idle, and say so only when it is used: that is no
   * fault of the request, which is sent once more where that is safe (RFC 9112 section 9.3.1).
   */
  mayRetry(request: UpstreamRequest, failure: Failure): boolean {
    if (failure.kind !== 'reset-before-head') return false;
    return isReplayable(request, failure) && this.budget.spend(performance.now());
  }

  private take(now: number): Connection | null {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (connection.usableUntil > now && connection.socket.writable) return connection;
      connection.destroy();
    }
    return null;
  }

  private sweep(): void {
    const now = performance.now();
    const stale = this.idle.filter(({ usableUntil }) => usableUntil <= now);
    for (const connection of stale) connection.destroy();
    if (this.idle.length === stale.length) this.stopSweeping();
  }

  private stopSweeping(): void {
    if (this.sweeper) clearInterval(this.sweeper);
    this.sweeper = null;
  }
}

/** One request of a pool, on whichever connection it is. */
class Call implements UpstreamCall, Job {
  readonly request: UpstreamRequest;
  readonly handler: AnswerHandler;
  cancelDial: (() => void) | null = null;
  private readonly pool: Pool;
  private connection: Connection | null = null;
  private attempts = 0;
  private isOver = false;

  constructor(pool: Pool, request: UpstreamRequest, handler: AnswerHandler) {
    this.pool = pool;
    this.request = request;
    this.handler = handler;
  }

  /** What any attempt so far may have sent. */
  get written(): Failure['written'] {
    return this.attempts === 0 ? 'nothing' : 'some';
  }

  run(connection: Connection): void {
    this.cancelDial = null;
    this.connection = connection;
    this.attempts++;
    this.handler.onConnection?.(connection.address);
    connection.begin(this);
  }

  ended(): void {
    this.isOver = true;
    this.connection = null;
    this.pool.forget(this);
  }

  broken(failure: Failure): void {
    const wasReused = this.connection?.isReused === true;
    this.connection = null;
    if (wasReused && this.attempts === 1 && this.pool.mayRetry(this.request, failure)) this.pool.dial(this);
    else this.fail(failure);
  }

  fail(failure: Failure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.pool.forget(this);
    this.handler.onError(failure);
  }

  resume(): void {
    this.connection?.resume();
  }

  abort(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.pool.forget(this);
    this.cancelDial?.();
    this.connection?.destroy();
    this.connection = null;
  }
}
