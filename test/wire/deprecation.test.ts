import { describe, expect, it } from 'vitest';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import type { Deprecation, SplitOrder } from '../../src/split/order.ts';
import { orderTo, routeTo, SECRET, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const DEPRECATION: Deprecation = { since: '2026-11-01', sunset: '2027-06-30', link: 'https://example.com/v2' };
const ROUTE: Partial<GatewayRoute> = { consumerKey: { kind: 'header', name: 'x-api-key' } };
const hash = (key: string) => hashConsumerKey(SECRET, 'shop', key);

/** What an answer says of the end of the version, field by field. */
async function told(port: number, ...lines: readonly string[]) {
  const { status, headers } = await askRaw(port, get('/', ...lines));
  const of = (name: string) => fieldOf(headers, name) ?? null;
  return {
    status,
    version: of('x-serin-version'),
    deprecation: of('deprecation'),
    sunset: of('sunset'),
    link: of('link'),
  };
}

async function deprecated(own: Readonly<Record<string, string>>, more: Partial<SplitOrder> = {}) {
  const stable = await httpUpstream((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(200, { ...own, 'content-length': 2 }).end('v1');
  });
  const canary = await startToy('v2');
  const gateway = await startGateway([routeTo(stable.url, ROUTE)]);
  const order = { consumerDefault: 'stable', deprecation: DEPRECATION, canaryBps: 0, ...more } as const;
  await gateway.setSplit(orderTo(stable.url, canary.url, order));
  await gateway.setConsumers(
    'shop',
    new Map([
      [hash('kept'), 'stable'],
      [hash('early'), 'stable'],
      [hash('moved'), 'canary'],
      [hash('drawn'), 'by-weight'],
    ]),
    new Map(),
    new Map([
      [hash('kept'), '2027-03-01'],
      [hash('early'), '2026-10-01'],
      [hash('moved'), '2027-03-01'],
    ]),
  );
  return { gateway, stable, port: gateway.port };
}

const SILENT = { deprecation: null, sunset: null, link: null };
const TOLD = {
  version: 'v1',
  deprecation: '@1793491200',
  sunset: 'Wed, 30 Jun 2027 23:59:59 GMT',
  link: '<https://example.com/v2>; rel="deprecation sunset"',
};

describe('the end of the old version', () => {
  it('is told to those whom a rule keeps there, each with the last day of its own, and to nobody else', async () => {
    const { port, stable } = await deprecated({});
    try {
      expect(await told(port)).toMatchObject(TOLD);
      expect(await told(port, 'X-Api-Key: kept')).toMatchObject({ ...TOLD, sunset: 'Mon, 01 Mar 2027 23:59:59 GMT' });
      // A day before the deprecation itself would contradict it.
      expect(await told(port, 'X-Api-Key: early')).toMatchObject(TOLD);
      expect(await told(port, 'X-Api-Key: moved')).toMatchObject({ version: 'v2', ...SILENT });
      expect(await told(port, 'X-Api-Key: drawn')).toMatchObject({ version: 'v1', ...SILENT });
      expect(await told(port, 'X-Version: stable')).toMatchObject({ version: 'v1', ...SILENT });
    } finally {
      await stable.close();
    }
  });

  it('is what the version says itself where it says something', async () => {
    const both = await deprecated({ Deprecation: '@1', Sunset: 'Fri, 01 Jan 2027 00:00:00 GMT' });
    const one = await deprecated({ SUNSET: 'Fri, 01 Jan 2027 00:00:00 GMT' });
    try {
      expect(await told(both.port)).toMatchObject({
        deprecation: '@1',
        sunset: 'Fri, 01 Jan 2027 00:00:00 GMT',
        link: null,
      });
      expect(await told(one.port)).toMatchObject({
        deprecation: TOLD.deprecation,
        sunset: 'Fri, 01 Jan 2027 00:00:00 GMT',
        link: '<https://example.com/v2>; rel="deprecation"',
      });
    } finally {
      await both.stable.close();
      await one.stable.close();
    }
  });

  it('is told by no answer of the gateway itself, and by none without a policy that says so', async () => {
    const { gateway, stable, port } = await deprecated({});
    const canary = await startToy('v2');
    await gateway.setSplit(orderTo(stable.url, canary.url, { consumerDefault: 'stable', epoch: 2 }));
    expect(await told(port)).toMatchObject({ status: 200, version: 'v1', ...SILENT });
    await gateway.setSplit(
      orderTo(stable.url, canary.url, { consumerDefault: 'stable', deprecation: DEPRECATION, epoch: 3 }),
    );
    await stable.close();
    expect(await told(port)).toMatchObject({ status: 502, ...SILENT });
  });
});
