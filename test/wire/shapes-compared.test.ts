import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import type { ShapeReads } from '../../src/split/answer-reads.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { sightingOfFact } from '../../src/stats/answers/sighting.ts';
import { orderTo, routeTo, SECRET, startGateway } from '../support/gateway.ts';
import { NOTHING } from '../support/read-answers.ts';

const CONSUMERS = ['acme', 'globex', 'initech'];
const PLACE = 'GET /orders/{id} 2xx';

async function upstream(document: object, coding: 'gzip' | 'identity'): Promise<string> {
  const text = JSON.stringify(document);
  const server = createServer((_, outgoing) => {
    const head = { 'content-type': 'application/json', ...(coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}) };
    outgoing.writeHead(200, head).end(coding === 'gzip' ? gzipSync(text) : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function compare(
  documents: { readonly stable: object; readonly canary: object },
  shape: Partial<ShapeReads>,
  { coding = 'identity' as 'gzip' | 'identity', route = {} as Partial<GatewayRoute>, canaryBps = 5_000 } = {},
) {
  const [stable, canary] = [await upstream(documents.stable, coding), await upstream(documents.canary, coding)];
  const consumerKey = { kind: 'header', name: 'x-api-key' } as const;
  const gateway = await startGateway([routeTo(stable, { consumerKey, ...route })]);
  const reads = { ...NOTHING, shape: { sample: 1, ignore: [], exceptConsumers: [], ...shape } };
  const measure: SplitOrder['measure'] = { blockMs: 20, errorStatuses: ['5xx'], reads };
  const order = orderTo(stable, canary, { canaryBps, consumerDefault: 'by-weight', measure });
  await gateway.setSplit(order);
  const hashed = CONSUMERS.map((name) => [hashConsumerKey(SECRET, 'shop', `key of ${name}`), name] as const);
  await gateway.setConsumers('shop', new Map(hashed.map(([hash]) => [hash, 'by-weight'])), new Map(hashed));
  const ask = async (path: string, headers: Record<string, string>) => {
    await (await fetch(`${gateway.url}${path}`, { headers })).text();
  };
  /** Answers that were read, of all lanes of both versions, once so many requests were counted and so many were read. */
  const answers = async (requests: number, expected: number) => {
    const until = performance.now() + 5_000;
    for (;;) {
      const { blocks } = await gateway.peek('shop', null, 60_000);
      const tallies = blocks.flatMap(({ stable: of, canary: other, forced }) => [
        of,
        other,
        forced.stable,
        forced.canary,
      ]);
      const read = sum(tallies, ({ shapes = {} }) => sum(Object.values(shapes), (place) => place.answers));
      const isCounted = sum(tallies, (tally) => tally.requests) >= requests && read >= expected;
      if (isCounted || performance.now() > until) return read;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { gateway, ask, answers, order };
}

function sum<Of>(all: readonly (Of | null)[], part: (one: Of) => number): number {
  return all.reduce((total, one) => total + (one === null ? 0 : part(one)), 0);
}

describe('what answers of two versions look like', () => {
  const STABLE = { id: 7, amount: 5, card: '4111 1111 1111 1111' };
  const CANARY = { id: 7, total: 5, card: '4111 1111 1111 1111' };

  it.each(['identity', 'gzip'] as const)('is shown with who was answered so: %s', async (coding) => {
    const { gateway, ask, answers } = await compare({ stable: STABLE, canary: CANARY }, {}, { coding });
    const asked = [
      ['initech', 'stable'],
      ['acme', 'stable'],
      ['acme', 'stable'],
      ['acme', 'canary'],
      ['globex', 'canary'],
    ] as const;
    for (const [consumer, version] of asked) {
      await ask('/orders/1', { 'x-version': version, 'x-api-key': `key of ${consumer}` });
    }
    expect(await answers(5, 5)).toBe(5);
    const [gone, came, card] = ['present /amount', 'present /total', 'string /card'].map((fact) =>
      sightingOfFact(PLACE, fact),
    );
    const seen = await gateway.sightings('shop', [gone, came, card, 'another'] as string[]);
    expect([...seen.keys()]).toEqual([gone, came, card]);
    expect(seen.get(gone ?? '')?.consumers).toEqual(['acme', 'globex']);
    expect(seen.get(came ?? '')?.consumers).toEqual(['acme', 'globex']);
    const texts = seen.get(came ?? '')?.examples ?? [];
    expect(texts).toContainEqual({ track: 'canary', text: '5' });
    expect(JSON.stringify([...seen])).not.toContain('4111');
  });

  it('leaves out the consumers that expect something else', async () => {
    const { ask, answers } = await compare({ stable: STABLE, canary: CANARY }, { exceptConsumers: ['globex'] });
    for (const consumer of CONSUMERS) await ask('/orders/1', { 'x-api-key': `key of ${consumer}` });
    expect(await answers(3, 2)).toBe(2);
  });

  it('compares consumers apart of whom something else is expected', async () => {
    const groups = [{ name: 'acme and globex', consumers: ['acme', 'globex'] }];
    const { gateway, ask, answers } = await compare({ stable: STABLE, canary: CANARY }, { groups });
    const asked = [...CONSUMERS, ...CONSUMERS].map((name) => `key of ${name}`);
    for (const [at, key] of [...asked, 'key of nobody'].entries()) {
      await ask('/orders/1', { 'x-api-key': key, 'x-version': at < CONSUMERS.length ? 'stable' : 'canary' });
    }
    expect(await answers(7, 7)).toBe(7);
    const { blocks } = await gateway.peek('shop', null, 60_000);
    const read = new Map<string, number>();
    for (const { forced } of blocks) {
      for (const [place, shape] of Object.entries(forced.canary.shapes ?? {})) {
        read.set(place, (read.get(place) ?? 0) + shape.answers);
      }
    }
    const theirs = 'GET /orders/{id} for acme and globex 2xx';
    expect(Object.fromEntries(read)).toEqual({ [theirs]: 2, [PLACE]: 2 });
    const names = [sightingOfFact(theirs, 'present /total'), sightingOfFact(PLACE, 'present /total')];
    const seen = await gateway.sightings('shop', names);
    expect(names.map((name) => seen.get(name)?.consumers)).toEqual([
      ['acme', 'globex'],
      ['initech', 'not listed'],
    ]);
  });

  it('counts users where keys are sticky, and not how often they ask', async () => {
    const route = { sticky: { kind: 'header', name: 'x-user' } } as const;
    const { ask, answers } = await compare({ stable: STABLE, canary: CANARY }, {}, { route });
    for (let n = 0; n < 12; n += 1) await ask(`/orders/${n}`, { 'x-user': `user ${n % 3}` });
    expect(await answers(12, 3)).toBe(3);
  });

  it('is remembered while the same canary is compared, and forgotten with it', async () => {
    const { gateway, ask, answers, order } = await compare({ stable: STABLE, canary: CANARY }, {});
    await ask('/orders/1', {});
    expect(await answers(1, 1)).toBe(1);
    const name = sightingOfFact(PLACE, 'present /id');
    await gateway.setSplit({ ...order, epoch: 2, canaryBps: 6_000 });
    expect((await gateway.sightings('shop', [name])).size).toBe(1);
    await gateway.setSplit({ ...order, epoch: 3, rolloutId: 'the-next' });
    expect((await gateway.sightings('shop', [name])).size).toBe(0);
  });
});
