import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a browser brought from the provider. */
export interface Arrival {
  readonly url: URL;
  /** The one sentence of the page that the browser waits for. */
  tell(outcome: 'done' | 'failed', sentence: string): Promise<void>;
}

/** The loopback end of a sign-in (RFC 8252 section 7.3). */
export interface Landing {
  readonly redirectUri: string;
  /** Rejects when the signal aborts. */
  arrival(signal: AbortSignal): Promise<Arrival>;
  close(): Promise<void>;
}

const PATH = '/callback';

/**
 * Listens on a free port of 127.0.0.1 for the one request that has this state. Any page in any browser of this machine can make
 * others: they are answered, and change nothing.
 */
export async function openLanding(state: string): Promise<Landing> {
  const { promise, resolve } = Promise.withResolvers<Arrival>();
  let isTaken = false;
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', base);
    // The host as well: a page can point a name of its own at this address (DNS rebinding).
    if (request.headers.host !== host || url?.origin !== base || url.pathname !== PATH) {
      void page(response, 404, 'There is nothing here.');
    } else if (request.method !== 'GET') {
      response.setHeader('allow', 'GET');
      void page(response, 405, 'This address takes GET alone.');
    } else if (url.searchParams.get('state') !== state) {
      void page(response, 400, 'This is not from the sign-in that the terminal waits for, and nothing was done.');
    } else if (isTaken) {
      void page(response, 409, 'This sign-in has been answered already: go back to the terminal.');
    } else {
      isTaken = true;
      resolve({ url, tell: (outcome, sentence) => page(response, outcome === 'done' ? 200 : 400, sentence) });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const base = `http://${host}`;
  return {
    redirectUri: `${base}${PATH}`,
    arrival: (signal) => Promise.race([promise, aborted(signal)]),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** Resolves when it is sent, or when the browser is gone. */
async function page(response: ServerResponse, status: number, sentence: string): Promise<void> {
  const text = sentence.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    // The address has the code in it.
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  const sent = once(response, 'close');
  response.end(`<!doctype html><html lang="en"><title>Serin</title><p>${text}</p></html>\n`);
  await sent;
}
