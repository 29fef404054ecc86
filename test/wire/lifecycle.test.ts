import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import { rethrow, routeTo, SECRET, startGateway, startToy, using } from '../support/gateway.ts';
import { fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, rawUpstream } from '../support/upstream.ts';

describe('listen', () => {
  it('rejects with port-in-use when the port is taken', async () => {
    const toy = await startToy('v1');
    const running = await startGateway([routeTo(toy.url)]);
    const second = createGateway({
      listen: { host: '127.0.0.1', port: running.port },
      routes: [routeTo(toy.url)],
      trustedProxies: [],
      secret: SECRET,
      onFault: rethrow,
      timeouts: { connectMs: 1, answerMs: 1, headersMs: 1, idleMs: 1 },
    });
    await expect(second.listen()).rejects.toMatchObject({ code: 'port-in-use' });
    await second.close(0);
  });
});

describe('close', () => {
  it('lets open requests end, says so to their clients, and takes no new connections', async () => {
    const toy = await startToy('v1', { p50Ms: 150, p99Ms: 150 });
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { idleMs: 60_000, headersMs: 100 } });
    const busy = await openRaw(gateway.port);
    const idle = await openRaw(gateway.port);
    busy.write(get('/'));
    await expect.poll(() => toy.counts().requests).toBe(1);
    const closed = gateway.close(60_000);
    await idle.ending;
    expect((await busy.answer()).status).toBe(200);
    await busy.ending;
    await closed;
    await expect(openRaw(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('answers what still comes on an open connection and then ends it', async () => {
    const toy = await startToy('v1', { p50Ms: 100, p99Ms: 100 });
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1'));
    await expect.poll(() => toy.counts().requests).toBe(1);
    const closed = gateway.close(60_000);
    connection.write(get('/2'));
    expect((await connection.answer()).status).toBe(200);
    const last = await connection.answer();
    expect([last.status, fieldOf(last.headers, 'connection')]).toEqual([200, 'close']);
    await connection.ending;
    await closed;
  });

  it('answers a request that comes on an idle connection, and says that it was the last', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { idleMs: 60_000 } });
    const idle = await Promise.all([openRaw(gateway.port), openRaw(gateway.port)]);
    for (const connection of idle) {
      connection.write(get('/'));
      expect(fieldOf((await connection.answer()).headers, 'connection')).toBe('keep-alive');
    }
    const closed = gateway.close(60_000);
    await expect(openRaw(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const connection of idle) {
      connection.write('POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi');
      const last = await connection.answer();
      expect([last.status, fieldOf(last.headers, 'connection')]).toEqual([200, 'close']);
      expect(await connection.ending).toBe('end');
    }
    await closed;
    expect(toy.counts().requests).toBe(4);
  });

  it('leaves an idle connection open for as long as it would be without', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { idleMs: 300 } });
    const idle = await openRaw(gateway.port);
    idle.write(get('/'));
    await idle.answer();
    const from = performance.now();
    await gateway.close(60_000);
    expect(await idle.ending).toBe('end');
    expect(performance.now() - from).toBeGreaterThan(250);
  });

  it('takes a connection on which nothing was ever asked for one whose head is late', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { idleMs: 60_000, headersMs: 100 } });
    const unused = await openRaw(gateway.port);
    const closed = gateway.close(60_000);
    expect((await unused.answer()).status).toBe(408);
    await closed;
  });

  it('says so in the last answer of a pipeline alone, and loses none of the others', async () => {
    const answers: (() => void)[] = [];
    const upstream = await using(
      rawUpstream((socket) => void answers.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1') + get('/2'));
    await expect.poll(() => answers.length).toBe(2);
    const closed = gateway.close(60_000);
    connection.write(get('/3'));
    await expect.poll(() => answers.length).toBe(3);
    for (const answer of answers) answer();
    const said = [];
    for (let at = 0; at < 3; at++) said.push(fieldOf((await connection.answer()).headers, 'connection'));
    expect(said).toEqual(['keep-alive', 'keep-alive', 'close']);
    await connection.ending;
    await closed;
  });

  it('ends what lies idle when the grace time is over', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { idleMs: 60_000 } });
    const idle = await openRaw(gateway.port);
    idle.write(get('/'));
    await idle.answer();
    await gateway.close(50);
    expect(await idle.ending).toBe('end');
  });

  it('a second time breaks off what the first one waits for', async () => {
    const upstream = await using(rawUpstream(() => {}));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connections = await Promise.all([openRaw(gateway.port), openRaw(gateway.port)]);
    connections[0]?.write(get('/'));
    connections[1]?.write(`${get('/1')}${get('/2')}`);
    const closed = gateway.close(60_000);
    await gateway.close(0);
    await closed;
    for (const connection of connections) expect(await connection.ending).not.toBe('ours');
  });

  it('breaks off what is still open after the grace time', async () => {
    const upstream = await using(rawUpstream(() => {}));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await gateway.close(50);
    expect(await connection.ending).not.toBe('ours');
  });
});

describe('probe', () => {
  it('is content with 2xx alone, and says what came and how to say that it is well', async () => {
    const gateway = await startGateway([]);
    const answering = (status: string) => using(cannedUpstream(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`));
    const [missing, moved, empty] = [
      await answering('404 Not Found'),
      await answering('302 Found\r\nLocation: /login'),
      await answering('204 No Content'),
    ];
    expect(await gateway.probe(`${empty.url}/healthz`, 1_000)).toBeNull();
    expect(await gateway.probe(`${missing.url}/healthz`, 1_000)).toBe(
      `127.0.0.1:${missing.port} answered 404 to GET /healthz, and 2xx is well. If it has no such page, name one that it has ` +
        "in the route's health, or say that this is well: health: { path: /healthz, status: 404 }.",
    );
    expect(await gateway.probe(`${moved.url}/healthz`, 1_000)).toBe(
      `127.0.0.1:${moved.port} answered 302 to GET /healthz, and 2xx is well; redirects are not followed. The route's ` +
        'health names another path, or says that this is well: health: { path: /healthz, status: 302 }.',
    );
    expect(await gateway.probe(`${missing.url}/healthz`, 1_000, [200, 404])).toBeNull();
    expect(await gateway.probe(`${moved.url}/healthz`, 1_000, ['3xx'])).toBeNull();
    expect(await gateway.probe(`${empty.url}/healthz`, 1_000, [200])).toMatch(
      /answered 204 to GET \/healthz, and 200 is well/,
    );
  });

  it('asks of localhost that one of its addresses answers', async () => {
    const gateway = await startGateway([]);
    const toy = await startToy('v1');
    expect(await gateway.probe(`http://localhost:${new URL(toy.url).port}/healthz`, 1_000)).toBeNull();
  });

  it('names the address and what happened there otherwise', async () => {
    const gateway = await startGateway([]);
    const sick = await using(cannedUpstream('HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n'));
    expect(await gateway.probe(sick.url, 1_000)).toBe(`127.0.0.1:${sick.port} answered 503 to GET /, and 2xx is well.`);
    const port = await closedPort();
    expect(await gateway.probe(`http://127.0.0.1:${port}`, 1_000)).toBe(
      `127.0.0.1:${port} did not answer (ECONNREFUSED).`,
    );
    const silent = await using(rawUpstream(() => {}));
    expect(await gateway.probe(silent.url, 50)).toBe(`127.0.0.1:${silent.port} did not answer within 50 ms.`);
    expect(await gateway.probe('http://nowhere.invalid', 5_000)).toMatch(/^nowhere\.invalid could not be resolved/);
    expect(await gateway.probe('ftp://x', 100)).toBe('ftp://x is not an http or https URL.');
  });
});
