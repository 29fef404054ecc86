import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayLimits } from '../../src/gateway/limits.ts';
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

const outcomes = (gateway: RunningGateway) => gateway.totals()[0]?.outcomes;

describe('issue 10.21: a body below the least rate', () => {
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
    expect(outcomes(gateway)).toMatchObject({ unanswered: 0, 'client-gone': 1 });
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

describe('issue 10.21: the share of an address', () => {
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
    expect(outcomes(gateway)).toMatchObject({ '2xx': 3, unanswered: 0, refused: 1 });
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
    await expect.poll(() => outcomes(gateway)?.['client-gone']).toBe(1);
    (await openClient(gateway)).write(start);
    await expect.poll(() => asked).toBe(4);
  });
});
