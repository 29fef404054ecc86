const CLOSE = 0x8;
const MASKED = 0x80;
const WORD = 0x1_0000_0000;

/**
 * Looks for a Close frame in one direction of a WebSocket (RFC 6455 section 5.2), whose bytes come in any pieces: only heads
 * of frames are read. What is no WebSocket is read as if it were one.
 */
export class CloseFrames {
  /** Whether there was one. */
  hasClosed = false;
  /** Of the frame whose head is being read. */
  private head: number[] = [];
  /** Of the frame that is passing, in bytes. */
  private payload = 0;

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.hasClosed; ) {
      if (this.payload > 0) {
        const skipped = Math.min(this.payload, chunk.length - at);
        this.payload -= skipped;
        at += skipped;
      } else {
        this.head.push(chunk[at] ?? 0);
        at++;
        this.takeHead();
      }
    }
  }

  private takeHead(): void {
    const [first = 0, second = 0] = this.head;
    if ((first & 0x0f) === CLOSE) this.hasClosed = true;
    if (this.head.length < 2) return;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskBytes = (second & MASKED) === 0 ? 0 : 4;
    if (this.head.length < 2 + lengthBytes + maskBytes) return;
    const extended = Buffer.from(this.head.slice(2, 2 + lengthBytes));
    this.payload =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? extended.readUInt16BE()
          : extended.readUInt32BE() * WORD + extended.readUInt32BE(4);
    this.head = [];
  }
}
