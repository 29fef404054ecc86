import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, httpUpstream } from '../support/upstream.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`];

/** Accepts WebSocket handshakes (RFC 6455 section 4.2.2) and sends every byte back. */
async function echoTunnel() {
  const upstream = await using(httpUpstream((_incoming, outgoing) => outgoing.end('plain')));
  const sockets: Duplex[] = [];
  upstream.server.on('upgrade', (incoming, socket: Duplex) => {
    sockets.push(socket);
    const accept = createHash('sha1')
      .update(`${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.on('error', () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  return { ...upstream, sockets };
}

describe('a WebSocket', () => {
  it('is tunnelled to the version that was chosen, bytes untouched, and is no evidence of latency', async () => {
    const stable = await startToy('v1');
    const canary = await echoTunnel();
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(
      orderTo(stable.url, canary.url, { canaryBps: 10_000, measure: { blockMs: 60_000, errorStatuses: ['5xx'] } }),
    );
    const connection = await openRaw(gateway.port);
    connection.write(get('/chat', ...UPGRADE));
    const answer = await connection.answer();
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([101, 'v2']);
    expect(fieldOf(answer.headers, 'sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    connection.write(Buffer.from([0x81, 0x02, 0x68, 0x69, 0x00, 0xff]));
    expect([...(await connection.takeBytes(6))]).toEqual([0x81, 0x02, 0x68, 0x69, 0x00, 0xff]);
    connection.close();
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 2 }));
    const [block] = (await gateway.collect('shop', null, 250)).blocks.filter(({ splitEpoch }) => splitEpoch === 1);
    expect(block?.canary).toEqual({ requests: 1, errors: 0, clientErrors: 0, statuses: { 101: 1 }, latency: {} });
  });

  it('ends on one side when it ends on the other', async () => {
    const upstream = await echoTunnel();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const first = await openRaw(gateway.port);
    first.write(get('/', ...UPGRADE));
    await first.answer();
    upstream.sockets[0]?.destroy();
    expect(await first.ending).toBe('end');
    const second = await openRaw(gateway.port);
    second.write(get('/', ...UPGRADE));
    await second.answer();
    const [, upstreamSide] = upstream.sockets;
    if (!upstreamSide) throw new Error('the second tunnel did not arrive');
    const ended = once(upstreamSide, 'close');
    second.close();
    await ended;
  });

  it('that the upstream refuses gets the refusal, and the connection ends', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/', ...UPGRADE));
    const answer = await connection.answer();
    expect([answer.status, answer.body.toString()]).toEqual([403, 'no']);
    expect(await connection.ending).toBe('end');
    expect((await gateway.totals())[0]?.outcomes['4xx']).toBe(1);
  });

  it('to an upstream that is not there is a 502', async () => {
    const gateway = await startGateway([routeTo('http://127.0.0.1:1')]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/', ...UPGRADE));
    expect((await connection.answer()).status).toBe(502);
    expect(await connection.ending).toBe('end');
    expect((await gateway.totals())[0]?.outcomes.unanswered).toBe(1);
  });

  it('without a route is a 404', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url, { prefix: '/api' })]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/', ...UPGRADE));
    expect((await connection.answer()).status).toBe(404);
  });

  it('that is refused and resets its connection at once harms nobody', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url, { prefix: '/api' })]);
    for (let attempt = 0; attempt < 20; attempt++) {
      const connection = await openRaw(gateway.port);
      connection.socket.write(get('/', ...UPGRADE), () => connection.socket.resetAndDestroy());
      await connection.ending;
    }
    const connection = await openRaw(gateway.port);
    connection.write(get('/api'));
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });

  it('with a head that no request may have is refused', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/../x', ...UPGRADE));
    expect((await connection.answer()).status).toBe(400);
    expect(await connection.ending).toBe('end');
  });
});

describe('RFC 9112 9.3.2: in a pipeline behind a request that is not answered yet', () => {
  it.each([
    ['a handshake', get('/chat', ...UPGRADE)],
    ['a handshake that is refused', get('/a/../b', ...UPGRADE)],
    ['CONNECT', 'CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test\r\n\r\n'],
  ])('%s is not answered before it', async (_name, behind) => {
    const held: ServerResponse[] = [];
    const upstream = await using(httpUpstream((_incoming, outgoing) => void held.push(outgoing)));
    upstream.server.on('upgrade', (_incoming, socket: Duplex) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const gateway = await startGateway([routeTo(upstream.url)]);
    for (const isTogether of [true, false]) {
      const connection = await openRaw(gateway.port);
      connection.write(isTogether ? get('/slow') + behind : get('/slow'));
      if (!isTogether) {
        await expect.poll(() => held.length).toBe(1);
        connection.write(behind);
        await new Promise((resolve) => setTimeout(resolve, 50));
        held.shift()?.end('slow');
        await connection.takeThrough('slow').then(
          (first) => expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /),
          () => undefined,
        );
      }
      if (isTogether) expect((await connection.rest()).toString()).toBe('');
      connection.close();
      held.length = 0;
    }
  });
});

describe('docs/semantics.md: after a rollback', () => {
  it('tunnels to the canary are closed after the drain time, and those to the stable are not', async () => {
    const stable = await echoTunnel();
    const canary = await echoTunnel();
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(orderTo(stable.url, canary.url));
    const [toStable, toCanary] = await Promise.all(
      ['stable', 'canary'].map(async (force) => {
        const connection = await openRaw(gateway.port);
        connection.write(get('/', `X-Version: ${force}`, ...UPGRADE));
        expect((await connection.answer()).status).toBe(101);
        return connection;
      }),
    );
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2, drainMs: 20 }));
    expect(await toCanary?.ending).not.toBe('ours');
    toStable?.write('still here');
    await toStable?.takeThrough('still here');
    toStable?.close();
  });

  it('event streams from the canary are closed after the drain time', async () => {
    const stable = await startToy('v1');
    const canary = await using(
      httpUpstream((_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      }),
    );
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(orderTo(stable.url, canary.url, { canaryBps: 10_000 }));
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('data: 1\n\n');
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2, drainMs: 20 }));
    expect(await connection.ending).toBe('reset');
    const canaryTotals = (await gateway.totals()).find(({ track }) => track === 'canary');
    expect(canaryTotals?.outcomes).toMatchObject({ '2xx': 1, unanswered: 0 });
  });

  it('they stay when the canary is back before the drain time is over', async () => {
    const stable = await startToy('v1');
    const canary = await echoTunnel();
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(orderTo(stable.url, canary.url, { canaryBps: 10_000 }));
    const connection = await openRaw(gateway.port);
    connection.write(get('/', ...UPGRADE));
    await connection.answer();
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2, drainMs: 50 }));
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 3, canaryBps: 10_000 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    connection.write('still here');
    expect((await connection.takeThrough('still here')).toString()).toBe('still here');
    connection.close();
  });
});
