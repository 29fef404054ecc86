import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { orderTo, type RunningGateway, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, rawUpstream } from '../support/upstream.ts';

/** An upstream that begins an answer with the head given, and falls silent after its first piece until it is told to go on. */
async function pausing(fields: string, first: string) {
  const begun = Promise.withResolvers<Socket>();
  const upstream = await using(
    rawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${first}`);
      begun.resolve(socket);
    }),
  );
  return { ...upstream, begun: begun.promise };
}

const outcomes = async (gateway: RunningGateway, track = 'stable') =>
  (await gateway.totals()).find((row) => row.track === track)?.outcomes;

const SHORT = { idleMs: 100, headersMs: 5_000 };

describe('an answer that pauses', () => {
  it.each([
    ['of a known length', 'Content-Length: 8', '{"a":1}\n', '{"b":2}\n', 'Content-Length: 16'],
    ['in chunks', 'Transfer-Encoding: chunked', '8\r\n{"a":1}\n\r\n', '8\r\n{"b":2}\n\r\n0\r\n\r\n', null],
  ])('for longer than a client may keep an idle connection is no fault: %s', async (_name, fields, one, two, whole) => {
    const upstream = await pausing(whole ?? fields, one);
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: SHORT });
    const connection = await openRaw(gateway.port);
    connection.write(get('/watch'));
    const answer = connection.answer();
    const socket = await upstream.begun;
    await pause(6 * SHORT.idleMs);
    socket.write(two);
    expect((await answer).body.toString()).toBe('{"a":1}\n{"b":2}\n');
    expect(await outcomes(gateway)).toMatchObject({ '2xx': 1, unanswered: 0 });
    connection.close();
  });

  it('for longer than the route lets it is broken off and charged to its version, and other routes go by their own', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
    const patient = await pausing('Content-Length: 8', 'part');
    const gateway = await startGateway(
      [
        routeTo(upstream.url, { name: 'hasty', prefix: '/hasty', timeouts: { silenceMs: 200 } }),
        routeTo(patient.url, { name: 'patient', prefix: '/patient' }),
      ],
      { timeouts: SHORT },
    );
    const [hasty, slow] = [await openRaw(gateway.port), await openRaw(gateway.port)];
    slow.write(get('/patient'));
    hasty.write(get('/hasty'));
    expect(await hasty.ending).toBe('reset');
    (await patient.begun).write('part');
    expect((await slow.answer()).body.toString()).toBe('partpart');
    slow.close();
    const totals = await gateway.totals();
    expect(totals.map(({ route, outcomes: { unanswered } }) => [route, unanswered])).toEqual([
      ['hasty', 1],
      ['patient', 0],
    ]);
  });

  it('may do so for as long as it may take to begin, where nothing else is said', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { ...SHORT, answerMs: 300 } });
    const connection = await openRaw(gateway.port);
    const from = performance.now();
    connection.write(get('/'));
    expect(await connection.ending).toBe('reset');
    expect(performance.now() - from).toBeGreaterThan(290);
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 1 });
  });

  it('as an event stream may be silent for ever', async () => {
    const upstream = await pausing('Content-Type: text/event-stream', 'data: 1\n\n');
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { ...SHORT, silenceMs: 100 } });
    const connection = await openRaw(gateway.port);
    connection.write(get('/events'));
    await connection.takeThrough('data: 1\n\n');
    await pause(600);
    (await upstream.begun).write('data: 2\n\n');
    await connection.takeThrough('data: 2\n\n');
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0 });
    connection.close();
  });

  it('because its client does not read is the client, whose connection is cut', async () => {
    const upstream = await using(
      rawUpstream((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
        socket.write(Buffer.alloc(67_108_864));
      }),
    );
    const timeouts = { ...SHORT, silenceMs: 100, downloadMs: 600 };
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts });
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('\r\n\r\n');
    connection.socket.pause();
    await expect.poll(async () => (await outcomes(gateway))?.['client-gone'], { timeout: 10_000 }).toBe(1);
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0 });
    connection.close();
  });

  it('to an upgrade that was not granted is cut by the same time', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'));
    const gateway = await startGateway([routeTo(upstream.url, { timeouts: { silenceMs: 200 } })]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/ws', 'Connection: Upgrade', 'Upgrade: websocket'));
    expect(await connection.ending).toBe('reset');
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 1 });
  });
});

describe('a route has time-outs of its own', () => {
  it.each([
    ['a request', get('/hasty')],
    ['an upgrade', get('/hasty', 'Connection: Upgrade', 'Upgrade: websocket')],
  ])('for the head of an answer: %s', async (_name, request) => {
    const upstream = await using(rawUpstream(() => {}));
    const gateway = await startGateway([
      routeTo(upstream.url, { name: 'hasty', prefix: '/hasty', timeouts: { answerMs: 100 } }),
      routeTo(upstream.url, { name: 'patient', prefix: '/patient' }),
    ]);
    const patient = await openRaw(gateway.port);
    patient.write(get('/patient'));
    expect((await askRaw(gateway.port, request)).status).toBe(504);
    expect((await gateway.totals()).find(({ route }) => route === 'patient')?.outcomes.unanswered).toBe(0);
    patient.close();
  });

  it('and the stable asked second, after its canary failed, has them too', async () => {
    const silent = await using(rawUpstream(() => {}));
    const broken = await using(rawUpstream((socket) => socket.destroy()));
    const gateway = await startGateway([routeTo(silent.url, { timeouts: { answerMs: 100 } })]);
    await gateway.setSplit(orderTo(silent.url, broken.url, { canaryBps: 10_000, failover: 'stable' }));
    expect((await askRaw(gateway.port, get('/'))).status).toBe(504);
  });
});

describe('an upload that pauses', () => {
  const half = 'POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 40000\r\n\r\n';
  const start = half + 'x'.repeat(20_000);
  const rest = 'x'.repeat(20_000);
  const chunked = `POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`;

  it.each([
    ['of a known length', start],
    ['in chunks', chunked],
  ])(
    'for too long is a 408 that ends the connection (RFC 9110 15.5.9) and counts for no version: %s',
    async (_name, bytes) => {
      const cancelled = Promise.withResolvers<void>();
      const upstream = await using(rawUpstream((socket) => socket.once('close', () => cancelled.resolve())));
      const gateway = await startGateway([routeTo(upstream.url, { timeouts: { uploadMs: 200 } })]);
      const stable = await startToy('v1');
      await gateway.setSplit(orderTo(stable.url, upstream.url, { canaryBps: 10_000, failover: 'stable' }));
      const connection = await openRaw(gateway.port);
      connection.write(bytes);
      const answer = await connection.answer();
      expect([answer.status, fieldOf(answer.headers, 'connection')]).toEqual([408, 'close']);
      expect(await connection.ending).toBe('end');
      await cancelled.promise;
      expect(await outcomes(gateway, 'canary')).toMatchObject({ unanswered: 0, 'client-gone': 1 });
      expect(stable.counts().requests).toBe(0);
    },
  );

  it('shorter than that is served, however short the time for an answer is', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { ...SHORT, answerMs: 200 } });
    const connection = await openRaw(gateway.port);
    connection.write(start);
    await pause(800);
    connection.write(rest);
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });

  it('while its answer has begun breaks the answer off, and counts for no version', async () => {
    const upstream = await pausing('Transfer-Encoding: chunked', '4\r\npart\r\n');
    const timeouts = { ...SHORT, silenceMs: 100, uploadMs: 500 };
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts });
    const connection = await openRaw(gateway.port);
    connection.write(start);
    await connection.takeThrough('part\r\n');
    expect(await connection.ending).toBe('reset');
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 0, 'client-gone': 1 });
  });

  it('because its upstream does not read is the upstream, which is charged', async () => {
    const upstream = await using(rawUpstream((socket) => void socket.pause()));
    const timeouts = { ...SHORT, answerMs: 500, uploadMs: 100 };
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts });
    const connection = await openRaw(gateway.port);
    connection.write(`POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 67108864\r\n\r\n`);
    connection.write(Buffer.alloc(67_108_864));
    expect((await connection.answer()).status).toBe(504);
    expect(await outcomes(gateway)).toMatchObject({ unanswered: 1, 'client-gone': 0 });
    connection.close();
  });
});
