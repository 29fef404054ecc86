import type { UpstreamHead } from '../upstream/upstream-client.ts';

/** What of a request decides the shape of its answer. */
export interface Asker {
  readonly method: string;
  /** Value of `x-serin-version`, where the route shows it. */
  readonly version: string | null;
  /** The line that says so, or nothing. */
  readonly versionLine: string;
  readonly setCookie: string | null;
}

/** What an exchange hears from the side that it writes to. */
export interface ExchangeEvents {
  /** The client takes more again, after `piece` said false. */
  drained(): void;
  /** The client's connection is gone, or its answer is over: after the end it means nothing. */
  abandon(): void;
  /** Our own code threw, in a callback of the client's connection. */
  onFault(error: unknown, where: 'client'): void;
}

/**
 * One answer in the protocol of its client, as the exchange writes it. It holds back what may still be replaced: nothing of a
 * final answer has to go out before `flush`, a large piece, or the end.
 */
export interface ClientSide {
  /** Whether anything of the final answer has gone out. Until then it can still be another one. */
  readonly isOut: boolean;
  /** Bytes that were written and that the client has not taken yet. */
  readonly untaken: number;
  /**
   * An interim head (1xx) is sent at once. A final one begins the answer, and replaces one of which nothing has gone out; with
   * `close` the connection ends after it, with `keep` that is up to the side.
   */
  head(head: UpstreamHead, asker: Asker, connection: 'keep' | 'close'): void;
  /** False: the client takes no more for now, and until `drained` the memory of the piece must not change. */
  piece(chunk: Buffer): boolean;
  /** Sends what is held back, because more may be long in coming. */
  flush(): void;
  /** Ends the answer, with these trailers where its framing has any; `broken` in a way that no client takes for a whole one. */
  end(trailers: readonly string[] | 'broken'): void;
}
