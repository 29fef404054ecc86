/** Thrown where a text is no JSON, as far as it was walked. */
export class BrokenJson extends Error {}

/** A value in a text: its first byte, and the one behind its last. */
export interface JsonPart {
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const SPACE = 0x20;
/** Of a name that is told. */
const LONGEST_NAME = 100;

/**
 * Goes through the bytes of a JSON text and makes nothing of them: what `JSON.parse` makes of a text takes up to thirty times its bytes,
 * cannot be interrupted, and ends the whole process where a thread has no memory for it. A caller parses the parts that it needs, each
 * within a bound of its own. Of the others only brackets and texts are checked.
 */
export class JsonWalk {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /**
   * Tells the name of each member, empty for a long one; `member` has to pass over the value. Passes over what is no object.
   *
   * @returns whether it was one
   */
  object(member: (name: string) => void): boolean {
    return this.each(OPEN_OBJECT, CLOSE_OBJECT, () => {
      const name = this.name();
      this.expect(COLON);
      member(name);
    });
  }

  /** `item` has to pass over it. Passes over what is no list. */
  list(item: () => void): void {
    this.each(OPEN_LIST, CLOSE_LIST, item);
  }

  /** Passes over a value, however deep. */
  part(): JsonPart {
    this.skipBlanks();
    const start = this.at;
    let depth = 0;
    do {
      const byte = this.skipBlanks();
      if (byte === QUOTE) this.skipText();
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        depth++;
        this.at++;
      } else if (depth > 0 && isBetween(byte)) {
        if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
        this.at++;
      } else this.skipWord();
    } while (depth > 0);
    return { start, end: this.at };
  }

  /** Throws where anything but blanks is left. */
  end(): void {
    if (this.skipBlanks() !== undefined) throw new BrokenJson();
  }

  private each(open: number, close: number, one: () => void): boolean {
    if (this.skipBlanks() !== open) {
      this.part();
      return false;
    }
    this.at++;
    if (this.skipBlanks() === close) {
      this.at++;
      return true;
    }
    for (;;) {
      one();
      const byte = this.skipBlanks();
      this.at++;
      if (byte === close) return true;
      if (byte !== COMMA) throw new BrokenJson();
    }
  }

  private name(): string {
    this.skipBlanks();
    const start = this.at;
    this.expect(QUOTE);
    this.at = start;
    this.skipText();
    if (this.at - start > LONGEST_NAME) return '';
    const name = this.bytes.toString('utf8', start + 1, this.at - 1);
    return name.includes('\\') ? unescaped(name) : name;
  }

  private expect(byte: number): void {
    if (this.skipBlanks() !== byte) throw new BrokenJson();
    this.at++;
  }

  /** The byte behind them; undefined at the end. */
  private skipBlanks(): number | undefined {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte !== undefined && byte <= SPACE) {
      this.at++;
      byte = bytes[this.at];
    }
    return byte;
  }

  private skipText(): void {
    const { bytes } = this;
    let at = this.at + 1;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at >= bytes.length) throw new BrokenJson();
    this.at = at + 1;
  }

  /** A number, or one of the three words. */
  private skipWord(): void {
    const { bytes } = this;
    const start = this.at;
    let byte = bytes[start];
    while (byte !== undefined && byte > SPACE && byte !== QUOTE && !isBetween(byte)) {
      this.at++;
      byte = bytes[this.at];
    }
    if (this.at === start) throw new BrokenJson();
  }
}

/** Ends a value, or stands between two. */
function isBetween(byte: number | undefined): boolean {
  return byte === COMMA || byte === COLON || byte === CLOSE_OBJECT || byte === CLOSE_LIST;
}

function unescaped(name: string): string {
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    throw new BrokenJson();
  }
}
