import type { Socket } from 'node:net';
import { breakConnection } from '../../http/break-off.ts';
import type { FaultPlace } from '../../http/faults.ts';
import { type AnswerBody, forwardedTrailers, headerLines } from '../../http/headers.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import { type Asker, type ClientSide, type ExchangeEvents, SMALL_PIECE, SMALL_TEXT } from '../client-side.ts';
import type { AnswerWriter } from './answer-text.ts';

/** The client's connection, as its side of an exchange sees it. */
export interface SideOwner {
  readonly socket: Socket;
  /** What happens to the connection after an answer whose head is written now. */
  after(): 'keep' | 'close';
  /** The client does not take immediately what is written. */
  heldBack(): void;
  /** Our own code threw, and no exchange is under way that could be told. */
  fault(error: unknown, where: FaultPlace): void;
}

/** The client's side of the exchanges on one plain connection, one after the other. */
export class PlainSide implements ClientSide {
  isOut = false;
  /** What happens to the connection after the answer whose head was written last. */
  after: 'keep' | 'close' = 'keep';
  private readonly owner: SideOwner;
  private readonly socket: Socket;
  private readonly writer: AnswerWriter;
  private exchange: ExchangeEvents | null = null;
  private framing: AnswerBody = 'none';
  /** In latin1, not written yet. */
  private unwritten = '';
  private isHeldBack = false;
  /** Pieces of the body written from the upstream's memory and not yet reported as taken. */
  private lent = 0;

  constructor(owner: SideOwner, writer: AnswerWriter) {
    this.owner = owner;
    this.socket = owner.socket;
    this.writer = writer;
  }

  /** The next answer is for `exchange`. */
  serve(exchange: ExchangeEvents): void {
    this.exchange = exchange;
    this.isOut = false;
    this.isHeldBack = false;
    this.unwritten = '';
  }

  get untaken(): number {
    return this.socket.writableLength;
  }

  head(head: UpstreamHead, asker: Asker, connection: 'keep' | 'close'): void {
    if (head.status < 200) {
      this.socket.write(this.writer.interim(head), 'latin1');
      return;
    }
    this.after = connection === 'close' ? 'close' : this.owner.after();
    const { text, body } = this.writer.final(head, asker, this.after);
    this.framing = body;
    this.unwritten = text;
    this.isHeldBack = false;
  }

  piece(chunk: Buffer): boolean {
    const { framing, socket } = this;
    if (framing === 'none') return true;
    if (framing === 'chunked') this.unwritten += `${chunk.length.toString(16)}\r\n`;
    if (chunk.length <= SMALL_PIECE && this.unwritten.length + chunk.length < SMALL_TEXT) {
      this.unwritten += chunk.toString('latin1');
      if (!this.isHeldBack && socket.writableNeedDrain) this.holdBack();
    } else {
      this.lend(chunk);
    }
    if (framing === 'chunked') this.unwritten += '\r\n';
    return !this.isHeldBack;
  }

  flush(): void {
    if (this.unwritten === '') return;
    const text = this.unwritten;
    this.unwritten = '';
    this.isOut = true;
    this.socket.write(text, 'latin1');
  }

  end(trailers: readonly string[] | 'broken'): void {
    if (trailers === 'broken') {
      this.unwritten = '';
      breakConnection(this.socket);
      return;
    }
    if (this.framing === 'chunked') {
      this.unwritten +=
        trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${headerLines(forwardedTrailers(trailers, null))}\r\n`;
    }
    this.flush();
    this.exchange = null;
  }

  /** The client can take more again. */
  drained(): void {
    const { writableLength, writableNeedDrain } = this.socket;
    if (!this.isHeldBack || writableNeedDrain || (this.lent > 0 && writableLength > 0)) return;
    this.isHeldBack = false;
    this.exchange?.drained();
  }

  /** What the socket does not take at once stays in the memory of the upstream's connection, which waits. */
  private lend(chunk: Buffer): void {
    const { socket } = this;
    this.lent++;
    this.isOut = true;
    socket.cork();
    this.flush();
    socket.write(chunk, this.onTaken);
    socket.uncork();
    if (socket.writableLength > 0) this.holdBack();
  }

  private readonly onTaken = (): void => {
    this.lent--;
    if (this.lent > 0) return;
    try {
      this.drained();
    } catch (error) {
      if (this.exchange) this.exchange.onFault(error, 'client');
      else this.owner.fault(error, 'client');
    }
  };

  private holdBack(): void {
    this.isHeldBack = true;
    this.owner.heldBack();
  }
}
