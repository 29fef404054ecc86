import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayLimits } from '../../src/gateway/http/limits.ts';
import { type RunningGateway, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw, type RawConnection } from '../support/raw-client.ts';
import { rawUpstream } from '../support/upstream.ts';

const post = (length: number, ...lines: string[]) =>
  ['POST /echo HTTP/1.1', 'Host: shop.test', `Content-Length: ${length}`, ...lines, '', ''].join('\r\n');

const START = post(40_000) + 'x'.repeat(20_000);
const CHUNKED = 'POST /echo HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n';

/** Closed when the test ends. */
async function openClient(gateway: RunningGateway): Promise<RawConnection> {
  const connection = await openRaw(gateway.port);
  onTestFinished(() => connection.close());
  return connection;
}

/** Sends the same bytes again and again until the test ends, or the connection does. */
function dribble(connection: RawConnection, bytes: string, everyMs: number): void {
  const timer = setInterval(() => {
    if (connection.socket.writable) connection.write(bytes);
  }, everyMs);
  connection.socket.on('error', () => {});
  onTestFinished(() => clearInterval(timer));
}

const outcomes = async (gateway: RunningGateway) => (await gateway.totals())[0]?.outcomes;

describe('a body below the least rate', () => {
  const timeouts = { uploadBytesPerSecond: 1_000, uploadGraceMs: 400 };

  it.each([
    ['of a known length', START, 'x'],
    ['in chunks', CHUNKED, '1\r\nx\r\n'],
  ])('%s is a 408 that ends the connection, and no fault of a version', async (_name, start, drop) => {
    const upstream = await using(rawUpstream((socket) => void socket.resume()));
    const gateway = await startGateway([routeTo(upstream.url, { timeouts })]);
    const connection = await openClient(gateway);
    connection.write(start);
    dribble(connection, drop, 50);
    const answer = await connection.answer();
    expect([answer.status, fieldOf(answer.headers, 'connection')]).toEqual([408, 'close']);
    await connection.ending;
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0, 'client-gone': 1 });
  });

  it.each([
    ['is served when it comes up to the rate', timeouts, 'x'.repeat(200)],
    ['is served where the route takes any rate', { ...timeouts, uploadBytesPerSecond: 0 }, 'x'],
  ])('%s', async (_name, of, drop) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url, { timeouts: of })]);
    const connection = await openClient(gateway);
    connection.write(post(20_000 + 24 * drop.length) + 'x'.repeat(20_000));
    for (let sent = 0; sent < 24; sent++) {
      await pause(50);
      connection.write(drop);
    }
    expect((await connection.answer()).status).toBe(200);
  });
});

/** A gateway behind a proxy of its own machine, so that a request can be from any address. */
function sharing(url: string, limits: Partial<GatewayLimits>) {
  return startGateway([routeTo(url)], { trustedProxies: ['127.0.0.1'], limits });
}

const from = (address: string) => `X-Forwarded-For: ${address}`;

describe('the share of an address', () => {
  it('bounds the requests that it has under way, and those of others go on', async () => {
    const answers: (() => void)[] = [];
    const upstream = await using(
      rawUpstream((socket) => answers.push(() => void socket.end('HTTP/1.1 204 No Content\r\n\r\n'))),
    );
    const gateway = await sharing(upstream.url, { inFlightPerAddress: 2 });
    const held = [await openClient(gateway), await openClient(gateway), await openClient(gateway)];
    held[0]?.write(get('/', from('203.0.113.9')));
    held[1]?.write(get('/', from('203.0.113.9')));
    await expect.poll(() => answers.length).toBe(2);
    const refused = await askRaw(gateway.port, get('/', from('203.0.113.9')));
    expect([refused.status, fieldOf(refused.headers, 'retry-after')]).toEqual([503, '1']);
    held[2]?.write(get('/', from('203.0.113.10')));
    await expect.poll(() => answers.length).toBe(3);
    for (const answer of answers) answer();
    for (const connection of held) expect((await connection?.answer())?.status).toBe(204);
    expect(await outcomes(gateway)).toMatchObject({ '2xx': 3, unanswered: 0, refused: 1 });
  });

  it('does not bound a trusted proxy that names nobody', async () => {
    let asked = 0;
    const upstream = await using(rawUpstream(() => void asked++));
    const gateway = await sharing(upstream.url, { inFlightPerAddress: 1 });
    for (let open = 0; open < 3; open++) (await openClient(gateway)).write(get('/'));
    await expect.poll(() => asked).toBe(3);
  });

  it.each([
    ['of a known length', post(40_000, from('203.0.113.9')) + 'x'.repeat(20_000)],
    ['in chunks', CHUNKED.replace('\r\n\r\n', `\r\n${from('203.0.113.9')}\r\n\r\n`)],
  ])('bounds the uploads that it has under way: %s', async (_name, start) => {
    let asked = 0;
    const upstream = await using(rawUpstream(() => void asked++));
    const gateway = await sharing(upstream.url, { uploadsPerAddress: 2 });
    const held = [await openClient(gateway), await openClient(gateway)];
    for (const connection of held) connection.write(start);
    await expect.poll(() => asked).toBe(2);
    const refused = await openClient(gateway);
    refused.write(start);
    const answer = await refused.answer();
    expect([answer.status, fieldOf(answer.headers, 'connection')]).toEqual([503, 'close']);
    (await openClient(gateway)).write(start.replace('203.0.113.9', '203.0.113.10'));
    await expect.poll(() => asked).toBe(3);
    held[0]?.close();
    await expect.poll(async () => (await outcomes(gateway))?.['client-gone']).toBe(1);
    (await openClient(gateway)).write(start);
    await expect.poll(() => asked).toBe(4);
  });
});

describe('an address that takes nothing of its answers', () => {
  const forwarded = (path: string, address: string) => get(path, `X-Forwarded-For: ${address}`);

  it.each([
    ['plain', []],
    ['by way of node:http', ['Expect: 100-continue']],
    ['instead of a tunnel', ['Connection: Upgrade', 'Upgrade: websocket']],
  ])('may have a share of those that are held back: %s', async (_name, fields) => {
    const large = Buffer.alloc(32 * 1_048_576);
    const upstream = await using(
      rawUpstream((socket, head) => {
        const body = head.startsWith('GET /large ') ? large : Buffer.from('ok');
        socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`);
        socket.end(body);
      }),
    );
    const gateway = await sharing(upstream.url, { inFlightPerUpstream: 16 });
    const slow = [await openClient(gateway), await openClient(gateway)];
    for (const connection of slow) {
      connection.socket.pause();
      connection.write(get('/large', 'X-Forwarded-For: 203.0.113.9', ...fields));
    }
    const statusOf = async (address: string) => (await askRaw(gateway.port, forwarded('/', address))).status;
    await expect.poll(() => statusOf('203.0.113.9'), { timeout: 15_000 }).toBe(503);
    expect(await statusOf('203.0.113.10')).toBe(200);
    expect((await outcomes(gateway))?.refused).toBeGreaterThan(0);
    slow[0]?.close();
    await expect.poll(() => statusOf('203.0.113.9')).toBe(200);
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0, 'client-gone': 1 });
  });
});

/** An upstream that takes requests and says nothing, and how many connections it has had. */
async function counting() {
  let connections = 0;
  const upstream = await using(rawUpstream(() => void connections++));
  return { url: upstream.url, connections: () => connections };
}

describe('an upstream is asked', () => {
  it.each([
    ['when a short body is whole', 5_000, 4_999, 1],
    ['when the first 8 KiB of a long one have come', 100_000, 8_191, 1],
  ])('%s, and not before', async (_name, length, before, rest) => {
    const upstream = await counting();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openClient(gateway);
    connection.write(post(length) + 'x'.repeat(before));
    await pause(200);
    expect(upstream.connections()).toBe(0);
    connection.write('x'.repeat(rest));
    await expect.poll(upstream.connections).toBe(1);
  });

  it('when a client that sends chunks has sent the first', async () => {
    const upstream = await counting();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openClient(gateway);
    connection.write(CHUNKED.slice(0, -'4\r\npart\r\n'.length));
    await pause(200);
    expect(upstream.connections()).toBe(0);
    connection.write('4\r\npart\r\n');
    await expect.poll(upstream.connections).toBe(1);
  });

  it('at once where the client awaits a 100 before it sends anything', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openClient(gateway);
    connection.write(post(4, 'Expect: 100-continue'));
    expect((await connection.answer()).status).toBe(100);
    connection.write('body');
    expect((await connection.answer()).status).toBe(200);
  });

  it.each([
    ['POST', 30],
    ['PUT', 9_000],
  ])(
    'with the body that came octet by octet, and the next request finds its place: %s of %i',
    async (method, length) => {
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url)]);
      const connection = await openClient(gateway);
      const body = Array.from({ length }, (_, at) => String.fromCharCode(32 + (at % 95))).join('');
      const text = post(length).replace('POST', method) + body;
      const whole = text.length - Math.min(length, 30);
      connection.write(text.slice(0, whole));
      for (const octet of text.slice(whole)) {
        await pause(1);
        connection.write(octet);
      }
      const first = await connection.answer();
      expect(JSON.parse(first.body.toString()) as Echo).toMatchObject({ method, bodyLength: length });
      connection.write(`${post(4)}body${get('/last')}`);
      expect(JSON.parse((await connection.answer()).body.toString())).toMatchObject({ bodyLength: 4 });
      expect((await connection.answer()).status).toBe(200);
    },
  );

  it.each([
    ['that is too slow for it', 408, (connection: RawConnection) => dribble(connection, 'x', 50)],
    ['that sends nothing more', 408, () => {}],
    ['that leaves', null, (connection: RawConnection) => connection.close()],
    ['that ends its side', null, (connection: RawConnection) => void connection.socket.end()],
  ])('never by a client %s, and nothing is counted', async (_name, status, then) => {
    const upstream = await counting();
    const timeouts = { uploadMs: 400, uploadGraceMs: 300, uploadBytesPerSecond: 1_000 };
    const gateway = await startGateway([routeTo(upstream.url, { timeouts })]);
    const connection = await openClient(gateway);
    connection.write(`${post(5_000)}part`);
    await pause(100);
    then(connection);
    if (status === null) await connection.ending;
    else {
      const answer = await connection.answer();
      expect([answer.status, fieldOf(answer.headers, 'connection')]).toEqual([status, 'close']);
    }
    await pause(100);
    expect(upstream.connections()).toBe(0);
    expect(Object.values(outcomes(gateway) ?? {}).every((count) => count === 0)).toBe(true);
  });
});

describe('while many connections of two addresses send their bodies as slowly as they can', () => {
  it.each([
    ['short bodies', (address: string) => `${post(100, from(address))}x`, 'x'],
    ['long bodies', (address: string) => post(1_000_000, from(address)) + 'x'.repeat(8_192), 'x'],
    ['chunks', (address: string) => CHUNKED.replace('\r\n\r\n', `\r\n${from(address)}\r\n\r\n`), '1\r\nx\r\n'],
  ])('all others are served: %s', async (_name, start, drop) => {
    const toy = await startToy('v1');
    // A sixteenth of everything: 64 of 1,024.
    const gateway = await sharing(toy.url, { inFlightPerUpstream: 64 });
    const flood = await Promise.all(Array.from({ length: 80 }, () => openClient(gateway)));
    for (const [at, connection] of flood.entries()) {
      connection.write(start(at % 2 === 0 ? '203.0.113.9' : '203.0.113.10'));
      dribble(connection, drop, 500);
    }
    await pause(600);
    const others = await Promise.all(
      Array.from({ length: 40 }, (_, at) => {
        const who = from(`198.51.100.${at}`);
        return askRaw(gateway.port, at % 2 === 0 ? get('/', who) : `${post(4, who)}body`);
      }),
    );
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0 });
  });
});
