import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { heapBytes } from '../support/held-bytes.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, rawUpstream } from '../support/upstream.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;
const HOST = 'Host: shop.test';

describe('heads', () => {
  it.each([
    ['RFC 9110 5.5: a tab behind chunked, which the parser cannot read,', 'chunked\t', 400],
    ['RFC 9110 5.5: blanks before chunked', ' \tchunked', 200],
    ['RFC 9110 5.5: a tab before another coding', '\tgzip', 400],
  ])('%s is answered', async (_name, value, status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const body = '2\r\nok\r\n0\r\n\r\n';
    const answer = await askRaw(gateway.port, lines('POST /echo HTTP/1.1', HOST, `Transfer-Encoding:${value}`) + body);
    expect(answer.status).toBe(status);
    if (status === 200) expect(JSON.parse(answer.body.toString())).toMatchObject({ bodyLength: 2 });
  });

  it.each([
    ['RFC 9110 4.2.1, RFC 3986 3.2.3: a port may be empty', 'GET / HTTP/1.1', 'Host: shop.test:', 200],
    ['RFC 3986 3.2.3: also behind an address', 'GET / HTTP/1.1', 'Host: [::1]:', 200],
    ['RFC 9110 4.2.1: an http URI has a host', 'GET / HTTP/1.1', 'Host:', 400],
    ['RFC 9110 4.2.1: and no port instead', 'GET / HTTP/1.1', 'Host: :80', 400],
    ['RFC 9112 3.2: nothing is routed by an empty Host, in HTTP/1.0 either', 'GET / HTTP/1.0', 'Host:', 400],
    ['RFC 9112 3.2: a question to the server itself has no authority', 'OPTIONS * HTTP/1.1', 'Host:', 204],
  ])('%s', async (_name, line, host, status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    expect((await askRaw(gateway.port, lines(line, host))).status).toBe(status);
  });

  it.each(['FOO', 'QUERY', 'get', 'M-SEARCH', 'PROPFIND'])(
    'RFC 9110 15.6.2: the method %s goes to the upstream, or its refusal says why',
    async (method) => {
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url)]);
      const answer = await askRaw(gateway.port, lines(`${method} /echo HTTP/1.1`, HOST));
      if (answer.status === 200) expect(JSON.parse(answer.body.toString())).toMatchObject({ method });
      else {
        expect(answer.status).toBe(method === 'get' ? 400 : 501);
        expect(JSON.parse(answer.body.toString())).toMatchObject({ status: answer.status });
      }
    },
  );
});

describe('an answer that breaks before any of it was passed on', () => {
  const early = [
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n'],
  ] as const;

  it('within the read that brought its head is a 502', async () => {
    const upstream = await using(cannedUpstream(early[1][1]));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    const answer = await connection.answer();
    expect([answer.status, fieldOf(answer.headers, 'content-type')]).toEqual([502, 'application/problem+json']);
    connection.write(get('/'));
    expect((await connection.answer()).status).toBe(502);
    connection.close();
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes.unanswered).toBe(2);
  });

  it('is answered by the stable, where the order says so', async () => {
    const canary = await using(cannedUpstream(early[1][1]));
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    await gateway.setSplit(orderTo(toy.url, canary.url, { canaryBps: 10_000, failover: 'stable' }));
    const answer = await askRaw(gateway.port, get('/echo'));
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([200, 'v1']);
  });

  it.each(early)('after a part of it went out is broken off: %s', async (_name, bytes) => {
    const upstream = await using(
      rawUpstream((socket) => {
        socket.write(bytes.slice(0, bytes.indexOf('part') + 4));
        setTimeout(() => socket.destroy(), 30);
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('part');
    expect(await connection.ending).toBe('reset');
  });
});

describe('bodies', () => {
  it('RFC 9110 10.1.1: a body that has come is not held back for a 100 of the upstream', async () => {
    const upstream = await using(
      rawUpstream((socket, head) => {
        let seen = head.slice(head.indexOf('\r\n\r\n') + 4);
        const look = (): void => {
          if (seen.includes('hello')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        };
        socket.on('data', (chunk: Buffer) => {
          seen += chunk.toString('latin1');
          look();
        });
        look();
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const head = lines('POST / HTTP/1.1', HOST, 'Content-Length: 5', 'Expect: 100-continue');
    for (const pauseMs of [0, 100]) {
      const connection = await openRaw(gateway.port);
      const from = performance.now();
      if (pauseMs === 0) connection.write(`${head}hello`);
      else {
        connection.write(head);
        await sleep(pauseMs);
        connection.write('hello');
      }
      let answer = await connection.answer();
      if (answer.status === 100) answer = await connection.answer();
      expect(answer.status).toBe(200);
      // The patience with an upstream that keeps silent is a second.
      expect(performance.now() - from).toBeLessThan(900);
      connection.close();
    }
  });

  it.each([
    ['announced', `Content-Length: ${8_000_000}`],
    ['found out', 'Transfer-Encoding: chunked'],
  ])('RFC 9112 9.6: a client that is still sending gets to see its 413: %s', async (_name, framing) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { limits: { bodyBytes: 100_000 } });
    for (let client = 0; client < 5; client++) {
      const connection = await openRaw(gateway.port);
      connection.write(lines('POST / HTTP/1.1', HOST, framing));
      const chunk = framing.startsWith('T') ? `2710\r\n${'x'.repeat(10_000)}\r\n` : 'x'.repeat(10_000);
      for (let sent = 0; sent < 800 && connection.socket.writable; sent++) {
        if (!connection.socket.write(chunk)) await sleep(1);
      }
      expect((await connection.answer()).status).toBe(413);
      expect(await connection.ending).toBe('end');
    }
  });

  it.each([
    ['kept for a second attempt', 'PUT', 60],
    ['passed on', 'POST', 200],
  ])('chunks of one byte cost little, however many there are: %s', async (_name, method, chunks) => {
    const upstream = await using(rawUpstream((socket) => socket.pause()));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(lines(`${method} / HTTP/1.1`, HOST, 'Transfer-Encoding: chunked'));
    await sleep(200);
    const free = heapBytes();
    const thousand = '1\r\nx\r\n'.repeat(1_000);
    for (let sent = 0; sent < chunks; sent++) {
      connection.write(thousand);
      await sleep(1);
    }
    await sleep(100);
    const held = heapBytes() - free - connection.socket.writableLength;
    expect(held).toBeLessThan(4_000_000);
    connection.close();
  });
});
