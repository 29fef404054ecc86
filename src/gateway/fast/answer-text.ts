import type { UpstreamHead } from '../client.ts';
import { isEventStream } from '../exchange.ts';
import { type AnswerBody, answerHeaders, HOP_BY_HOP, headerLines } from '../headers.ts';

/** What of a request decides the shape of its answer. */
export interface Asker {
  readonly method: string;
  /** Value of `x-serin-version`, where the route shows it. */
  readonly version: string | null;
  readonly setCookie: string | null;
}

export interface AnswerText {
  /** Everything through the empty line, in latin1. */
  readonly text: string;
  readonly body: AnswerBody;
  readonly isEventStream: boolean;
}

const ONE_SECOND = 1_000;

/** 1 for the lengths of the field names that mean something here: the others need no closer look. */
const TELLING_LENGTHS = new Uint8Array(65_536);
for (const name of [...HOP_BY_HOP, 'content-length', 'content-type', 'date', 'trailer', 'x-serin-version']) {
  TELLING_LENGTHS[name.length] = 1;
}

function isPlainOption(connection: string): boolean {
  return /^(?:close|keep-alive)$/i.test(connection);
}

/** Writes the heads of answers as node:http does, which ends them with the date and with what becomes of the connection. */
export class AnswerWriter {
  private readonly keepAlive: string;
  private date = '';
  private dateUntil = 0;

  constructor(idleMs: number) {
    this.keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1_000)}\r\n`;
  }

  final(head: UpstreamHead, asker: Asker, connection: 'keep' | 'close'): AnswerText {
    return this.plain(head, asker, connection) ?? this.general(head, asker, connection);
  }

  /** The everyday head in one pass and without a list in between; null where `answerHeaders` has to look at all of it. */
  private plain(head: UpstreamHead, { method, version, setCookie }: Asker, connection: 'keep' | 'close') {
    const { status, reason, rawHeaders } = head;
    if (status === 204 || status === 304 || method === 'HEAD') return null;
    let lines = '';
    let isSized = false;
    let date: 'said' | 'unsaid' = 'unsaid';
    let isStream = false;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? '';
      const value = rawHeaders[at + 1] ?? '';
      if (TELLING_LENGTHS[name.length] === 1) {
        const lower = name.toLowerCase();
        if (lower === 'trailer' || (lower === 'connection' && !isPlainOption(value))) return null;
        if (HOP_BY_HOP.has(lower) || (lower === 'x-serin-version' && version !== null)) continue;
        if (lower === 'content-length') isSized = true;
        else if (lower === 'date') date = 'said';
        else if (lower === 'content-type') isStream = isEventStream(['content-type', value]);
      }
      lines += `${name}: ${value}\r\n`;
    }
    if (version !== null) lines += `X-Serin-Version: ${version}\r\n`;
    if (setCookie !== null) lines += `Set-Cookie: ${setCookie}\r\n`;
    const body: AnswerBody = isSized ? 'sized' : 'chunked';
    const text = `HTTP/1.1 ${status} ${reason}\r\n${lines}${this.ending(date, connection, body)}`;
    return { text, body, isEventStream: isStream };
  }

  private general(
    { status, reason, rawHeaders }: UpstreamHead,
    asker: Asker,
    connection: 'keep' | 'close',
  ): AnswerText {
    const { method, version, setCookie } = asker;
    const { headers, body } = answerHeaders({ rawHeaders, status, method, httpVersion: '1.1', version, setCookie });
    const text = this.text(status, reason, headers, connection, body);
    return { text, body, isEventStream: isEventStream(rawHeaders) };
  }

  /** An interim answer has neither a date nor a say in what becomes of the connection. */
  interim({ status, reason, rawHeaders }: UpstreamHead): string {
    const asked = { method: 'HEAD', httpVersion: '1.1', version: null, setCookie: null };
    const { headers } = answerHeaders({ rawHeaders, status, ...asked });
    return `HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}\r\n`;
  }

  text(
    status: number,
    reason: string,
    headers: readonly string[],
    connection: 'keep' | 'close',
    body: AnswerBody,
  ): string {
    const ending = this.ending(hasDate(headers) ? 'said' : 'unsaid', connection, body);
    return `HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}${ending}`;
  }

  private ending(date: 'said' | 'unsaid', connection: 'keep' | 'close', body: AnswerBody): string {
    const framing = body === 'chunked' ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
    const after = connection === 'keep' ? this.keepAlive : 'Connection: close\r\n';
    return `${date === 'said' ? '' : this.dateLine()}${after}${framing}`;
  }

  private dateLine(): string {
    const now = Date.now();
    if (now >= this.dateUntil) {
      this.dateUntil = now - (now % ONE_SECOND) + ONE_SECOND;
      this.date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.date;
  }
}

function hasDate(headers: readonly string[]): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length === 4 && name.toLowerCase() === 'date') return true;
  }
  return false;
}
