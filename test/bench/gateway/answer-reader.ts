const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = '0\r\n\r\n';

/** Finds the end of one answer at a time, as cheaply as JavaScript allows: the generator must not be the slow one. */
export class AnswerReader {
  status = 0;
  private head = Buffer.alloc(0);
  /** Bytes of the body still to come: -1 while the head is, -2 for chunks. */
  private left = -1;
  private tail = '';

  /** True when the answer is whole. What comes is at most one answer: nothing is pipelined. */
  push(bytes: Buffer): boolean {
    if (this.left >= 0) return this.ended(bytes.length);
    if (this.left === -2) return this.endedChunks(bytes);
    const seen = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
    const end = seen.indexOf(HEAD_END);
    if (end === -1) {
      this.head = Buffer.from(seen);
      return false;
    }
    if (this.head.length > 0) this.head = Buffer.alloc(0);
    const text = seen.toString('latin1', 0, end);
    this.status = Number(text.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    if (length === undefined) {
      this.left = -2;
      this.tail = '';
      return this.endedChunks(seen.subarray(end + 4));
    }
    this.left = Number(length);
    return this.ended(seen.length - end - 4);
  }

  private ended(count: number): boolean {
    this.left -= count;
    if (this.left > 0) return false;
    this.left = -1;
    return true;
  }

  /** The bodies are one letter repeated, so that the last chunk cannot be mistaken. */
  private endedChunks(bytes: Buffer): boolean {
    this.tail = (this.tail + bytes.toString('latin1', Math.max(0, bytes.length - LAST_CHUNK.length))).slice(
      -LAST_CHUNK.length,
    );
    if (this.tail !== LAST_CHUNK) return false;
    this.left = -1;
    return true;
  }
}
