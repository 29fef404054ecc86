import { CR, LF } from '../../http/grammar.ts';

export interface LineTaker {
  /**
   * A line without its end: the bytes of `memory` from `from` to `to`, valid until this returns. `isCut`: these are the first bytes
   * of a line that is longer than what is kept of one.
   */
  line(memory: Buffer, from: number, to: number, isCut: boolean): void;
}

const FIRST_ROOM = 512;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts bytes into lines, in whatever pieces they come. `any`: a line ends with LF, CR or CRLF (HTML section 9.2.5); `lf`: with
 * LF. Of a line that is split between pieces at most `mostKept` bytes are held.
 */
export class LineSplitter {
  private readonly taker: LineTaker;
  private readonly mostKept: number;
  private readonly endsWithCr: boolean;
  /** The beginning of a line whose rest has not come. */
  private held = NOTHING;
  private heldLength = 0;
  private isCut = false;
  /** The last byte was a CR: an LF that follows belongs to it. */
  private isBehindCr = false;

  constructor(taker: LineTaker, ends: 'any' | 'lf', mostKept: number) {
    this.taker = taker;
    this.endsWithCr = ends === 'any';
    this.mostKept = mostKept;
  }

  push(chunk: Buffer): void {
    let from = 0;
    if (this.isBehindCr && chunk.length > 0) {
      this.isBehindCr = false;
      if (chunk[0] === LF) from = 1;
    }
    let lf = -2;
    let cr = this.endsWithCr ? -2 : -1;
    while (from < chunk.length) {
      // Each is searched for again once it is passed, and never once there is none: no byte is looked at more than twice.
      if (lf !== -1 && lf < from) lf = chunk.indexOf(LF, from);
      if (cr !== -1 && cr < from) cr = chunk.indexOf(CR, from);
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
      if (end === -1) {
        this.hold(chunk, from, chunk.length);
        return;
      }
      this.give(chunk, from, end);
      from = end + 1;
      if (end !== cr) continue;
      if (from === chunk.length) this.isBehindCr = true;
      else if (chunk[from] === LF) from += 1;
    }
  }

  /** Takes what is held for a line that ends with the stream. */
  end(): void {
    if (this.heldLength > 0) this.give(NOTHING, 0, 0);
    this.free();
  }

  free(): void {
    this.held = NOTHING;
    this.heldLength = 0;
    this.isCut = false;
  }

  private give(chunk: Buffer, from: number, to: number): void {
    if (this.heldLength === 0) {
      const isCut = to - from > this.mostKept;
      this.taker.line(chunk, from, isCut ? from + this.mostKept : to, isCut);
      return;
    }
    this.hold(chunk, from, to);
    const { held, heldLength, isCut } = this;
    this.free();
    this.taker.line(held, 0, heldLength, isCut);
  }

  private hold(chunk: Buffer, from: number, to: number): void {
    const taken = Math.min(to - from, this.mostKept - this.heldLength);
    if (taken < to - from) this.isCut = true;
    const needed = this.heldLength + taken;
    if (needed > this.held.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.mostKept, Math.max(FIRST_ROOM, 2 * needed)));
      this.held.copy(grown, 0, 0, this.heldLength);
      this.held = grown;
    }
    chunk.copy(this.held, this.heldLength, from, from + taken);
    this.heldLength = needed;
  }
}
