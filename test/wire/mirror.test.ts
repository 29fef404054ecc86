import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { orderTo, routeTo, startGateway, using } from '../support/gateway.ts';
import { askRaw, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

type Mirror = NonNullable<GatewayRoute['mirror']>;

const ALL: Mirror = {
  share: 1,
  methods: ['GET', 'HEAD'],
  perSecond: 1_000,
  concurrency: 10,
  timeoutMs: 2_000,
  compare: true,
};

const READS = {
  sample: 0,
  failures: [],
  values: {},
  categories: {},
  own: [],
  lastData: null,
  answers: { ignore: [] },
};

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

const TEN_MB = Buffer.alloc(10_000_000);

const ILL: readonly (readonly [string, Answer])[] = [
  ['hangs', () => {}],
  ['breaks off', (incoming) => void incoming.socket.destroy()],
  ['answers 10 MB', (_, outgoing) => void outgoing.end(TEN_MB)],
  ['answers 500', (_, outgoing) => void outgoing.writeHead(500).end()],
];

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An upstream that remembers what it was asked. */
async function recording(answer: Answer) {
  const seen: Seen[] = [];
  const upstream = await using(
    httpUpstream((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('end', () => {
        const { method = '', url = '', headers } = incoming;
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') });
        answer(incoming, outgoing);
      });
    }),
  );
  return { ...upstream, seen };
}

const wellAnswered: Answer = (_, outgoing) => void outgoing.end('well');

async function mirrored(
  canary: TestUpstream,
  more: {
    readonly mirror?: Partial<Mirror>;
    readonly order?: Partial<SplitOrder>;
    readonly route?: Partial<GatewayRoute>;
  } = {},
) {
  const stable = await recording(wellAnswered);
  const gateway = await startGateway([routeTo(stable.url, { ...more.route, mirror: { ...ALL, ...more.mirror } })]);
  await gateway.setSplit(orderTo(stable.url, canary.url, more.order));
  const totals = async () => (await gateway.mirrored())[0];
  return { stable, gateway, totals };
}

const sumOf = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);

describe('mirror', () => {
  it('sends what the stable answered to the canary as well, marked, and counts it nowhere else', async () => {
    const canary = await recording(wellAnswered);
    const { stable, gateway, totals } = await mirrored(canary);
    const { body } = await askRaw(
      gateway.port,
      get('/a?b=c', 'Cookie: s=1', 'Authorization: Bearer t', 'X-Request-Id: r-1'),
    );
    expect(body.toString()).toBe('well');
    await expect.poll(async () => (await totals())?.sent.canary['2xx']).toBe(1);
    const [first] = stable.seen;
    const [again] = canary.seen;
    const { host, 'x-serin-mirror': marker, ...rest } = again?.headers ?? {};
    expect([again?.method, again?.url, host, marker]).toEqual(['GET', '/a?b=c', new URL(canary.url).host, 'shop']);
    const { host: _, ...asked } = first?.headers ?? {};
    expect(rest).toEqual(asked);
    const requests = (await gateway.totals()).map(({ version, outcomes }) => [version, sumOf(outcomes)]);
    expect(requests).toEqual([
      ['v1', 1],
      ['v2', 0],
    ]);
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 2 }));
    const { blocks } = await gateway.collect('shop', null, 1_000);
    const [block] = blocks.filter(({ splitEpoch }) => splitEpoch === 1);
    expect([block?.stable?.requests, block?.canary?.requests, block?.forced.canary.requests]).toEqual([1, 0, 0]);
  });

  it.each(ILL)('changes nothing for the client of a canary that %s', async (_name, answer) => {
    const canary = await recording(answer);
    const { gateway, totals } = await mirrored(canary, { mirror: { timeoutMs: 500 } });
    const connection = await openRaw(gateway.port);
    const beganAt = performance.now();
    const answers: string[] = [];
    for (let request = 0; request < 20; request++) {
      connection.write(get('/a'));
      const { status, body } = await connection.answer();
      answers.push(`${status} ${body.toString()}`);
    }
    const ms = performance.now() - beganAt;
    connection.close();
    expect(new Set(answers)).toEqual(new Set(['200 well']));
    // A client that waited for its mirrored request would wait half a second each time.
    expect(ms).toBeLessThan(20 * 500);
    const counted = async () => sumOf((await totals())?.sent.canary) + sumOf((await totals())?.skipped);
    await expect.poll(counted, { timeout: 20_000 }).toBe(20);
  });

  it('leaves alone what may change something, what is forced, a stream, and what is mirrored already', async () => {
    const canary = await recording(wellAnswered);
    const stable = await recording((incoming, outgoing) => {
      if (incoming.url === '/events') outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.end('data: 1\n\n');
    });
    const gateway = await startGateway([routeTo(stable.url, { mirror: ALL })], { trustedProxies: ['127.0.0.0/8'] });
    await gateway.setSplit(orderTo(stable.url, canary.url));
    await askRaw(gateway.port, get('/a').replace('GET', 'DELETE'));
    await askRaw(gateway.port, get('/a', 'X-Version: stable'));
    await askRaw(gateway.port, get('/events'));
    await askRaw(gateway.port, get('/a', 'X-Serin-Mirror: other'));
    await askRaw(gateway.port, get('/last'));
    await expect.poll(() => canary.seen.length).toBe(1);
    expect(canary.seen[0]?.url).toBe('/last');
    // A proxy in front may be a Serin that mirrors.
    expect(stable.seen.map(({ headers }) => headers['x-serin-mirror'])).toEqual([
      undefined,
      undefined,
      undefined,
      'other',
      undefined,
    ]);
  });

  it('passes no marker on that a client made up', async () => {
    const canary = await recording(wellAnswered);
    const { stable, gateway } = await mirrored(canary);
    await askRaw(gateway.port, get('/a', 'X-Serin-Mirror: shop', 'X_Serin_Mirror: shop'));
    expect(Object.keys(stable.seen[0]?.headers ?? {}).filter((name) => /mirror/.test(name))).toEqual([]);
  });

  it('sends a body again, if its method is listed and it is short', async () => {
    const canary = await recording(wellAnswered);
    const { gateway, totals } = await mirrored(canary, { mirror: { methods: ['POST'] } });
    const post = (bytes: number) =>
      `${get('/a', `Content-Length: ${bytes}`).replace('GET', 'POST')}${'x'.repeat(bytes)}`;
    for (const bytes of [5, 60_000, 70_000]) await askRaw(gateway.port, post(bytes));
    const chunked = `${get('/a', 'Transfer-Encoding: chunked').replace('GET', 'POST')}5\r\nhello\r\n0\r\n\r\n`;
    await askRaw(gateway.port, chunked);
    await expect.poll(() => canary.seen.map(({ body }) => body.length)).toEqual([5, 60_000, 5]);
    expect((await totals())?.skipped).toMatchObject({ body: 1 });
  });

  it.each([
    ['at the same time', { concurrency: 3 }, 'concurrency'],
    ['per second', { perSecond: 10 }, 'per-second'],
  ] as const)('holds its cap %s', async (_name, mirror, why) => {
    let open = 0;
    let most = 0;
    const canary = await using(
      httpUpstream((_, outgoing) => {
        most = Math.max(most, ++open);
        setTimeout(() => {
          open--;
          outgoing.end();
        }, 50);
      }),
    );
    const { gateway, totals } = await mirrored(canary, { mirror });
    const beganAt = performance.now();
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 200; request++) {
      connection.write(get('/a'));
      await connection.answer();
    }
    connection.close();
    const seconds = (performance.now() - beganAt) / 1_000;
    await expect.poll(async () => sumOf((await totals())?.sent.canary) + sumOf((await totals())?.skipped)).toBe(200);
    const { sent, skipped } = (await totals()) ?? {};
    expect(skipped?.[why]).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(why === 'concurrency' ? 3 : 10);
    if (why === 'per-second') expect(sumOf(sent?.canary)).toBeLessThanOrEqual(1 + 10 * seconds + 1);
  });

  it('ends at once when the canary is taken back, and what is under way is broken off', async () => {
    const canary = await recording(() => {});
    const { gateway, totals } = await mirrored(canary, { order: { canaryBps: 100 } });
    for (let request = 0; canary.seen.length === 0 && request < 50; request++) {
      await askRaw(gateway.port, get('/a'));
    }
    await expect.poll(() => canary.seen.length).toBeGreaterThan(0);
    await gateway.toStable({ route: 'shop', rolloutId: null, epoch: 1 });
    const brokenOff = async () => (await totals())?.sent.canary['broken-off'];
    await expect.poll(brokenOff, { timeout: 10_000 }).toBeGreaterThan(0);
    const before = canary.seen.length;
    for (let request = 0; request < 5; request++) await askRaw(gateway.port, get('/a'));
    expect(canary.seen.length).toBe(before);
  });

  it('pauses for a canary that fails, mirrored or not', async () => {
    const canary = await recording((_, outgoing) => void outgoing.writeHead(500).end());
    const { gateway, totals } = await mirrored(canary);
    for (let request = 0; request < 5; request++) {
      await askRaw(gateway.port, get('/a'));
      await expect.poll(async () => (await totals())?.sent.canary['5xx']).toBe(request + 1);
    }
    await askRaw(gateway.port, get('/a'));
    expect((await totals())?.skipped).toMatchObject({ 'canary-suffers': 1 });
    expect(canary.seen.length).toBe(5);
  });

  it.each([true, false])('does not pause where the stable takes as long: compared is %s', async (compare) => {
    const slow: Answer = (_, outgoing) => void setTimeout(() => outgoing.end('late'), 400);
    const [stable, canary] = [await recording(slow), await recording(slow)];
    const gateway = await startGateway([routeTo(stable.url, { mirror: { ...ALL, timeoutMs: 200, compare } })]);
    const measure = { blockMs: 60_000, errorStatuses: ['5xx'], reads: READS } as const;
    await gateway.setSplit(orderTo(stable.url, canary.url, { measure }));
    for (let request = 1; request <= 7; request++) {
      await askRaw(gateway.port, get('/a'));
      await expect.poll(async () => (await gateway.mirrored())[0]?.sent.canary.unanswered).toBe(request);
      if (compare) {
        await expect.poll(async () => (await gateway.mirrored())[0]?.sent.stable.unanswered).toBe(request);
      }
    }
    expect((await gateway.mirrored())[0]?.skipped['canary-suffers']).toBe(0);
  });

  it.each([
    ['pauses for a canary that is far slower than the stable', 10, 1],
    ['does not pause where the stable is half as slow', 700, 0],
  ])('%s', async (_, stableMs, pauses) => {
    const after =
      (ms: number): Answer =>
      (_incoming, outgoing) =>
        void setTimeout(() => outgoing.end('late'), ms);
    const [stable, canary] = [await recording(after(stableMs)), await recording(after(1_500))];
    const gateway = await startGateway([routeTo(stable.url, { mirror: ALL })]);
    await gateway.setSplit(orderTo(stable.url, canary.url));
    await Promise.all(Array.from({ length: 5 }, () => askRaw(gateway.port, get('/a'))));
    await expect.poll(async () => (await gateway.mirrored())[0]?.sent.canary['2xx'], { timeout: 10_000 }).toBe(5);
    await askRaw(gateway.port, get('/a'));
    expect((await gateway.mirrored())[0]?.skipped['canary-suffers']).toBe(pauses);
  });

  it('keeps no stop waiting', async () => {
    const canary = await recording(() => {});
    const { gateway, totals } = await mirrored(canary, { mirror: { timeoutMs: 60_000 } });
    await askRaw(gateway.port, get('/a'));
    await expect.poll(() => canary.seen.length).toBe(1);
    const beganAt = performance.now();
    await gateway.close(10_000);
    expect(performance.now() - beganAt).toBeLessThan(2_000);
    expect((await totals())?.sent.canary['broken-off']).toBe(1);
  });
});

describe('answers to the same request', () => {
  const measure = { blockMs: 60_000, errorStatuses: ['5xx'], reads: READS } as const;
  const answering =
    (document: (count: number) => unknown): Answer =>
    (incoming, outgoing) => {
      const [, id = '0'] = /(\d+)$/.exec(incoming.url ?? '') ?? [];
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(document(Number(id))));
    };

  async function compared(stableIs: Answer, canaryIs: Answer, mirror: Partial<Mirror> = {}) {
    const stable = await recording(stableIs);
    const canary = await recording(canaryIs);
    const rule = { ...ALL, perSecond: 1_000, concurrency: 100, ...mirror };
    const gateway = await startGateway([routeTo(stable.url, { mirror: rule, templates: ['/orders/{id}'] })]);
    await gateway.setSplit(orderTo(stable.url, canary.url, { measure }));
    for (let id = 1; id <= 5; id++) {
      await askRaw(gateway.port, get(`/orders/${id}`));
      await expect
        .poll(async () => {
          const [totals] = await gateway.mirrored();
          return sumOf(totals?.sent.canary);
        })
        .toBe(id);
    }
    const pairs = async () => {
      const { blocks } = await gateway.peek('shop', null, 0);
      return blocks.flatMap((block) => block.pairs ?? []);
    };
    const close = (epoch: number) => gateway.setSplit(orderTo(stable.url, canary.url, { epoch, measure }));
    return { gateway, stable, canary, pairs, close };
  }

  it('are compared field by field, and with the noise of the stable, in the block of the request', async () => {
    let time = 0;
    const stableIs = answering((id) => ({ id, total: 10 * id, at: time++ }));
    const canaryIs = answering((id) => ({ id, total: 10 * id + 1, at: time++ }));
    const { gateway, stable, pairs, close } = await compared(stableIs, canaryIs);
    expect(
      stable.seen.map(({ headers }) => headers['x-serin-mirror']).filter((marker) => marker === 'shop'),
    ).toHaveLength(5);
    await new Promise((resolve) => setImmediate(resolve));
    await expect.poll(async () => gateway.mirrored().then(([totals]) => sumOf(totals?.sent.stable))).toBe(5);
    await close(2);
    await expect.poll(async () => (await pairs())[0]?.compared).toBe(5);
    const place = 'GET /orders/{id} 2xx';
    expect(await pairs()).toEqual([
      {
        compared: 5,
        unusable: 0,
        places: { [place]: 5 },
        fields: {
          [`${place} /total`]: { differs: 5, noise: 0, both: 0 },
          [`${place} /at`]: { differs: 5, noise: 5, both: 5 },
        },
      },
    ]);
    // What people are shown of it, and nothing of what time made.
    const seen = await gateway.sightings('shop', [`${place} /total`, `${place} /at`]);
    expect([...seen.keys()]).toEqual([`${place} /total`]);
    expect(seen.get(`${place} /total`)?.examples.map(({ track, text }) => `${track} ${text}`)).toEqual([
      'stable 10',
      'canary 11',
      'stable 20',
      'canary 21',
      'stable 30',
      'canary 31',
    ]);
  });

  it('are unusable where one breaks off, and not asked for twice where the route says so', async () => {
    const well = answering((id) => ({ id }));
    const broken = await compared(well, (incoming) => void incoming.socket.destroy());
    await broken.close(2);
    await expect.poll(async () => (await broken.pairs())[0]).toMatchObject({ compared: 0, unusable: 5, fields: {} });
    const uncompared = await compared(well, well, { compare: false });
    await uncompared.close(2);
    const alone = { compared: 0, unusable: 0, alone: 5, places: {}, fields: {} };
    await expect.poll(async () => uncompared.pairs()).toEqual([alone]);
    expect(uncompared.stable.seen).toHaveLength(5);
  });
});
