import type { Faults } from '../http/faults.ts';
import type { AnswerHandler, Failure, UpstreamCall, UpstreamRequest } from './upstream-client.ts';
import type { Job, UpstreamConnection } from './upstream-connection.ts';

/** The pool, as its calls see it. */
export interface CallOwner {
  readonly faults: Faults;
  /** Opens a connection for the call. */
  dial(call: Call): void;
  /** Whether the request may go out once more, on a new connection. */
  mayRetry(request: UpstreamRequest, failure: Failure): boolean;
  /** The call is over, however it ended. */
  forget(call: Call): void;
}

/** One request of a pool, whichever connection carries it. */
export class Call implements UpstreamCall, Job {
  readonly request: UpstreamRequest;
  readonly handler: AnswerHandler;
  cancelDial: (() => void) | null = null;
  private readonly owner: CallOwner;
  private connection: UpstreamConnection | null = null;
  private attempts = 0;
  private hasEnded = false;

  constructor(owner: CallOwner, request: UpstreamRequest, handler: AnswerHandler) {
    this.owner = owner;
    this.request = request;
    this.handler = handler;
  }

  get isOver(): boolean {
    return this.hasEnded;
  }

  /** What any attempt so far may have sent. */
  get written(): Failure['written'] {
    return this.attempts === 0 ? 'nothing' : 'some';
  }

  /** `now`: monotonic ms. */
  run(connection: UpstreamConnection, now: number): void {
    this.cancelDial = null;
    this.connection = connection;
    this.attempts++;
    this.handler.onConnection?.(connection.address);
    connection.begin(this, now);
  }

  ended(): void {
    this.hasEnded = true;
    this.connection = null;
    this.owner.forget(this);
  }

  broken(failure: Failure): void {
    const wasReused = this.connection?.isReused === true;
    this.connection = null;
    if (wasReused && this.attempts === 1 && this.owner.mayRetry(this.request, failure)) this.owner.dial(this);
    else this.fail(failure);
  }

  fail(failure: Failure): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    try {
      this.owner.forget(this);
      this.handler.onError(failure);
    } catch (error) {
      this.handler.onFault(error);
    }
  }

  crashed(error: unknown): void {
    if (!this.hasEnded) {
      this.hasEnded = true;
      this.owner.faults.attempt(() => this.owner.forget(this), 'upstream');
    }
    this.connection = null;
    this.handler.onFault(error);
  }

  resume(): void {
    this.connection?.resume();
  }

  abort(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.owner.forget(this);
    this.cancelDial?.();
    this.connection?.destroy();
    this.connection = null;
  }
}
