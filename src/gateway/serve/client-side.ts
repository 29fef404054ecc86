import type { UpstreamHead } from '../upstream/upstream-client.ts';

/** Up to this size, in bytes, a piece of a body is copied as text, which is cheaper than a buffer of its own. */
export const SMALL_PIECE = 4_096;
/**
 * How much of an answer is collected as text, in bytes: up to this size node:net encodes a string on the stack. An answer that
 * breaks within it can still be replaced, so both paths have to collect alike.
 */
export const SMALL_TEXT = 16_384;

/** The parts of a request that decide the shape of its answer. */
export interface Asker {
  readonly method: string;
  /** Value of `x-serin-version`, where the route shows it. */
  readonly version: string | null;
  /** The header line that carries it, or an empty string. */
  readonly versionLine: string;
  readonly setCookie: string | null;
}

/** What the client's side reports to an exchange. */
export interface ExchangeEvents {
  /** The client can take more again, after `piece` returned false. */
  drained(): void;
  /** The client's connection is gone, or its answer is over; ignored after the end. */
  abandon(): void;
  /** Our own code threw, in a callback of the client's connection. */
  onFault(error: unknown, where: 'client'): void;
}

/**
 * One answer in its client's protocol, as the exchange writes it. Holds back what may still be replaced: no part of a
 * final answer has to go out before `flush`, a large piece, or the end.
 */
export interface ClientSide {
  /** Whether any of the final answer has gone out. Until then it can still be replaced. */
  readonly isOut: boolean;
  /** Bytes written that the client has not taken yet. */
  readonly untaken: number;
  /**
   * Sends an interim head (1xx) at once. A final head starts the answer, and replaces one of which nothing has gone out. With
   * `close` the connection ends after it; with `keep` the side decides.
   */
  head(head: UpstreamHead, asker: Asker, connection: 'keep' | 'close'): void;
  /** False: the client takes no more for now, and the memory of the piece must not change until `drained`. */
  piece(chunk: Buffer): boolean;
  /** Sends what is held back, because more may take a while. */
  flush(): void;
  /** Ends the answer, with these trailers if its framing has any; `broken` ends it so that no client takes it for complete. */
  end(trailers: readonly string[] | 'broken'): void;
}
