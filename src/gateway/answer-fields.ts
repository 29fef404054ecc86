import { FieldLines } from './field-lines.ts';
import { HOP_BY_HOP } from './headers.ts';

const MAX_LENGTH_DIGITS = 15;

const TELLING = [...HOP_BY_HOP, 'content-length', 'content-type', 'date', 'trailer', 'x-serin-version'];

/** 1 for the lengths of the names that mean something here: the others need no closer look. */
const TELLING_LENGTHS = new Uint8Array(65_536);
for (const name of TELLING) TELLING_LENGTHS[name.length] = 1;

/** What the field lines of one answer say of its framing and its connection, and which of them go on as they came. */
export class AnswerFields {
  length: number | null = null;
  isChunked = false;
  keepsConnection = true;
  keepAliveMs: number | null = null;
  hasDate = false;
  isEventStream = false;
  /**
   * The head without the lines of the hop and the empty one; null when it takes a closer look to say what goes on, or when
   * a line is not written as we would write it.
   */
  passing: string | null = '';
  private hasType = false;

  /**
   * Reads the lines of a head's `text` from `at` to before `end`; false when they are broken or leave the framing in
   * doubt. What stands before them passes as well.
   */
  read(text: string, at: number, end: number): boolean {
    const lines = new FieldLines(text, at, end);
    let passFrom = 0;
    let step = lines.advance();
    for (; step === 'line'; step = lines.advance()) {
      if (!lines.isTidy) this.passing = null;
      if (TELLING_LENGTHS[lines.nameLength] !== 1) continue;
      const role = this.take(lines.name.toLowerCase(), lines.value);
      if (role === 'doubtful') return false;
      if (role === 'end-to-end') continue;
      if (this.passing !== null) this.passing += text.slice(passFrom, lines.start);
      passFrom = lines.next;
    }
    if (this.passing !== null) this.passing += text.slice(passFrom, end);
    return step === 'over';
  }

  private take(name: string, value: string): 'end-to-end' | 'of-the-hop' | 'doubtful' {
    switch (name) {
      case 'connection':
        this.takeConnection(value);
        return 'of-the-hop';
      case 'keep-alive':
        this.takeKeepAlive(value);
        return 'of-the-hop';
      case 'transfer-encoding':
        if (this.isChunked || value.toLowerCase() !== 'chunked') return 'doubtful';
        this.isChunked = true;
        return 'of-the-hop';
      case 'content-length':
        if (this.length !== null || !/^\d+$/.test(value) || value.length > MAX_LENGTH_DIGITS) return 'doubtful';
        this.length = Number(value);
        return 'end-to-end';
      case 'content-type':
        this.isEventStream ||= !this.hasType && isEventStream(value);
        this.hasType = true;
        return 'end-to-end';
      case 'date':
        this.hasDate = true;
        return 'end-to-end';
      case 'trailer':
      case 'x-serin-version':
        this.passing = null;
        return 'end-to-end';
      default:
        return HOP_BY_HOP.has(name) ? 'of-the-hop' : 'end-to-end';
    }
  }

  private takeConnection(value: string): void {
    if (/^(?:keep-alive|close)$/i.test(value)) {
      if (value.length === 'close'.length) this.keepsConnection = false;
      return;
    }
    // It may take other fields with it.
    this.passing = null;
    if (/(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value)) this.keepsConnection = false;
  }

  private takeKeepAlive(value: string): void {
    const seconds = /(?:^|,)[\t ]*timeout=(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
  }
}

export function isEventStream(contentType: string): boolean {
  return /^text\/event-stream\b/i.test(contentType);
}
