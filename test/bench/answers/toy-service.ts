import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../../support/random.ts';
import { ORDER_FIELDS, toyDocument } from './toy-document.ts';
import { answerOf, askedOf, type LoggedLine, type Version } from './toy-orders.ts';

export interface ToyService {
  readonly url: string;
  /** What it has logged since this was asked for last. */
  takeLines(): readonly LoggedLine[];
  close(): Promise<void>;
}

/** One version of the orders, on a port of its own. The user is told by `x-user`. */
export async function startToyService(version: Version, random: Random): Promise<ToyService> {
  let lines: LoggedLine[] = [];
  const server = createServer((incoming, outgoing) => {
    const asked = askedOf(incoming.url ?? '', Number(incoming.headers['x-user'] ?? 0));
    incoming.resume();
    if (incoming.url === '/openapi.json') {
      outgoing.end(toyDocument(version.declares ?? ORDER_FIELDS));
      return;
    }
    if (asked === null) {
      outgoing.writeHead(incoming.url === '/healthz' ? 200 : 404).end();
      return;
    }
    const answered = answerOf(version, asked, random);
    lines.push(...answered.lines);
    const text = JSON.stringify(answered.body);
    outgoing.writeHead(answered.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    outgoing.end(text);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeLines: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
