import type { BodyKind, UpstreamHead } from './client.ts';
import { readFieldLines } from './field-lines.ts';

/** A head and what it says of its connection. */
export interface AnswerHead {
  readonly head: UpstreamHead;
  /** False when the connection ends with this answer. */
  readonly keepsConnection: boolean;
  /** `Keep-Alive: timeout=N` in ms; null when it does not say. */
  readonly keepAliveMs: number | null;
}

const STATUS_LINE = /HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/y;
const MAX_LENGTH_DIGITS = 15;

/** What the fields say of framing, while they are read. */
interface Framing {
  length: number | null;
  isChunked: boolean;
  keepsConnection: boolean;
  keepAliveMs: number | null;
}

/**
 * Reads the head of an answer to `method` from a latin1 text that ends with its empty line. Null for everything that is
 * not plainly HTTP/1.1 or leaves the framing in doubt: two lengths, length and coding, a coding other than chunked.
 */
export function readAnswerHead(text: string, method: string): AnswerHead | null {
  STATUS_LINE.lastIndex = 0;
  const line = STATUS_LINE.exec(text);
  if (!line) return null;
  const rawHeaders = readFieldLines(text, STATUS_LINE.lastIndex, text.length - 2);
  if (!rawHeaders) return null;
  const isOld = line[1] === '0';
  const framing = framingOf(rawHeaders);
  // RFC 9112 section 6.1: HTTP/1.0 knows no transfer codings, and whoever sends both a coding and a length may be an attack.
  if (!framing || (framing.isChunked && (isOld || framing.length !== null))) return null;
  const status = Number(line[2]);
  const body = bodyKind(status, method, framing);
  return {
    head: { status, reason: line[3] ?? '', rawHeaders, body, length: body === 'sized' ? framing.length : null },
    keepsConnection: framing.keepsConnection && !isOld && body !== 'close',
    keepAliveMs: framing.keepAliveMs,
  };
}

/** RFC 9112 section 6.3. */
function bodyKind(status: number, method: string, { isChunked, length }: Framing): BodyKind {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
  if (isChunked) return 'chunked';
  return length === null ? 'close' : 'sized';
}

function framingOf(rawHeaders: readonly string[]): Framing | null {
  const framing: Framing = { length: null, isChunked: false, keepsConnection: true, keepAliveMs: null };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    // The lengths first: this runs for every field of every answer.
    switch (name.length) {
      case 10:
        readConnectionField(framing, name.toLowerCase(), value);
        break;
      case 14:
        if (name.toLowerCase() !== 'content-length') break;
        if (framing.length !== null || !/^\d+$/.test(value) || value.length > MAX_LENGTH_DIGITS) return null;
        framing.length = Number(value);
        break;
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break;
        if (framing.isChunked || value.toLowerCase() !== 'chunked') return null;
        framing.isChunked = true;
    }
  }
  return framing;
}

function readConnectionField(framing: Framing, name: string, value: string): void {
  if (name === 'connection') {
    if (value !== 'keep-alive' && /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value)) framing.keepsConnection = false;
  } else if (name === 'keep-alive') {
    const seconds = /(?:^|,)[\t ]*timeout=(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) framing.keepAliveMs = Number(seconds) * 1_000;
  }
}
