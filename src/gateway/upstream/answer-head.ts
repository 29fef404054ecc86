import { FieldLines, readFieldLines } from '../http/field-lines.ts';
import { AnswerFields } from './answer-fields.ts';
import type { BodyKind, UpstreamHead } from './upstream-client.ts';

/** A head and what it says about its connection. */
export interface AnswerHead {
  readonly head: UpstreamHead;
  /** False when the connection ends with this answer. */
  readonly keepsConnection: boolean;
  /** `Keep-Alive: timeout=N` in ms; null when absent. */
  readonly keepAliveMs: number | null;
}

const STATUS_LINE = /HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/y;

interface StatusLine {
  readonly version: '1.0' | '1.1';
  readonly status: number;
  readonly reason: string;
  readonly length: number;
}

/** Nearly every answer starts with it, and a comparison is cheaper than a match. */
const OK_TEXT = 'HTTP/1.1 200 OK\r\n';
const OK: StatusLine = { version: '1.1', status: 200, reason: 'OK', length: OK_TEXT.length };

function readStatusLine(text: string): StatusLine | null {
  if (text.startsWith(OK_TEXT)) return OK;
  STATUS_LINE.lastIndex = 0;
  const line = STATUS_LINE.exec(text);
  if (!line) return null;
  const version = line[1] === '0' ? '1.0' : '1.1';
  return { version, status: Number(line[2]), reason: line[3] ?? '', length: line[0].length };
}

/** A head that is parsed when its fields are first asked for. */
class ReceivedHead implements UpstreamHead {
  readonly status: number;
  readonly reason: string;
  readonly body: BodyKind;
  readonly length: number | null;
  readonly isEventStream: boolean;
  readonly isJson: boolean;
  readonly namesPlaces: boolean;
  readonly hasDate: boolean;
  readonly passing: string | null;
  private readonly text: string;
  private readonly fieldsFrom: number;

  constructor(text: string, line: StatusLine, fields: AnswerFields, body: BodyKind) {
    this.text = text;
    this.fieldsFrom = line.length;
    this.status = line.status;
    this.reason = line.reason;
    this.body = body;
    this.length = body === 'sized' ? fields.length : null;
    this.isEventStream = fields.isEventStream;
    this.isJson = fields.isJson;
    this.namesPlaces = fields.namesPlaces;
    this.hasDate = fields.hasDate;
    this.passing = line.version === '1.1' && line.reason !== '' ? fields.passing : null;
  }

  get rawHeaders(): readonly string[] {
    return readFieldLines(this.text.slice(this.fieldsFrom, -2)) ?? [];
  }
}

/**
 * Reads the head of an answer to `method`, from the beginning of `bytes` up to `end`, just after its empty line.
 * Null for anything that is not plainly HTTP/1.1 or leaves the framing in doubt: two lengths, length and coding, a coding
 * other than chunked.
 */
export function readAnswerHead(bytes: Buffer, end: number, method: string): AnswerHead | null {
  const text = bytes.toString('latin1', 0, end);
  const line = readStatusLine(text);
  if (!line) return null;
  const fields = new AnswerFields();
  if (!fields.read(text, new FieldLines(bytes, line.length, end - 2))) return null;
  const isOld = line.version === '1.0';
  // RFC 9112 section 6.1: HTTP/1.0 has no transfer codings, and a message with both a coding and a length may be an attack.
  if (fields.isChunked && (isOld || fields.length !== null)) return null;
  const body = bodyKind(line.status, method, fields);
  return {
    head: new ReceivedHead(text, line, fields, body),
    keepsConnection: fields.keepsConnection && !isOld && body !== 'close',
    keepAliveMs: fields.keepAliveMs,
  };
}

/** RFC 9112 section 6.3. */
function bodyKind(status: number, method: string, { isChunked, length }: AnswerFields): BodyKind {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
  if (isChunked) return 'chunked';
  return length === null ? 'close' : 'sized';
}
