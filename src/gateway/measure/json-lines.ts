const BYTES = 65_536;

const QUOTE = 0x22;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** The most bytes that a UTF-16 unit takes in a JSON string: `\u001f`. */
export const ESCAPED_BYTES = 6;

/**
 * Lines of JSON, written straight into bytes. As strings, each would be concatenated from its parts, flattened
 * and encoded, which takes several times as long.
 */
export class JsonLines {
  private readonly onLines: (lines: Buffer) => void;
  private bytes = Buffer.allocUnsafeSlow(BYTES);
  private used = 0;
  /** Where the last complete line ends. */
  private whole = 0;

  /** `onLines` gets complete lines, many at a time, and may keep them. */
  constructor(onLines: (lines: Buffer) => void) {
    this.onLines = onLines;
  }

  /** Makes room for the next line, which takes at most `most` bytes. */
  begin(most: number): void {
    if (this.used + most <= this.bytes.length) return;
    this.flush();
    if (most > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(most);
  }

  /** The line is complete. */
  end(): void {
    this.whole = this.used;
  }

  /** Discards the current line. */
  drop(): void {
    this.used = this.whole;
  }

  flush(): void {
    if (this.used === 0) return;
    const lines = Buffer.copyBytesFrom(this.bytes, 0, this.used);
    this.used = 0;
    this.whole = 0;
    this.onLines(lines);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** ASCII, unescaped. */
  plain(text: string): void {
    const { bytes } = this;
    let to = this.used;
    for (let at = 0; at < text.length; at++) bytes[to++] = text.charCodeAt(at);
    this.used = to;
  }

  /** A JSON string. */
  string(text: string): void {
    const { bytes } = this;
    let to = this.used;
    bytes[to++] = QUOTE;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.used += bytes.write(JSON.stringify(text), this.used);
        return;
      }
      bytes[to++] = code;
    }
    bytes[to++] = QUOTE;
    this.used = to;
  }

  /** The last `count` digits of a non-negative integer. */
  digits(number: number, count: number): void {
    const { bytes } = this;
    let rest = number;
    for (let at = this.used + count - 1; at >= this.used; at--) {
      bytes[at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.used += count;
  }
}
