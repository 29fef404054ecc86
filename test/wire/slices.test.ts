import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions, GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import { whereWorse } from '../../src/judge/where.ts';
import { MOST_SLICES } from '../../src/stats/slice.ts';
import { orderTo, routeTo, SECRET, startGateway } from '../support/gateway.ts';
import { suspicionOf } from '../support/slice-traffic.ts';

const CONSUMERS = ['acme', 'beta', 'corp', 'dune'];
const ENDPOINTS = ['GET /orders', 'GET /carts', 'POST /carts', 'POST /pay', 'GET /health'];

/** An upstream that answers 200, or 503 to what it cannot bear. */
async function upstream(fails: (incoming: IncomingMessage) => boolean = () => false): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(fails(incoming) ? 503 : 200, { 'content-length': 0 }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A gateway at 50 % whose time passes by the block, with traffic of all consumers to all endpoints. */
async function compare(
  fails: (incoming: IncomingMessage) => boolean,
  { route = {}, options = {} }: { route?: Partial<GatewayRoute>; options?: Partial<GatewayOptions> } = {},
) {
  let now = 1_000_000_000;
  const [stable, canary] = await Promise.all([upstream(), upstream(fails)]);
  const consumerKey = { kind: 'header', name: 'x-api-key' } as const;
  const gateway = await startGateway([routeTo(stable, { consumerKey, ...route })], { now: () => now, ...options });
  const measure = { blockMs: 5_000, errorStatuses: ['5xx' as const] };
  await gateway.setSplit(orderTo(stable, canary, { canaryBps: 5_000, consumerDefault: 'by-weight', measure }));
  const hashed = CONSUMERS.map((name) => [hashConsumerKey(SECRET, 'shop', `key of ${name}`), name] as const);
  await gateway.setConsumers('shop', new Map(hashed.map(([hash]) => [hash, 'by-weight'])), new Map(hashed));

  const ask = async (method: string, path: string, consumer: string) => {
    const answer = await fetch(`${gateway.url}${path}`, { method, headers: { 'x-api-key': `key of ${consumer}` } });
    await answer.arrayBuffer();
  };
  const block = async (requests: readonly Promise<void>[]) => {
    await Promise.all(requests);
    now += 5_000;
    await gateway.collect('shop', null, 60_000);
    return await gateway.slices('shop');
  };
  const mixed = (at: number) =>
    ENDPOINTS.flatMap((endpoint) =>
      CONSUMERS.map((consumer) => {
        const [method = '', path = ''] = endpoint.split(' ');
        return ask(method, `${path}/${at}`, consumer);
      }),
    );
  const where = async () => {
    let blocks = await block([]);
    for (let at = 1; at <= 10; at += 1) blocks = await block([...mixed(at), ...mixed(at + 100), ...mixed(at + 200)]);
    return whereWorse(suspicionOf('errors'), {
      blocks,
      marginOf: () => ({ rho: 1.1, a: 1e-4 }),
      address: null,
      since: 0,
    });
  };
  return { ask, block, where };
}

describe('a canary that fails', () => {
  it('only on POST /pay is worse there, and the stable is not', async () => {
    const { where } = await compare(({ method, url = '' }) => method === 'POST' && url.startsWith('/pay'));
    const found = await where();
    expect(found?.slices).toMatchObject([{ dimension: 'endpoint', name: 'POST /pay/{id}', canary: 1, stable: 0 }]);
    expect(found?.says).toMatch(
      /^worst: POST \/pay\/\{id\} 100 % against 0 %, \d+ against \d+ requests, most of it status 503$/,
    );
  });

  it('only for one consumer is worse for that consumer, by name and never by key', async () => {
    const { where } = await compare(({ headers }) => headers['x-api-key'] === 'key of corp');
    const found = await where();
    expect(found?.slices).toMatchObject([{ dimension: 'consumer', name: 'corp', canary: 1, stable: 0 }]);
    expect(JSON.stringify(found)).not.toContain('key of');
  });

  it('for everybody is worse everywhere', async () => {
    const { where } = await compare(() => true);
    expect(await where()).toMatchObject({
      slices: [],
      says: 'no slice stands out: it is worse everywhere, most of it status 503',
    });
  });
});

describe('the slices of a route', () => {
  it('know the address that served, over every connection', async () => {
    const { block, ask } = await compare(() => false);
    const blocks = await block([ask('GET', '/a', 'acme'), ask('GET', '/b', 'acme'), ask('GET', '/c', 'nobody')]);
    const names = blocks.at(-1)?.slices.map(({ dimension, name }) => `${dimension} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining(['upstream 127.0.0.1', 'consumer acme', 'consumer not listed', 'endpoint GET /a']),
    );
  });

  it('take the templates that the route gives', async () => {
    const { block, ask } = await compare(() => false, { route: { templates: ['/users/{name}'] } });
    const blocks = await block(['ada', 'grace', 'barbara'].map((name) => ask('GET', `/users/${name}?q=1`, 'acme')));
    const endpoints = blocks.at(-1)?.slices.filter(({ dimension }) => dimension === 'endpoint');
    expect(endpoints).toEqual([{ dimension: 'endpoint', name: 'GET /users/{name}' }]);
  });

  it('stay within their bound, whatever paths a client makes up', async () => {
    const { block, ask } = await compare(() => false);
    const words = Array.from(
      { length: 400 },
      (_, at) => `/w${'abcdefghijklmnopqrst'.charAt(at % 20)}-${'x'.repeat(at / 20)}`,
    );
    const blocks = await block(words.map((path) => ask('GET', path, 'acme')));
    const names = blocks.at(-1)?.slices ?? [];
    expect(names.length).toBeLessThanOrEqual(MOST_SLICES);
    expect(names.filter(({ dimension }) => dimension === 'endpoint')).toHaveLength(51);
    expect(names).toContainEqual({ dimension: 'endpoint', name: 'other' });
  });

  it('have rows for what the service is asked for, however many paths one client makes up', async () => {
    let now = 1_000_000_000;
    const [stable, canary] = await Promise.all([upstream(), upstream()]);
    const options = { now: () => now, trustedProxies: ['127.0.0.1'] };
    const gateway = await startGateway([routeTo(stable)], options);
    const measure = { blockMs: 5_000, errorStatuses: ['5xx' as const] };
    const ask = async (path: string, client: string) => {
      await (await fetch(`${gateway.url}${path}`, { headers: { 'x-forwarded-for': client } })).arrayBuffer();
    };
    const word = (at: number) => `${String.fromCharCode(97 + (at % 26))}${'x'.repeat(Math.floor(at / 26))}`;
    const made = Array.from({ length: 99 }, (_, at) => `/made-${word(at)}`);
    const real = Array.from({ length: 55 }, (_, at) => `/real-${word(at)}`);
    const block = async (turn: number) => {
      await Promise.all(made.map((path) => ask(path, '198.51.100.1')));
      await Promise.all(
        [0, 1].flatMap((again) =>
          real.map((path, at) => ask(path, `203.0.113.${1 + ((at + 7 * (turn + again)) % 40)}`)),
        ),
      );
      now += 5_000;
      await gateway.collect('shop', null, 60_000);
    };
    await gateway.setSplit(orderTo(stable, null, { measure }));
    for (let turn = 0; turn < 14; turn += 1) await block(turn);
    await gateway.setSplit(orderTo(stable, canary, { epoch: 2, canaryBps: 5_000, measure }));
    await block(14);
    const found = (await gateway.slices('shop')).at(-1)?.slices.map(({ name }) => name) ?? [];
    expect(real.filter((path) => !found.includes(`GET ${path}`))).toEqual([]);
    expect(found.filter((name) => name.startsWith('GET /made'))).toEqual([]);
  });

  it('are none where they are off', async () => {
    const { where } = await compare(() => true, { options: { slices: 'off' } });
    expect(await where()).toBeNull();
  });
});
