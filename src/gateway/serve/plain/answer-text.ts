import { flat } from '../../http/flat-text.ts';
import { type AnswerBody, answerHeaders, headerLines } from '../../http/headers.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { Asker } from '../client-side.ts';

export interface AnswerText {
  /** Everything through the empty line, in latin1. */
  readonly text: string;
  readonly body: AnswerBody;
}

/** The last lines of a head, by what happens to the connection and how the body is framed. */
type Endings = Readonly<Record<'keep' | 'close', Readonly<Record<AnswerBody, string>>>>;

const ONE_SECOND = 1_000;

/** Writes answer heads as node:http does, ending with the date and what happens to the connection. */
export class AnswerWriter {
  private readonly keepAlive: string;
  private readonly undated: Endings;
  /** With the date of the current second. */
  private dated: Endings;
  private datedUntil = 0;

  constructor(idleMs: number) {
    this.keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1_000)}\r\n`;
    this.undated = endings('', this.keepAlive);
    this.dated = this.undated;
  }

  final(head: UpstreamHead, asker: Asker, connection: 'keep' | 'close'): AnswerText {
    const { status, passing } = head;
    const isOrdinary = passing !== null && status !== 204 && status !== 304 && asker.method !== 'HEAD';
    return isOrdinary ? this.passed(head, passing, asker, connection) : this.general(head, asker, connection);
  }

  /** The common head as received: rewriting it name by name and value by value costs 0.6 us more. */
  private passed(
    { body, hasDate }: UpstreamHead,
    passing: string,
    { versionLine, setCookie }: Asker,
    connection: 'keep' | 'close',
  ): AnswerText {
    let text = passing + versionLine;
    if (setCookie !== null) text += `Set-Cookie: ${setCookie}\r\n`;
    const framing: AnswerBody = body === 'sized' ? 'sized' : 'chunked';
    return { text: text + this.ending(hasDate ? 'said' : 'unsaid', connection, framing), body: framing };
  }

  private general(
    { status, reason, rawHeaders }: UpstreamHead,
    asker: Asker,
    connection: 'keep' | 'close',
  ): AnswerText {
    const { method, version, setCookie } = asker;
    const { headers, body } = answerHeaders({ rawHeaders, status, method, httpVersion: '1.1', version, setCookie });
    return { text: this.text(status, reason, headers, connection, body), body };
  }

  /** An interim answer has no date and does not decide what happens to the connection. */
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
    if (date === 'said') return this.undated[connection][body];
    const now = Date.now();
    if (now >= this.datedUntil) {
      this.datedUntil = now - (now % ONE_SECOND) + ONE_SECOND;
      this.dated = endings(`Date: ${new Date(now).toUTCString()}\r\n`, this.keepAlive);
    }
    return this.dated[connection][body];
  }
}

function endings(date: string, keepAlive: string): Endings {
  const after = (connection: string): Endings['keep'] => {
    const plain = flat(`${date}${connection}\r\n`);
    return { none: plain, sized: plain, chunked: flat(`${date}${connection}Transfer-Encoding: chunked\r\n\r\n`) };
  };
  return { keep: after(keepAlive), close: after('Connection: close\r\n') };
}

function hasDate(headers: readonly string[]): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length === 4 && name.toLowerCase() === 'date') return true;
  }
  return false;
}
