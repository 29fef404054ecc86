import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { rawUpstream } from '../support/upstream.ts';

describe('docs/failures.md: overload', () => {
  it('of connections is answered by 503 with Retry-After, and a place that is free again is given', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { limits: { connections: 2 } });
    const held = [await openRaw(gateway.port), await openRaw(gateway.port)];
    const answer = await askRaw(gateway.port, '');
    expect([answer.status, fieldOf(answer.headers, 'retry-after')]).toEqual([503, '1']);
    held[0]?.close();
    await expect.poll(async () => (await askRaw(gateway.port, get('/'))).status).toBe(200);
    held[1]?.close();
  });

  it.each([
    ['an outsider', [], 503],
    ['a trusted proxy, who speaks for many,', ['127.0.0.1'], 200],
  ])('of one address: %s', async (_name, trustedProxies, status) => {
    const toy = await startToy('v1');
    const limits = { connectionsPerAddress: 1 };
    const gateway = await startGateway([routeTo(toy.url)], { trustedProxies, limits });
    const held = await openRaw(gateway.port);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(status);
    held.close();
  });

  it('of an upstream is answered by 503, and those under way are not disturbed', async () => {
    const answers: (() => void)[] = [];
    const upstream = await using(
      rawUpstream((socket) => void answers.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))),
    );
    const gateway = await startGateway([routeTo(upstream.url)], {
      limits: { inFlightPerUpstream: 2, inFlightPerAddress: 10 },
    });
    const open = [askRaw(gateway.port, get('/1')), askRaw(gateway.port, get('/2'))];
    await expect.poll(() => answers.length).toBe(2);
    const third = await askRaw(gateway.port, get('/3'));
    expect([third.status, fieldOf(third.headers, 'retry-after')]).toEqual([503, '1']);
    for (const answer of answers) answer();
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('of a pipeline is answered by 503 in its turn, and nothing behind it reaches the upstream', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { limits: { pipelined: 3 } });
    const connection = await openRaw(gateway.port);
    connection.write(get('/').repeat(10));
    const statuses = [];
    for (let request = 0; request < 4; request++) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([200, 200, 200, 503]);
    expect(await connection.ending).toBe('end');
    expect(toy.counts().requests).toBe(3);
  });
});

describe('a limit of its own', () => {
  it.each([
    ['headerCount', { headerCount: 3 }, get('/', 'A: 1', 'B: 2', 'C: 3'), 431],
    ['headerBytes', { headerBytes: 1_024 }, get('/', `A: ${'x'.repeat(1_100)}`), 431],
    ['urlBytes', { urlBytes: 10 }, get('/0123456789'), 414],
    ['bodyBytes, announced', { bodyBytes: 4 }, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 413],
    [
      'bodyBytes, found out',
      { bodyBytes: 4 },
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      413,
    ],
  ])('%s', async (_name, limits, request, status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { limits });
    const connection = await openRaw(gateway.port);
    connection.write(request);
    expect((await connection.answer()).status).toBe(status);
    await connection.ending;
    expect((await gateway.totals())[0]?.outcomes).toMatchObject({ unanswered: 0, '2xx': 0 });
  });
});

describe('what follows a refusal on the same connection', () => {
  it('RFC 9112 11.2: is not trusted, and reaches no upstream', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/a/../b') + get('/next'));
    expect((await connection.answer()).status).toBe(400);
    expect(await connection.ending).toBe('end');
    expect(toy.counts().requests).toBe(0);
  });
});

describe('docs/failures.md: slowloris', () => {
  it('a head that dribbles is cut within 7 s of its first byte, on a fresh and on a kept connection', {
    timeout: 15_000,
  }, async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const dribble = async (kind: 'fresh' | 'kept') => {
      const connection = await openRaw(gateway.port);
      if (kind === 'kept') {
        connection.write(get('/'));
        expect((await connection.answer()).status).toBe(200);
      }
      const from = performance.now();
      connection.write('GET / HTTP/1.1\r\nHost: shop.test\r\nX: ');
      const drops = setInterval(() => connection.write('x'), 200);
      await connection.ending;
      clearInterval(drops);
      return performance.now() - from;
    };
    for (const ms of await Promise.all([dribble('fresh'), dribble('kept')])) {
      expect(ms).toBeGreaterThan(4_000);
      expect(ms).toBeLessThan(7_000);
    }
  });
});
