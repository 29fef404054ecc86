import type { FieldLines } from '../http/field-lines.ts';
import { HOP_BY_HOP } from '../http/headers.ts';

/** Fields that may name a place, by their names in lower case. */
const PLACE_FIELDS = ['location', 'content-location', 'refresh', 'link', 'set-cookie'];

/** The names that matter here, by length. */
const TELLING: readonly (readonly string[])[] = namesByLength([
  ...HOP_BY_HOP,
  'content-length',
  'content-type',
  'date',
  'trailer',
  'x-serin-version',
  ...PLACE_FIELDS,
]);

function namesByLength(names: readonly string[]): string[][] {
  const longest = Math.max(...names.map(({ length }) => length));
  return Array.from({ length: longest + 1 }, (_, length) => names.filter((name) => name.length === length));
}

/** `application/json`, and any type with the suffix `+json` (RFC 6839 section 3.1). */
const JSON_TYPE = /^(?:application\/json|[^/;]+\/[^/;]+\+json)[\t ]*(?:;|$)/i;

/** What the field lines of an answer say about its framing and connection, and which of them are forwarded as received. */
export class AnswerFields {
  length: number | null = null;
  isChunked = false;
  keepsConnection = true;
  keepAliveMs: number | null = null;
  hasDate = false;
  isEventStream = false;
  isJson = false;
  namesPlaces = false;
  /**
   * The head without hop-by-hop lines and the empty line; null when deciding what is forwarded takes a closer look, or when
   * a line is not written as we would write it.
   */
  passing: string | null = '';
  private hasType = false;

  /**
   * Reads the `lines` of a head; false when they are broken or leave the framing in doubt. `text` is the complete head in
   * latin1: what precedes the lines passes too.
   */
  read(text: string, lines: FieldLines): boolean {
    let passFrom = 0;
    let step = lines.advance();
    for (; step === 'line'; step = lines.advance()) {
      if (!lines.isTidy) this.passing = null;
      const role = this.take(lines);
      if (role === 'doubtful') return false;
      if (role === 'end-to-end') continue;
      if (this.passing !== null) this.passing += text.slice(passFrom, lines.start);
      passFrom = lines.next;
    }
    if (this.passing !== null) this.passing += text.slice(passFrom, lines.next);
    return step === 'over';
  }

  private take(lines: FieldLines): 'end-to-end' | 'of-the-hop' | 'doubtful' {
    const name = tellingName(lines);
    switch (name) {
      case null:
        return 'end-to-end';
      case 'connection':
        this.takeConnection(lines.value);
        return 'of-the-hop';
      case 'keep-alive':
        this.takeKeepAlive(lines.value);
        return 'of-the-hop';
      case 'transfer-encoding':
        if (this.isChunked || lines.value.toLowerCase() !== 'chunked') return 'doubtful';
        this.isChunked = true;
        return 'of-the-hop';
      case 'content-length':
        if (this.length !== null) return 'doubtful';
        this.length = lines.length;
        return this.length === null ? 'doubtful' : 'end-to-end';
      case 'content-type':
        if (!this.hasType) this.takeType(lines.value);
        this.hasType = true;
        return 'end-to-end';
      case 'date':
        this.hasDate = true;
        return 'end-to-end';
      case 'location':
      case 'content-location':
      case 'refresh':
      case 'link':
      case 'set-cookie':
        this.namesPlaces = true;
        return 'end-to-end';
      case 'trailer':
      case 'x-serin-version':
        this.passing = null;
        return 'end-to-end';
      default:
        return 'of-the-hop';
    }
  }

  private takeType(value: string): void {
    this.isEventStream = isEventStream(value);
    this.isJson = JSON_TYPE.test(value);
  }

  private takeConnection(value: string): void {
    if (/^(?:keep-alive|close)$/i.test(value)) {
      if (value.length === 'close'.length) this.keepsConnection = false;
      return;
    }
    // It may remove other fields.
    this.passing = null;
    if (/(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value)) this.keepsConnection = false;
  }

  private takeKeepAlive(value: string): void {
    const seconds = /(?:^|,)[\t ]*timeout=(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
  }
}

/** The name in lower case if it matters here; other fields need no closer look. */
function tellingName(lines: FieldLines): string | null {
  for (const name of TELLING[lines.nameLength] ?? []) if (lines.isNamed(name)) return name;
  return null;
}

export function isEventStream(contentType: string): boolean {
  return /^text\/event-stream\b/i.test(contentType);
}
