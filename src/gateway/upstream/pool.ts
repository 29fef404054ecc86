import type { Socket } from 'node:net';
import type { Faults } from '../http/faults.ts';
import { Sweeper } from '../http/sweeper.ts';
import { Call, type CallOwner } from './call.ts';
import { Dialler, type Origin } from './dial.ts';
import type { Inlet } from './inlet.ts';
import type { OwnListeners } from './own-listeners.ts';
import { RetryBudget } from './retry-budget.ts';
import type {
  AnswerHandler,
  Failure,
  FailureKind,
  UpstreamCall,
  UpstreamClient,
  UpstreamRequest,
} from './upstream-client.ts';
import { type ConnectionOwner, UpstreamConnection } from './upstream-connection.ts';

/** How long a connection stays idle at most when its upstream says nothing: many servers close theirs after 5 s. */
const KEEP_ALIVE_MS = 4_000;
const LONGEST_KEEP_ALIVE_MS = 60_000;
/** How long before an upstream's announced close we stop using a connection, so that no request meets the close. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Methods for which repeating a request has the same effect as sending it once (RFC 9110 section 9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether a request may be sent a second time after its first attempt failed without an answer. */
export function isReplayable({ method, body }: UpstreamRequest, { written }: Failure): boolean {
  if (written === 'some' && !IDEMPOTENT.has(method)) return false;
  return body === null || typeof body === 'string' || written === 'nothing' || body.rewind();
}

export interface PoolOptions {
  readonly origin: Origin;
  /** No upstream may be there. */
  readonly own: OwnListeners;
  /** Requests beyond this are refused as `overload`. */
  readonly inFlight: number;
  /** The same for requests that force their version. */
  readonly forced: number;
  /** How often to look for answers that are late. */
  readonly sweepMs: number;
  readonly faults: Faults;
}

/** The connections to one upstream origin. The one used last is reused first, so that unneeded ones become idle. */
export class Pool implements UpstreamClient, ConnectionOwner, CallOwner {
  readonly faults: Faults;
  private readonly options: PoolOptions;
  private readonly dialler: Dialler;
  private readonly budget = new RetryBudget();
  private readonly idle: UpstreamConnection[] = [];
  private readonly open = new Set<UpstreamConnection>();
  /**
   * Calls without a connection; the others are reached through theirs. Not every call goes through a Set: each table that a
   * Set outgrows points to the next one, so once the first one is old, V8 keeps all calls until a full collection,
   * which took a tenth of the CPU time.
   */
  private readonly dialling = new Set<Call>();
  private inFlight = 0;
  private forced = 0;
  private state: 'open' | 'closing' = 'open';
  private readonly sweeper: Sweeper;

  constructor(options: PoolOptions) {
    this.options = options;
    this.faults = options.faults;
    this.sweeper = new Sweeper(options.sweepMs, (now) => this.sweep(now), options.faults);
    this.dialler = new Dialler(options.origin, options.own);
  }

  request(request: UpstreamRequest, handler: AnswerHandler): UpstreamCall {
    const call = new Call(this, request, handler);
    try {
      this.begin(call);
    } catch (error) {
      call.abort();
      throw error;
    }
    return call;
  }

  private begin(call: Call): void {
    const { request } = call;
    this.inFlight++;
    if (request.lane === 'forced') this.forced++;
    const isWithinShare = request.share === null || request.share.enter();
    const { inFlight, forced } = this.options;
    const most = request.lane === 'mirrored' ? inFlight / 2 : inFlight;
    if (!isWithinShare || this.inFlight > most || this.forced > forced) {
      process.nextTick(() => this.failed(call, 'overload'));
      return;
    }
    const now = performance.now();
    this.budget.earn(now);
    const connection = request.upgrade === undefined ? this.take(now) : null;
    if (connection) call.run(connection, now);
    else this.dial(call);
  }

  close(): void {
    this.state = 'closing';
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  destroy(): void {
    for (const call of this.dialling) call.abort();
    this.close();
    for (const connection of this.open) connection.destroy();
    this.sweeper.stop();
  }

  released(connection: UpstreamConnection, keepAliveMs: number | null): void {
    const span =
      keepAliveMs === null ? KEEP_ALIVE_MS : Math.min(keepAliveMs - KEEP_ALIVE_MARGIN_MS, LONGEST_KEEP_ALIVE_MS);
    if (this.state === 'closing' || span <= 0) {
      connection.destroy();
      return;
    }
    connection.usableUntil = performance.now() + span;
    this.idle.push(connection);
  }

  closed(connection: UpstreamConnection): void {
    this.open.delete(connection);
    const at = this.idle.lastIndexOf(connection);
    if (at !== -1) this.idle.splice(at, 1);
    if (this.open.size === 0) this.sweeper.stop();
  }

  forget(call: Call): void {
    this.inFlight--;
    if (call.request.lane === 'forced') this.forced--;
    call.request.share?.left();
    if (this.dialling.size > 0) this.dialling.delete(call);
  }

  dial(call: Call): void {
    this.dialling.add(call);
    const { upgrade, timeouts } = call.request;
    const use = upgrade === undefined ? 'exchanges' : 'tunnel';
    call.cancelDial = this.dialler.dial(use, timeouts.connectMs, {
      connected: (socket, inlet) => {
        try {
          this.connected(call, socket, inlet);
        } catch (error) {
          socket.destroy();
          call.crashed(error);
        }
      },
      failed: (kind) => this.failed(call, kind),
      crashed: (error) => call.crashed(error),
    });
  }

  private readonly failed = (call: Call, kind: FailureKind): void => {
    try {
      call.fail({ kind, written: call.written });
    } catch (error) {
      call.crashed(error);
    }
  };

  private connected(call: Call, socket: Socket, inlet: Inlet | null): void {
    this.dialling.delete(call);
    // A dial that threw could not be cancelled.
    if (call.isOver) {
      socket.destroy();
      return;
    }
    const connection = new UpstreamConnection(socket, inlet, this);
    this.open.add(connection);
    this.sweeper.start();
    call.run(connection, performance.now());
  }

  /**
   * The upstream may have closed a connection while it was idle, which shows only when it is used. That is not the
   * request's fault, so it is sent once more where that is safe (RFC 9112 section 9.3.1).
   */
  mayRetry(request: UpstreamRequest, failure: Failure): boolean {
    if (failure.kind !== 'reset-before-head') return false;
    return isReplayable(request, failure) && this.budget.spend(performance.now());
  }

  private take(now: number): UpstreamConnection | null {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (connection.usableUntil > now && connection.socket.writable) return connection;
      connection.destroy();
    }
    return null;
  }

  private sweep(now: number): void {
    for (const connection of this.open) {
      // Independent of the idle list and of callbacks: this finds what a throw left behind.
      if (connection.socket.destroyed) this.closed(connection);
      else if (!connection.isInUse && connection.usableUntil <= now) connection.destroy();
      else connection.expire(now);
    }
    if (this.open.size === 0) this.sweeper.stop();
  }
}
