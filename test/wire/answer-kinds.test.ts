import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`];
const TYPES: Readonly<Record<string, readonly [status: number, type: string | null]>> = {
  '/json': [200, 'application/json; charset=utf-8'],
  '/graphql': [200, 'application/graphql-response+json'],
  '/problem': [500, 'application/problem+json'],
  '/lines': [200, 'application/jsonl'],
  '/events': [200, 'text/event-stream'],
  '/none': [204, null],
};

it('answers are counted by what their heads say they are', async () => {
  const upstream = await using(
    httpUpstream((incoming, outgoing) => {
      const [status, type] = TYPES[incoming.url ?? ''] ?? [404, 'text/plain'];
      outgoing.writeHead(status, type === null ? {} : { 'content-type': type }).end();
    }),
  );
  upstream.server.on('upgrade', (_, socket) => {
    const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  });
  const gateway = await startGateway([routeTo(upstream.url)]);
  for (const path of [...Object.keys(TYPES), '/missing']) await (await fetch(`${gateway.url}${path}`)).text();
  const connection = await openRaw(gateway.port);
  connection.write(get('/', ...UPGRADE));
  await connection.answer();
  connection.close();
  expect((await gateway.totals())[0]?.kinds).toEqual({ json: 2, 'event-stream': 1, tunnel: 1, other: 2 });
});
