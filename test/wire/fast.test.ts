import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { orderTo, type RunningGateway, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw, type RawAnswer } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, httpUpstream, rawUpstream } from '../support/upstream.ts';

const echoOf = (answer: RawAnswer) => JSON.parse(answer.body.toString()) as Echo;

const post = (path: string, length: number, ...lines: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: shop.test', `Content-Length: ${length}`, ...lines, '', ''].join('\r\n');

/** A gateway with the fast path, and how many of its requests node:http was given. */
async function startFast(...args: Parameters<typeof startGateway>): Promise<RunningGateway & { handedOver(): number }> {
  const [routes, options] = args;
  const gateway = await startGateway(routes, { ...options, fastPath: 'on' });
  let handedOver = 0;
  const count = (message: unknown): void => {
    const { server } = message as { readonly server: Server };
    if ((server.address() as AddressInfo | null)?.port === gateway.port) handedOver++;
  };
  diagnostics.subscribe('http.server.request.start', count);
  onTestFinished(() => {
    diagnostics.unsubscribe('http.server.request.start', count);
  });
  return { ...gateway, handedOver: () => handedOver };
}

describe('the fast path', () => {
  it('serves plain requests itself, one after the other on a connection', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 3; request++) {
      connection.write(get('/echo', 'Accept: */*'));
      expect(echoOf(await connection.answer()).method).toBe('GET');
      connection.write(`${post('/echo', 5)}hello`);
      expect(echoOf(await connection.answer())).toMatchObject({ method: 'POST', bodyLength: 5 });
    }
    connection.close();
    expect(gateway.handedOver()).toBe(0);
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes['2xx']).toBe(6);
  });

  it('hands a connection over at the first doubt, also between requests, and what follows on it goes the same way', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/echo'));
    await connection.answer();
    connection.write(
      'POST /echo HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    );
    expect(echoOf(await connection.answer()).bodyLength).toBe(2);
    connection.write(get('/echo'));
    await connection.answer();
    connection.close();
    expect(gateway.handedOver()).toBe(2);
  });

  it('leaves to node:http what has no route, what is pipelined, and a body beyond the limit', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url, { prefix: '/api' })], { limits: { bodyBytes: 10 } });
    expect((await askRaw(gateway.port, get('/other'))).status).toBe(404);
    const pipeline = await openRaw(gateway.port);
    pipeline.write(get('/api/1') + get('/api/2'));
    expect([(await pipeline.answer()).status, (await pipeline.answer()).status]).toEqual([200, 200]);
    pipeline.close();
    expect((await askRaw(gateway.port, `${post('/api', 11)}hello world`)).status).toBe(413);
    expect(gateway.handedOver()).toBe(4);
  });

  it('reads a head in as many pieces as it comes in', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    for (const octet of get('/echo', 'X-Slow: 1')) {
      connection.write(octet);
      await new Promise(setImmediate);
    }
    expect(echoOf(await connection.answer()).rawHeaders).toContain('X-Slow');
    connection.close();
    expect(gateway.handedOver()).toBe(0);
  });

  it('answers a request that comes while another is under way after that one', async () => {
    const release = Promise.withResolvers<void>();
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        const answer = () => outgoing.end(incoming.url);
        if (incoming.url === '/1') void release.promise.then(answer);
        else answer();
      }),
    );
    const gateway = await startFast([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1'));
    await once(upstream.server, 'request');
    connection.write(get('/2'));
    connection.write(get('/3'));
    release.resolve();
    const bodies = [await connection.answer(), await connection.answer(), await connection.answer()];
    expect(bodies.map(({ body }) => body.toString())).toEqual(['/1', '/2', '/3']);
    connection.close();
  });

  it('streams a body of known length, and finds the next request behind it', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    const body = Buffer.alloc(3_000_000, 'x');
    for (let request = 0; request < 2; request++) {
      connection.write(post('/echo', body.length));
      connection.write(body.subarray(0, 1_000_000));
      connection.write(body.subarray(1_000_000));
      expect(echoOf(await connection.answer()).bodyLength).toBe(body.length);
    }
    connection.close();
    expect(gateway.handedOver()).toBe(0);
  });

  it('writes an early answer, reads the rest of the body away, and goes on', async () => {
    const upstream = await using(
      rawUpstream((socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!')),
    );
    const gateway = await startFast([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 2; request++) {
      connection.write(post('/', 200_000) + 'x'.repeat(10_000));
      expect((await connection.answer()).status).toBe(413);
      connection.write(Buffer.alloc(190_000, 'x'));
    }
    connection.close();
    expect(gateway.handedOver()).toBe(0);
  });

  it('refuses in its own words what an upstream did not answer, and keeps the connection', async () => {
    const gateway = await startFast([routeTo(`http://127.0.0.1:${await closedPort()}`)]);
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 2; request++) {
      connection.write(get('/'));
      const answer = await connection.answer();
      expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([502, 'v1']);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ status: 502 });
    }
    connection.write('HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect((await connection.answer('HEAD')).status).toBe(502);
    connection.close();
    expect(gateway.handedOver()).toBe(0);
  });

  it('fails over to the stable, its body included', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const gone = `http://127.0.0.1:${await closedPort()}`;
    await gateway.setSplit(orderTo(toy.url, gone, { canaryBps: 10_000, failover: 'stable' }));
    const connection = await openRaw(gateway.port);
    connection.write(post('/echo', 10));
    connection.write('0123456789');
    const answer = await connection.answer();
    expect([echoOf(answer).bodyLength, fieldOf(answer.headers, 'x-serin-version')]).toEqual([10, 'v1']);
    connection.close();
    expect(gateway.handedOver()).toBe(0);
  });

  it('ends the connection after the answer when the client says so', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const gateway = await startFast([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/', 'Connection: close'));
    const answer = await connection.answer();
    expect([answer.body.toString(), fieldOf(answer.headers, 'connection')]).toEqual(['ok', 'close']);
    expect(await connection.ending).toBe('end');
    expect(gateway.handedOver()).toBe(0);
  });

  it('refuses a head that its client cuts off by a 400', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.socket.end('GET / HTTP/1.1\r\nHost:');
    expect((await connection.answer()).status).toBe(400);
    expect(toy.counts().requests).toBe(0);
  });

  it('closes a connection that lies idle', async () => {
    const toy = await startToy('v1');
    const gateway = await startFast([routeTo(toy.url)], { timeouts: { idleMs: 50 } });
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.answer();
    expect(await connection.ending).toBe('end');
  });
});
