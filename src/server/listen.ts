import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Issue, Problem } from '../problem/problem.ts';
import type { ListenAddress } from './config/declared-address.ts';

export interface Listener {
  /** What the socket is bound to. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves an application. Rejects with Problem('port-in-use') when the port is taken. */
export function listen(app: Pick<Hono, 'fetch'>, at: ListenAddress): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch, hostname: at.host, port: at.port, overrideGlobalObjects: false },
      (address) => {
        resolve({
          address: address.address,
          port: address.port,
          close: () =>
            new Promise((done) => {
              server.close(() => done());
              if ('closeIdleConnections' in server) server.closeIdleConnections();
            }),
        });
      },
    );
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, at)));
  });
}

/** What an address is refused with by the system, in a sentence; `issueOf` gives it its place in serin.yaml. */
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
