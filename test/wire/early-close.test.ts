import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { orderTo, type RunningGateway, routeTo, startGateway, using } from '../support/gateway.ts';
import { get, openRaw, type RawConnection } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const CLOSE = Buffer.from([0x88, 0x02, 0x03, 0xe8]);
const MASKED_CLOSE = Buffer.from([0x88, 0x82, 1, 2, 3, 4, 0x02, 0xea]);
const HELLO = Buffer.from([0x81, 0x02, 0x68, 0x69]);

/** How an upstream treats a WebSocket after the handshake. */
type Manner = (socket: Duplex) => void;

async function tunnelTo(manner: Manner, earlyCloseMs: number | null): Promise<[RunningGateway, RawConnection]> {
  const upstream = await using(httpUpstream((_incoming, outgoing) => outgoing.end('plain')));
  upstream.server.on('upgrade', (_, socket: Duplex) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    manner(socket);
  });
  const gateway = await startGateway([routeTo(upstream.url)]);
  const early = earlyCloseMs === null ? {} : { webSocketEarlyCloseMs: earlyCloseMs };
  const measure = { blockMs: 20, errorStatuses: ['5xx' as const], ...early };
  await gateway.setSplit(orderTo(upstream.url, upstream.url, { canaryBps: 10_000, measure }));
  const connection = await openRaw(gateway.port);
  connection.write(get('/', ...UPGRADE));
  expect((await connection.answer()).status).toBe(101);
  return [gateway, connection];
}

/** What has become of the one request to the canary, once something has. */
async function countedBy(gateway: RunningGateway): Promise<{ requests: number; errors: number }> {
  for (let tries = 0; tries < 500; tries++) {
    const { blocks } = await gateway.peek('shop', null, 1);
    const counted = blocks.find(({ canary }) => (canary?.requests ?? 0) > 0)?.canary;
    if (counted) return { requests: counted.requests, errors: counted.errors };
    await sleep(10);
  }
  throw new Error('nothing is counted');
}

const LONG_MS = 60_000;

describe('a WebSocket that ends early', () => {
  it.each<[string, Manner]>([
    ['ends its connection', (socket) => setTimeout(() => socket.end(), 20)],
    ['breaks it off', (socket) => setTimeout(() => socket.destroy(), 20)],
    ['says Close', (socket) => setTimeout(() => socket.write(Buffer.concat([HELLO, CLOSE])), 20)],
    ['says Close with its handshake', (socket) => socket.write(CLOSE)],
  ])('is an error of its version, where its upstream %s', async (_, manner) => {
    const [gateway] = await tunnelTo(manner, LONG_MS);
    expect(await countedBy(gateway)).toEqual({ requests: 1, errors: 1 });
    expect((await gateway.totals()).find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
  });

  it.each<[string, (connection: RawConnection) => void]>([
    ['goes away', (connection) => connection.close()],
    // The server closes the connection first then (RFC 6455 section 7.1.1).
    ['says Close', (connection) => connection.write(Buffer.concat([MASKED_CLOSE]))],
  ])('is charged to nobody, where its client %s', async (_, leave) => {
    const [gateway, connection] = await tunnelTo((socket) => socket.on('data', () => socket.end(CLOSE)), LONG_MS);
    leave(connection);
    expect(await countedBy(gateway)).toEqual({ requests: 1, errors: 0 });
  });

  it('is none once it has lived for so long, whoever ends it then, and passes all bytes', async () => {
    let upstreamSide: Duplex | null = null;
    const [gateway, connection] = await tunnelTo((socket) => {
      upstreamSide = socket;
      socket.pipe(socket);
    }, 50);
    connection.write(HELLO);
    expect([...(await connection.takeBytes(4))]).toEqual([...HELLO]);
    expect(await countedBy(gateway)).toEqual({ requests: 1, errors: 0 });
    connection.write(HELLO);
    expect([...(await connection.takeBytes(4))]).toEqual([...HELLO]);
    (upstreamSide as Duplex | null)?.destroy();
    await connection.ending;
    const { blocks } = await gateway.peek('shop', null, 1);
    expect(blocks.reduce((sum, { canary }) => sum + (canary?.errors ?? 0), 0)).toBe(0);
  });

  it('is none where the policy names no time', async () => {
    const [gateway] = await tunnelTo((socket) => socket.destroy(), null);
    expect(await countedBy(gateway)).toEqual({ requests: 1, errors: 0 });
  });
});
