import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { Problem } from '../problem/problem.ts';

export interface Listener {
  /** What the socket is bound to. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves an application. Rejects with Problem('port-in-use') when the port is taken. */
export function listen(
  app: Pick<Hono, 'fetch'>,
  at: { readonly host: string; readonly port: number },
): Promise<Listener> {
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

function listenProblem(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Problem {
  if (error.code === 'EADDRINUSE')
    return new Problem('port-in-use', `port ${port} on ${host} is in use`, { cause: error });
  return new Problem('unavailable', `cannot listen on ${host}:${port}: ${error.code ?? 'unknown error'}`, {
    cause: error,
  });
}
