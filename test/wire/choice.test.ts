import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import type { SplitOrder } from '../../src/split/order.ts';
import { orderTo, routeTo, SECRET, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';

/** A gateway with a stable and a canary behind it, and a way to ask it which version serves. */
async function split(order: Partial<SplitOrder>, route: Partial<GatewayRoute> = {}) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const gateway = await startGateway([routeTo(stable.url, route)]);
  const apply = async (more: Partial<SplitOrder>) => await gateway.setSplit(orderTo(stable.url, canary.url, more));
  await apply(order);
  const ask = (...lines: string[]) => askRaw(gateway.port, get('/', ...lines));
  const versionFor = async (...lines: string[]) => fieldOf((await ask(...lines)).headers, 'x-serin-version');
  return { gateway, stable, canary, apply, ask, versionFor };
}

describe('the force header', () => {
  it('chooses by track or version name, at any weight, where the order allows it', async () => {
    const { versionFor } = await split({ canaryBps: 0 });
    expect(await versionFor('X-Version: canary')).toBe('v2');
    expect(await versionFor('X-Version: v2')).toBe('v2');
    expect(await versionFor('X-Version: stable')).toBe('v1');
  });

  it('is refused when the route does not have that version, and is never answered by another', async () => {
    const { ask, versionFor, apply, gateway, stable, canary } = await split({ canaryBps: 0 });
    expect((await ask('X-Version: v9')).status).toBe(412);
    // Braked, then rolled back.
    for (const order of [{ forceAllowed: false }, { forceAllowed: false, canary: null }]) {
      await apply({ epoch: order.canary === null ? 3 : 2, canaryBps: 0, ...order });
      for (const value of ['canary', 'v2']) {
        const { status, body } = await ask(`X-Version: ${value}`);
        expect([status, body.toString()]).toEqual([
          412,
          expect.stringContaining('names no version that this route has now'),
        ]);
      }
      expect(await versionFor('X-Version: stable')).toBe('v1');
      expect(await versionFor('X-Version: V1')).toBe('v1');
      expect(await versionFor('X-Version: ')).toBe('v1');
    }
    const asked = stable.counts().requests + canary.counts().requests;
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
    expect((await ask('X-Version: canary', ...upgrade)).status).toBe(412);
    expect(stable.counts().requests + canary.counts().requests).toBe(asked);
    expect((await gateway.collect('shop', null, 250)).blocks.every(({ forced }) => forced.canary.requests === 0)).toBe(
      true,
    );
  });

  it('is as if absent where it does not count, and where the route says so', async () => {
    const guarded = await split(
      { canary: null, forceAllowed: false },
      { forceRule: { from: ['10.0.0.0/8'], tokens: 'none' } },
    );
    expect(await guarded.versionFor('X-Version: canary')).toBe('v1');
    const ignoring = await split({ canary: null, forceAllowed: false }, { unfollowedForce: 'ignore' });
    expect(await ignoring.versionFor('X-Version: canary')).toBe('v1');
  });
});

describe('a sticky key', () => {
  it('of a header keeps everybody on one version, and only moves people to the canary as its weight rises', async () => {
    const { versionFor, apply } = await split({ canaryBps: 3_000 }, { sticky: { kind: 'header', name: 'x-user' } });
    const users = Array.from({ length: 60 }, (_, user) => `X-User: u${user}`);
    const versions = () => Promise.all(users.map((user) => versionFor(user)));
    const first = await versions();
    expect(new Set(first)).toEqual(new Set(['v1', 'v2']));
    expect(await versions()).toEqual(first);
    await apply({ epoch: 2, canaryBps: 7_000 });
    const later = await versions();
    expect(later.filter((_, user) => first[user] === 'v2').every((version) => version === 'v2')).toBe(true);
    await apply({ epoch: 3, canaryBps: 0 });
    expect(new Set(await versions())).toEqual(new Set(['v1']));
  });

  it('of a cookie is issued once, signed, and keeps its version', async () => {
    const { ask } = await split({ canaryBps: 5_000 }, { sticky: { kind: 'cookie', name: 'serin' } });
    for (let visitor = 0; visitor < 10; visitor++) {
      const first = await ask();
      const setCookie = fieldOf(first.headers, 'set-cookie') ?? '';
      expect(setCookie).toMatch(/^serin=\S+; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/);
      const cookie = setCookie.split(';')[0];
      for (let visit = 0; visit < 3; visit++) {
        const again = await ask(`Cookie: other=1; ${cookie}; last=2`);
        expect(fieldOf(again.headers, 'set-cookie')).toBeNull();
        expect(fieldOf(again.headers, 'x-serin-version')).toBe(fieldOf(first.headers, 'x-serin-version'));
      }
    }
  });

  it('of a cookie whose signature is wrong is as if absent: it cannot choose a version', async () => {
    const { ask } = await split({ canaryBps: 5_000 }, { sticky: { kind: 'cookie', name: 'serin' } });
    const genuine = (fieldOf((await ask()).headers, 'set-cookie') ?? '').split(';')[0] ?? '';
    for (const forged of [`x${genuine.slice(6)}`, genuine.slice(6, -1), 'mine', 'mine.', '.', 'a.b']) {
      const versions = await Promise.all(Array.from({ length: 24 }, () => ask(`Cookie: serin=${forged}`)));
      expect(versions.every(({ headers }) => fieldOf(headers, 'set-cookie') !== null)).toBe(true);
      expect(new Set(versions.map(({ headers }) => fieldOf(headers, 'x-serin-version'))).size).toBe(2);
    }
  });

  it('of the client address is the address behind the trusted proxies', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const route = routeTo(stable.url, { sticky: { kind: 'client-address' } });
    const gateway = await startGateway([route], { trustedProxies: ['127.0.0.0/8'] });
    await gateway.setSplit(orderTo(stable.url, canary.url, { canaryBps: 5_000 }));
    const versions = async (client: number) => {
      const asked = Array.from({ length: 4 }, (_, spoof) =>
        askRaw(gateway.port, get('/', `X-Forwarded-For: 6.6.6.${spoof}, 203.0.113.${client}`)),
      );
      return new Set((await Promise.all(asked)).map(({ headers }) => fieldOf(headers, 'x-serin-version')));
    };
    const all = await Promise.all(Array.from({ length: 20 }, (_, client) => versions(client)));
    expect(all.every((seen) => seen.size === 1)).toBe(true);
    expect(new Set(all.flatMap((seen) => [...seen])).size).toBe(2);
  });
});

describe('without a sticky key', () => {
  const ASKED = 48;
  /** How often the canary serves the same request. */
  async function canaries(
    { port }: { readonly port: number },
    lines: (asked: number) => readonly string[],
  ): Promise<number> {
    const versions = await Promise.all(
      Array.from({ length: ASKED }, async (_, asked) => {
        const { headers } = await askRaw(port, get('/', ...lines(asked)));
        return fieldOf(headers, 'x-serin-version');
      }),
    );
    return versions.filter((version) => version === 'v2').length;
  }
  // Of 48 fair draws fewer than 4 are the canary's, or more than 44, in one run of 10^9.
  const isOfBoth = (count: number) => count > 3 && count < ASKED - 3;
  const same = ['X-Request-Id: again', 'Cookie: serin=again', 'X-User: again', 'Authorization: Bearer again'];

  it('each request is drawn by the gateway: nothing that a client sends chooses its version', async () => {
    const { gateway } = await split({ canaryBps: 5_000 });
    expect(isOfBoth(await canaries(gateway, () => same))).toBe(true);
    // No id is better than another, either: of those that met the canary once, about half meet it again.
    const ids = Array.from({ length: ASKED }, (_, asked) => [`X-Request-Id: id-${asked}`]);
    expect(isOfBoth(await canaries(gateway, (asked) => ids[asked] ?? []))).toBe(true);
  });

  it.each([
    ['header', { kind: 'header', name: 'x-tenant' }],
    ['consumer', { kind: 'consumer' }],
  ] as const)('a request that lacks the %s of its route is drawn by the gateway as well', async (_, sticky) => {
    const route: Partial<GatewayRoute> = { sticky, consumerKey: { kind: 'header', name: 'x-api-key' } };
    const { gateway } = await split({ canaryBps: 5_000 }, route);
    expect(isOfBoth(await canaries(gateway, () => same))).toBe(true);
  });

  it('a request id of a trusted proxy chooses, so that what the proxy sends again goes where it went', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const gateway = await startGateway([routeTo(stable.url)], { trustedProxies: ['127.0.0.0/8'] });
    await gateway.setSplit(orderTo(stable.url, canary.url, { canaryBps: 5_000 }));
    expect([0, ASKED]).toContain(await canaries(gateway, () => ['X-Request-Id: again']));
    expect(isOfBoth(await canaries(gateway, (asked) => [`X-Request-Id: id-${asked}`]))).toBe(true);
    expect(isOfBoth(await canaries(gateway, () => []))).toBe(true);
    // Two ids in one header are none.
    expect(isOfBoth(await canaries(gateway, () => ['X-Request-Id: again', 'X-Request-Id: again']))).toBe(true);
  });

  it('a block says how its requests were assigned', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const user: GatewayRoute['sticky'] = { kind: 'header', name: 'x-user' };
    const routes = [
      routeTo(stable.url, { prefix: '/drawn' }),
      routeTo(stable.url, { name: 'kept', prefix: '/kept', sticky: user }),
    ];
    const gateway = await startGateway(routes, { trustedProxies: ['127.0.0.0/8'] });
    const assignments = async (route: string, epoch: number, ...ids: readonly string[]) => {
      await gateway.setSplit(orderTo(stable.url, canary.url, { route, epoch, canaryBps: 5_000 }));
      for (const id of ids)
        await askRaw(gateway.port, get(route === 'kept' ? '/kept' : '/drawn', `X-Request-Id: ${id}`));
      await gateway.setSplit(orderTo(stable.url, canary.url, { route, epoch: epoch + 1, canaryBps: 5_000 }));
      const { blocks } = await gateway.collect(route, null, 250);
      return blocks.filter(({ splitEpoch }) => splitEpoch === epoch).map(({ assignment }) => assignment);
    };
    expect(await assignments('shop', 1, 'a', 'b', 'c')).toEqual(['per-request']);
    expect(await assignments('shop', 3, 'd', 'b')).toEqual([undefined]);
    expect(await assignments('kept', 1, 'a', 'a')).toEqual(['by-key']);
  });
});

describe('a consumer list', () => {
  const route: Partial<GatewayRoute> = { consumerKey: { kind: 'header', name: 'authorization' } };
  const hash = (credential: string) => hashConsumerKey(SECRET, 'shop', credential);

  it('moves consumers without a restart', async () => {
    const { gateway, versionFor } = await split({ consumerDefault: 'stable' }, route);
    expect(await versionFor('Authorization: Bearer acme')).toBe('v1');
    await gateway.setConsumers('shop', new Map([[hash('acme'), 'canary']]));
    expect(await versionFor('Authorization: Bearer acme')).toBe('v2');
    expect(await versionFor('Authorization: Bearer other')).toBe('v1');
    expect(await versionFor()).toBe('v1');
    await gateway.setConsumers('shop', new Map());
    expect(await versionFor('Authorization: Bearer acme')).toBe('v1');
  });

  it('keeps a consumer on the stable while everybody else is on the canary', async () => {
    const { gateway, versionFor } = await split({ canaryBps: 10_000, consumerDefault: 'by-weight' }, route);
    await gateway.setConsumers('shop', new Map([[hash('acme'), 'stable']]));
    expect(await versionFor('Authorization: Bearer acme')).toBe('v1');
    expect(await versionFor('Authorization: Bearer other')).toBe('v2');
  });

  it('finds the credential in the query where the route says so', async () => {
    const key: Partial<GatewayRoute> = { consumerKey: { kind: 'query', name: 'api key' } };
    const { gateway } = await split({ consumerDefault: 'stable' }, key);
    await gateway.setConsumers('shop', new Map([[hash('ac/me'), 'canary']]));
    const answer = await askRaw(gateway.port, get('/?x=1&api%20key=ac%2Fme'));
    expect(fieldOf(answer.headers, 'x-serin-version')).toBe('v2');
  });

  it('is counted apart, as forced traffic is, and never in the comparison', async () => {
    const { gateway, apply, versionFor } = await split({ consumerDefault: 'by-weight' }, route);
    await gateway.setConsumers('shop', new Map([[hash('acme'), 'canary']]));
    await versionFor('Authorization: Bearer acme');
    await versionFor('X-Version: canary');
    await versionFor('X-Version: canary');
    await versionFor();
    await apply({ epoch: 2 });
    const [block] = (await gateway.collect('shop', null, 250)).blocks.filter(({ splitEpoch }) => splitEpoch === 1);
    expect(block?.ruled.canary.requests).toBe(1);
    expect(block?.forced.canary.requests).toBe(2);
    expect([block?.stable?.requests, block?.canary?.requests]).toEqual([1, 0]);
  });
});

describe('docs/failures.md: X-Forwarded-For spoofing', () => {
  it.each([
    ['an untrusted peer, no header', [], null, ['127.0.0.1', 'shop.test', 'http']],
    ['an untrusted peer that spoofs', [], '6.6.6.6', ['127.0.0.1', 'shop.test', 'http']],
    ['a trusted peer', ['127.0.0.1'], '203.0.113.9', ['203.0.113.9, 127.0.0.1', 'front.test', 'https']],
    [
      'a trusted network',
      ['127.0.0.0/8'],
      '6.6.6.6, 203.0.113.9',
      ['6.6.6.6, 203.0.113.9, 127.0.0.1', 'front.test', 'https'],
    ],
    ['a trusted network that is another', ['10.0.0.0/8', 'fd00::/8'], '6.6.6.6', ['127.0.0.1', 'shop.test', 'http']],
  ] as const)('%s', async (_name, trustedProxies, forwardedFor, seen) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { trustedProxies });
    const said =
      forwardedFor === null
        ? []
        : [
            `X-Forwarded-For: ${forwardedFor}`,
            'X-Forwarded-Host: front.test',
            'X-Forwarded-Proto: https',
            'Forwarded: for=6.6.6.6',
          ];
    const answer = await askRaw(gateway.port, get('/echo', ...said));
    const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
    const all = (name: string) =>
      rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
    expect(all('x-forwarded-for')).toEqual([seen[0]]);
    expect(all('x-forwarded-host')).toEqual([seen[1]]);
    expect(all('x-forwarded-proto')).toEqual([seen[2]]);
    expect(all('forwarded')).toEqual(seen[2] === 'https' ? ['for=6.6.6.6'] : []);
  });
});
