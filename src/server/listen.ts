import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { problemDocument } from '../api/problem-answer.ts';
import type { ListenAddress } from '../config/declared-address.ts';
import type { Log } from '../problem/log.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import { boundConnections, REQUEST_TIMEOUTS } from './connection-bounds.ts';

export interface ControlListener {
  /** The address that the socket is bound to. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  /** The listener's name in the log. */
  readonly name: string;
  readonly log: Log;
  /** How long requests may still take once it closes, in ms. */
  readonly graceMs?: number;
}

const GRACE_MS = REQUEST_TIMEOUTS.requestTimeout;

/** Serves an application of the control plane. Rejects with Problem('port-in-use') when the port is taken. */
export async function listen(
  app: Pick<Hono, 'fetch'>,
  at: ListenAddress,
  { name, log, graceMs = GRACE_MS }: ListenOptions,
): Promise<ControlListener> {
  const answer = getRequestListener(app.fetch, { hostname: at.host, overrideGlobalObjects: false });
  const server = createServer(
    REQUEST_TIMEOUTS,
    oneHost((incoming, outgoing) => void answer(incoming, outgoing)),
  );
  boundConnections(server, name, log);
  server.listen(at.port, at.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenProblem(error as NodeJS.ErrnoException, at);
  }
  server.on('error', (error) => log({ what: 'listenerFailed', level: 'error', listener: name, error }));
  const { address, port } = server.address() as AddressInfo;
  return {
    address,
    port,
    close: () =>
      new Promise((done) => {
        // Node watches over the times of heads and bodies only until close() is called.
        const late = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(late);
          done();
        });
      }),
  };
}

/** Why the system refuses an address, in a sentence; `issueOf` adds its place in serin.yaml. */
export function listenProblem(
  error: NodeJS.ErrnoException,
  at: ListenAddress,
  issueOf: (message: string) => Issue | undefined = () => undefined,
): Problem {
  const message = bindFailure(error, at);
  const issue = issueOf(message);
  const code = error.code === 'EADDRINUSE' ? 'port-in-use' : 'unavailable';
  return new Problem(code, message, { cause: error, ...(issue ? { issues: [issue] } : {}) });
}

function bindFailure({ code }: NodeJS.ErrnoException, { host, port }: ListenAddress): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use`;
    case 'EACCES':
      return `this user may not listen on port ${port} of ${host} (EACCES); ports below 1024 need a privilege`;
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine (EADDRNOTAVAIL)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} does not resolve to an address (${code})`;
    default:
      return `cannot listen on ${host}:${port}: ${code ?? 'unknown error'}`;
  }
}

/**
 * Accepts only requests that name their host exactly once (RFC 9112 section 3.2). Of two Host lines Node
 * reads the first, and a proxy in front may have read the second.
 */
function oneHost(listener: RequestListener): RequestListener {
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
