import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions, GatewayRoute, TrafficTotals } from '../../src/gateway/gateway.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { orderTo, type RunningGateway, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, httpUpstream, rawUpstream } from '../support/upstream.ts';

/** All clients of these tests have one address, and its share is not what they are about. */
const ONE_ADDRESS = { inFlightPerAddress: 1_000, uploadsPerAddress: 1_000 };

interface Setting extends Partial<Pick<GatewayOptions, 'limits'>> {
  readonly timeouts?: GatewayRoute['timeouts'];
  readonly order?: Partial<SplitOrder>;
}

/**
 * A gateway that sends everything to a canary, with a brake that its first row pulls and a stable that is well and may be
 * asked instead: whoever is charged, and what follows from it, shows.
 */
async function canaryAt(url: string, { timeouts = {}, limits = {}, order = {} }: Setting = {}) {
  const stable = await startToy('v1');
  const brakes: string[] = [];
  const gateway = await startGateway([routeTo(stable.url, { timeouts })], {
    limits: { ...ONE_ADDRESS, ...limits },
    onBrake: ({ route }) => void brakes.push(route),
  });
  const split = { brakeAfter: 1, failover: 'stable', measure: { blockMs: 50, errorStatuses: ['5xx'] } } as const;
  await gateway.setSplit(orderTo(stable.url, url, { ...split, epoch: 1 }));
  for (let seen = 0; seen < 50; seen++) await askRaw(gateway.port, get('/'));
  await gateway.setSplit(orderTo(stable.url, url, { ...split, epoch: 2, canaryBps: 10_000, ...order }));
  const asked = stable.counts().requests;
  return { gateway, brakes, failovers: () => stable.counts().requests - asked };
}

const canary = async (gateway: RunningGateway): Promise<TrafficTotals['outcomes'] | undefined> =>
  (await gateway.totals()).find(({ track }) => track === 'canary')?.outcomes;

/**
 * What the judge would see of the canary's weighted traffic. The first look closes blocks, the second counts what is overdue
 * of them, the third sees the block in which that was counted.
 */
async function evidenceOf(gateway: RunningGateway, slowAfterMs = 100) {
  for (let look = 0; look < 3; look++) {
    await pause(120);
    await gateway.collect('shop', null, slowAfterMs);
  }
  const sum = { requests: 0, errors: 0, unanswered: 0, latencies: 0 };
  for (const { canary: tally } of (await gateway.collect('shop', null, slowAfterMs)).blocks) {
    sum.requests += tally?.requests ?? 0;
    sum.errors += tally?.errors ?? 0;
    sum.unanswered += tally?.unanswered ?? 0;
    for (const count of Object.values(tally?.latency ?? {})) sum.latencies += Number(count);
  }
  return sum;
}

const head = (length: number, ...lines: string[]) =>
  ['POST / HTTP/1.1', 'Host: shop.test', `Content-Length: ${length}`, ...lines, '', ''].join('\r\n');

const HALF = head(40_000) + 'x'.repeat(20_000);

/** Closed when the test ends. */
async function openClient(gateway: RunningGateway) {
  const connection = await openRaw(gateway.port);
  onTestFinished(() => connection.close());
  return connection;
}

/** A row of fewer than five does not pull a brake. */
async function failFourMore(gateway: RunningGateway, request: string): Promise<void> {
  for (let sent = 0; sent < 4; sent++) (await openClient(gateway)).write(request);
}

const silent = () => using(rawUpstream(() => {}));

describe('is charged to the version, may be answered by the stable, and pulls the brake', () => {
  it.each<[string, () => Promise<string>, string, Setting]>([
    ['a connection that is refused', async () => `http://127.0.0.1:${await closedPort()}`, get('/'), {}],
    ['a forbidden address', async () => 'http://169.254.169.254', get('/'), {}],
    ['a reset', async () => (await using(rawUpstream((s) => void s.resetAndDestroy()))).url, get('/'), {}],
    ['a head that is none', async () => (await using(cannedUpstream('no', 'end'))).url, get('/'), {}],
    ['an answer that is late', async () => (await silent()).url, get('/'), { timeouts: { answerMs: 100 } }],
    [
      'a reset in the middle of an upload',
      async () => (await using(rawUpstream((socket) => void setTimeout(() => socket.resetAndDestroy(), 50)))).url,
      HALF.replace('POST', 'PUT'),
      {},
    ],
  ])('%s', async (_name, url, request, setting) => {
    const { gateway, brakes, failovers } = await canaryAt(await url(), setting);
    const connection = await openClient(gateway);
    connection.write(request);
    await expect.poll(() => canary(gateway)).toMatchObject({ unanswered: 1, 'client-gone': 0, refused: 0 });
    await expect.poll(failovers).toBe(1);
    await failFourMore(gateway, request);
    await expect.poll(() => brakes).toEqual(['shop']);
  });

  it.each([
    ['a reset within an answer', (socket: Socket) => void setTimeout(() => socket.resetAndDestroy(), 50)],
    ['silence within an answer', () => {}],
  ])('%s, but for the second attempt', async (_name, then) => {
    const upstream = await using(
      rawUpstream((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
        then(socket);
      }),
    );
    const { gateway, brakes, failovers } = await canaryAt(upstream.url, { timeouts: { silenceMs: 200 } });
    const connection = await openClient(gateway);
    connection.write(get('/'));
    expect(await connection.ending).toBe('reset');
    expect(await canary(gateway)).toMatchObject({ unanswered: 1 });
    expect(failovers()).toBe(0);
    await failFourMore(gateway, get('/'));
    await expect.poll(() => brakes).toEqual(['shop']);
    expect(failovers()).toBe(0);
  });
});

describe('is charged to no version, asks no stable, and pulls no brake', () => {
  const nobody = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, unanswered: 0 };

  it('what is beyond the bound of an upstream', async () => {
    const { gateway, brakes, failovers } = await canaryAt((await silent()).url, { limits: { inFlightPerUpstream: 2 } });
    for (let held = 0; held < 2; held++) (await openClient(gateway)).write(get('/'));
    await pause(100);
    const refused = await Promise.all(Array.from({ length: 10 }, () => askRaw(gateway.port, get('/'))));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    const upgrade = get('/', 'Connection: Upgrade', 'Upgrade: websocket');
    expect((await askRaw(gateway.port, upgrade)).status).toBe(503);
    expect(await canary(gateway)).toEqual({ ...nobody, 'client-gone': 0, refused: 11 });
    expect([failovers(), brakes]).toEqual([0, []]);
    expect(await evidenceOf(gateway)).toMatchObject({ requests: 0, errors: 0 });
  });

  it.each([
    ['that leaves before its answer', (socket: Socket) => socket.destroy(), get('/')],
    ['that leaves in the middle of its upload', (socket: Socket) => socket.destroy(), HALF],
    ['that sends nothing more of its body', () => {}, HALF],
    ['that sends nothing more of its chunks', () => {}, `${get('/', 'Transfer-Encoding: chunked')}4\r\npart\r\n`],
  ])('a client %s', async (_name, then, request) => {
    const arrived = Promise.withResolvers<void>();
    const upstream = await using(rawUpstream(() => arrived.resolve()));
    const { gateway, brakes, failovers } = await canaryAt(upstream.url, { timeouts: { uploadMs: 200 } });
    const connection = await openClient(gateway);
    connection.write(request);
    await arrived.promise;
    then(connection.socket);
    await expect.poll(() => canary(gateway)).toEqual({ ...nobody, 'client-gone': 1, refused: 0 });
    expect([failovers(), brakes]).toEqual([0, []]);
  });

  it('a client that sends more than the gateway takes', async () => {
    const limits = { bodyBytes: 10 };
    const arrived = Promise.withResolvers<void>();
    const upstream = await using(rawUpstream(() => arrived.resolve()));
    const { gateway, brakes, failovers } = await canaryAt(upstream.url, { limits });
    const connection = await openClient(gateway);
    connection.write(`${get('/', 'Transfer-Encoding: chunked').replace('GET', 'PUT')}4\r\npart\r\n`);
    await arrived.promise;
    connection.write(`14\r\n${'x'.repeat(20)}\r\n`);
    expect((await connection.answer()).status).toBe(413);
    expect(await canary(gateway)).toEqual({ ...nobody, 'client-gone': 1, refused: 0 });
    expect([failovers(), brakes]).toEqual([0, []]);
  });

  it.each([
    ['breaks it off', (socket: Socket) => socket.resetAndDestroy(), 502],
    [
      'answers 408',
      (socket: Socket) => socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
      408,
    ],
  ])('an upload so slow that the upstream %s', async (_name, end, status) => {
    const arrived = Promise.withResolvers<Socket>();
    const upstream = await using(rawUpstream((socket) => arrived.resolve(socket)));
    const order = { measure: { blockMs: 50, errorStatuses: ['4xx', '5xx'] } } as const;
    const { gateway, brakes, failovers } = await canaryAt(upstream.url, { order });
    const connection = await openClient(gateway);
    connection.write(HALF.replace('POST', 'PUT'));
    const socket = await arrived.promise;
    await pause(1_500);
    end(socket);
    expect((await connection.answer()).status).toBe(status);
    expect(await canary(gateway)).toEqual({ ...nobody, 'client-gone': 1, refused: 0 });
    expect([failovers(), brakes]).toEqual([0, []]);
  });

  it.each([
    ['an answer', []],
    ['an answer that is no switch of protocols', ['Connection: Upgrade', 'Upgrade: websocket']],
  ])('%s that was read so slowly that the upstream broke it off', async (_name, fields) => {
    const LENGTH = 64 * 1_048_576;
    const begun = Promise.withResolvers<Socket>();
    const upstream = await using(
      rawUpstream((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`);
        socket.write(Buffer.alloc(LENGTH));
        begun.resolve(socket);
      }),
    );
    const { gateway, brakes } = await canaryAt(upstream.url);
    const connection = await openClient(gateway);
    connection.write(get('/', ...fields));
    await connection.takeThrough('\r\n\r\n');
    connection.socket.pause();
    const socket = await begun.promise;
    await pause(2_500);
    socket.resetAndDestroy();
    await once(socket, 'close');
    connection.socket.resume();
    expect(await connection.ending).toBe('reset');
    expect(await canary(gateway)).toEqual({ ...nobody, 'client-gone': 1, refused: 0 });
    expect(brakes).toEqual([]);
  });
});

describe('a client that goes away', () => {
  const headWith = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

  const part = `${headWith('Content-Length: 9')}part`;
  const failed = `${headWith('Content-Length: 9')}part`.replace('200 OK', '500 No');
  const stream = headWith('Content-Type: text/event-stream', 'Transfer-Encoding: chunked');
  const early = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  /** Node's own server takes it. */
  const upload = `${head(4)}body`;

  it.each<[string, string | null, string, number, Partial<Record<'requests' | 'errors' | 'unanswered', number>>]>([
    ['before anything of its answer: it was left without one', null, get('/'), 0, { unanswered: 1 }],
    ['before anything of the answer to its upload', null, upload, 0, { unanswered: 1 }],
    ['while it owes the rest of its upload', null, HALF, 0, {}],
    ['when it has seen the head: that counts', part, get('/'), 0, { requests: 1 }],
    ['when it has seen the head of the answer to its upload', part, upload, 0, { requests: 1 }],
    ['when it has seen the head of an error', failed, get('/'), 0, { requests: 1, errors: 1 }],
    ['when the rest has not come for a second', part, get('/'), 1_200, {}],
    ['when it has seen an interim answer', early, get('/'), 0, {}],
    ['when it has seen an interim answer to its upload', early, upload, 0, {}],
    ['from a stream', stream, get('/'), 0, { requests: 1 }],
  ])('%s', async (_name, answer, request, waitMs, counted) => {
    const arrived = Promise.withResolvers<void>();
    const upstream = await using(
      rawUpstream((socket) => {
        if (answer !== null) socket.write(answer);
        arrived.resolve();
      }),
    );
    const { gateway } = await canaryAt(upstream.url, { order: { brakeAfter: null } });
    const connection = await openClient(gateway);
    connection.write(request);
    await arrived.promise;
    if (answer !== null) await connection.takeThrough('\r\n\r\n');
    await pause(waitMs);
    connection.socket.destroy();
    await expect.poll(async () => (await canary(gateway))?.['client-gone']).toBe(1);
    expect(await evidenceOf(gateway)).toMatchObject({ requests: 0, errors: 0, unanswered: 0, ...counted });
  });
});

describe('a slow upload', () => {
  it('is not a slow version, neither while it goes on nor when it is answered', async () => {
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.resume();
        incoming.on('end', () => outgoing.end('ok'));
      }),
    );
    const { gateway } = await canaryAt(upstream.url);
    const connection = await openClient(gateway);
    connection.write(HALF);
    await pause(1_500);
    // Closed blocks count what is open by its age, and what is open for a second at this threshold as unanswered.
    expect(await evidenceOf(gateway)).toEqual({ requests: 0, errors: 0, unanswered: 0, latencies: 0 });
    connection.write('x'.repeat(20_000));
    expect((await connection.answer()).status).toBe(200);
    expect(await evidenceOf(gateway)).toEqual({ requests: 1, errors: 0, unanswered: 0, latencies: 0 });
    const sumSeconds = (await gateway.durations())
      .filter(({ track }) => track === 'canary')
      .reduce((sum, { rows }) => sum + rows.reduce((all, row) => all + row.sumSeconds, 0), 0);
    expect(sumSeconds).toBeLessThan(1.4);
  });
});

describe('a canary whose own slowness fills its bound', () => {
  it('is found by what waits at it', async () => {
    const { gateway } = await canaryAt((await silent()).url, { limits: { inFlightPerUpstream: 4 } });
    for (let held = 0; held < 4; held++) (await openClient(gateway)).write(get('/'));
    await pause(1_300);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(503);
    expect(await evidenceOf(gateway)).toMatchObject({ unanswered: 4, latencies: 4, errors: 0 });
  });
});

describe('an outsider who forces a healthy canary, over and over', () => {
  it('with slow POSTs fills a bound of his own, and nobody else is refused', async () => {
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.resume();
        incoming.on('end', () => outgoing.end('ok'));
      }),
    );
    const { gateway, brakes } = await canaryAt(upstream.url, { limits: { inFlightPerUpstream: 32 } });
    const flood = await Promise.all(Array.from({ length: 40 }, () => openClient(gateway)));
    for (const connection of flood) connection.write(head(40_000, 'X-Version: canary') + 'x'.repeat(20_000));
    await expect.poll(async () => (await canary(gateway))?.refused).toBe(38);
    const answers = await Promise.all(Array.from({ length: 20 }, () => askRaw(gateway.port, get('/'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await askRaw(gateway.port, get('/', 'X-Version: canary'))).status).toBe(503);
    expect(await canary(gateway)).toMatchObject({ '2xx': 20, unanswered: 0, refused: 39 });
    expect(brakes).toEqual([]);
    expect(await evidenceOf(gateway)).toMatchObject({ requests: 20, errors: 0 });
  });

  it('and a bound that can be set', async () => {
    const limits = { inFlightPerUpstream: 32, forcedPerUpstream: 1 };
    const { gateway } = await canaryAt((await silent()).url, { limits });
    const held = await openClient(gateway);
    held.write(get('/', 'X-Version: canary'));
    await pause(100);
    expect((await askRaw(gateway.port, get('/', 'X-Version: canary'))).status).toBe(503);
    held.close();
    await expect
      .poll(async () => {
        const connection = await openClient(gateway);
        connection.write(get('/', 'X-Version: canary'));
        return Promise.race([connection.answer().then(({ status }) => status), pause(100, 'waits')]);
      })
      .toBe('waits');
  });
});

describe('an answer without a body', () => {
  it.each<[string, string, string, number]>([
    ['of 200 to GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', get('/'), 1],
    ['of 204 to GET', 'HTTP/1.1 204 No Content\r\n\r\n', get('/'), 1],
    ['of 200 to POST', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', `${head(1)}x`, 1],
    ['of 200 to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', get('/').replace('GET', 'HEAD'), 0],
    ['of a redirect', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n', get('/'), 0],
    ['of 404', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', get('/'), 0],
    ['that has one', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', get('/'), 0],
  ])('%s', async (_name, bytes, request, empty) => {
    const { gateway } = await canaryAt((await using(cannedUpstream(bytes, 'keep'))).url);
    await askRaw(gateway.port, request);
    await pause(120);
    const { blocks } = await gateway.collect('shop', null, 100);
    expect(blocks.reduce((sum, { canary: tally }) => sum + (tally?.empty ?? 0), 0)).toBe(empty);
  });

  it.each([
    ['HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nok', { 302: 1 }],
    ['HTTP/1.1 304 Not Modified\r\n\r\n', { 304: 1 }],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { 200: 1 }],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', undefined],
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', undefined],
  ])('or with one is counted by its status: %j', async (bytes, statuses) => {
    const { gateway } = await canaryAt((await using(cannedUpstream(bytes, 'keep'))).url);
    await askRaw(gateway.port, get('/'));
    await pause(120);
    const { blocks } = await gateway.collect('shop', null, 100);
    expect(blocks.find(({ canary: tally }) => (tally?.requests ?? 0) > 0)?.canary?.statuses).toEqual(statuses);
  });
});
