import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { problemDocument } from '../api/problem-answer.ts';

/**
 * Lets through only requests that say which host they mean, and say it once (RFC 9112 section 3.2). Of two Host lines Node
 * reads the first, and what stands before it may have read the second.
 */
export function oneHost(listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    const fault = hostFault(incoming);
    if (fault === null) listener(incoming, outgoing);
    else refuse(outgoing, fault);
  };
}

function hostFault({ rawHeaders, headers, url = '' }: IncomingMessage): string | null {
  const lines = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (lines > 1) return 'the request has more than one Host line';
  if (/^https?:/i.test(url) && URL.parse(url) === null) return 'the target of the request is no URL';
  const { host } = headers;
  if (host && URL.parse(`http://${host}/`) === null) return 'the Host of the request is neither a name nor an address';
  return null;
}

function refuse(outgoing: ServerResponse, detail: string): void {
  const { status, type, body } = problemDocument('malformed', detail);
  outgoing.writeHead(status, { 'content-type': type, connection: 'close' }).end(body);
}
