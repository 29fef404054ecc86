import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** How long a body that nobody wants any more is still read, so that the client gets to see the early answer. */
const LINGER_MS = 2_000;

/**
 * A request body on its way to the upstream. It stands between `incoming` and the upstream client so that the client
 * may destroy it without touching the connection, and so that `100 Continue` goes out when the upstream begins to
 * read and not before (RFC 9110 section 10.1.1).
 */
export class Upload extends Readable {
  private readonly incoming: IncomingMessage;
  private awaitsContinue: boolean;
  private readonly outgoing: ServerResponse;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    super({ highWaterMark: 65_536 });
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.awaitsContinue = incoming.headers.expect?.toLowerCase() === '100-continue';
    incoming.pause();
    incoming.on('data', this.onData);
    incoming.on('end', this.onEnd);
  }

  /** Whether it waits for the client, not the other way round. */
  get isStarved(): boolean {
    return !this.incoming.complete && !this.incoming.isPaused();
  }

  override _read(): void {
    if (this.awaitsContinue) {
      this.awaitsContinue = false;
      this.outgoing.writeContinue();
    }
    this.incoming.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const { incoming } = this;
    incoming.off('data', this.onData);
    incoming.off('end', this.onEnd);
    if (!incoming.complete && !incoming.destroyed) {
      incoming.resume();
      const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
      timer.unref();
      incoming.once('close', () => clearTimeout(timer));
    }
    callback(error);
  }

  private readonly onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.incoming.pause();
  };

  private readonly onEnd = (): void => {
    this.push(null);
  };
}

/** Whether a request has a body at all: it is the framing that says so, not the method (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0);
}
