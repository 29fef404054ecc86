import { describe, expect, it } from 'vitest';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import type { PulledBrake, SplitOrder } from '../../src/split/order.ts';
import { unitDraws, unitOf, unitSaltOf } from '../../src/split/unit-draw.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';
import { cannedUpstream, closedPort, httpUpstream } from '../support/upstream.ts';

/** A gateway with a brake at 20, a stable of which 50 answers were seen, and then `canaryUrl` with everything. */
async function braking(canaryUrl: string, stableErrorRate = 0) {
  const stable = await startToy('v1', { errorRate: stableErrorRate });
  const brakes: [string, string][] = [];
  const gateway = await startGateway([routeTo(stable.url)], {
    onBrake: ({ route }, { reason }) => void brakes.push([route, reason]),
  });
  const apply = (epoch: number, canaryBps: number) =>
    gateway.setSplit(orderTo(stable.url, canaryUrl, { epoch, canaryBps, brakeAfter: 20 }));
  const ask = async (...lines: string[]) => {
    const answer = await askRaw(gateway.port, get('/', ...lines));
    return `${fieldOf(answer.headers, 'x-serin-version')} ${answer.status}`;
  };
  const askMany = (count: number, ...lines: string[]) =>
    Promise.all(Array.from({ length: count }, () => ask(...lines)));
  await apply(1, 0);
  await askMany(50);
  await apply(2, 10_000);
  return { gateway, stable, brakes, ask, askMany };
}

describe('docs/semantics.md: the brake', () => {
  it.each([
    ['refuses connections', async () => `http://127.0.0.1:${await closedPort()}`, 502],
    [
      'answers 500',
      async () => (await using(cannedUpstream('HTTP/1.1 500 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))).url,
      500,
    ],
  ])('sends everything to the stable after 20 failures in a row of a canary that %s', async (_name, canary, status) => {
    const { gateway, brakes, ask, askMany } = await braking(await canary());
    expect(new Set(await askMany(20))).toEqual(new Set([`v2 ${status}`]));
    expect(new Set(await askMany(20))).toEqual(new Set(['v1 200']));
    expect(await ask('X-Version: canary')).toBe('null 412');
    expect(brakes).toEqual([
      ['shop', "20 requests in a row failed on the canary, while 50 of the stable's last 50 succeeded"],
    ]);
    expect((await gateway.appliedSplit('shop'))?.epoch).toBe(2);
  });

  it('keeps the blocks before and after it apart', async () => {
    const { gateway, stable, askMany } = await braking(`http://127.0.0.1:${await closedPort()}`);
    await askMany(20);
    await askMany(5);
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 3 }));
    const blocks = (await gateway.collect('shop', null, 250)).blocks.filter(({ splitEpoch }) => splitEpoch === 2);
    expect(blocks.map(({ canaryBps, stable: s, canary: c }) => [canaryBps, s?.requests, c?.requests])).toEqual([
      [10_000, 0, 20],
      [0, 5, 0],
    ]);
  });

  it('does not act on forced traffic, nor on what the client broke off', async () => {
    const { brakes, askMany } = await braking(`http://127.0.0.1:${await closedPort()}`);
    expect(new Set(await askMany(40, 'X-Version: canary'))).toEqual(new Set(['v2 502']));
    expect(brakes).toEqual([]);
  });

  it('does not act while the stable fails as well', async () => {
    const { brakes, askMany } = await braking(`http://127.0.0.1:${await closedPort()}`, 1);
    expect(new Set(await askMany(40))).toEqual(new Set(['v2 502']));
    expect(brakes).toEqual([]);
  });

  it('is released by the next order', async () => {
    const { gateway, stable, ask, askMany } = await braking(`http://127.0.0.1:${await closedPort()}`);
    await askMany(20);
    const canary = await startToy('v3');
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 3, canaryBps: 10_000, brakeAfter: 20 }));
    expect(await ask()).toBe('v2 200');
  });
});

/** Answers 500 to whoever's user begins with `bad`. */
const choosy = () =>
  using(
    httpUpstream(({ headers }, outgoing) => {
      outgoing.writeHead(String(headers['x-user']).startsWith('bad') ? 500 : 200).end();
    }),
  );

/** Two versions that are alike, at 50 %, and how to ask them as a user whose answers are 500 by either. */
async function alike(sticky: GatewayRoute['sticky']) {
  const [{ url }, canary] = [await choosy(), await choosy()];
  const reasons: string[] = [];
  const gateway = await startGateway([routeTo(url, { sticky })], {
    trustedProxies: ['127.0.0.1'],
    onBrake: (_, { reason }) => void reasons.push(reason),
  });
  await gateway.setSplit(orderTo(url, canary.url, { canaryBps: 5_000, brakeAfter: 20 }));
  const ask = async (user: string, ...lines: string[]) => {
    const answer = await askRaw(gateway.port, get('/', `X-User: ${user}`, ...lines));
    return `${fieldOf(answer.headers, 'x-serin-version')} ${answer.status}`;
  };
  /** Enough for the stable to be known as well, and for no row to be there. */
  const askWell = async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, user) => ask(`good-${user}`)));
    expect(new Set(answers)).toEqual(new Set(['v1 200', 'v2 200']));
  };
  return { reasons, ask, askWell };
}

describe('docs/semantics.md: the brake, where requests are drawn together', () => {
  /** Users whose requests fail, and are the canary's. */
  async function badOnCanary(ask: (user: string) => Promise<string>, count: number): Promise<readonly string[]> {
    const users: string[] = [];
    for (let user = 0; users.length < count; user++) {
      if ((await ask(`bad-${user}`)) === 'v2 500') users.push(`bad-${user}`);
    }
    return users;
  }

  it('one client that fails by either version does not pull it, however long the row', async () => {
    const { reasons, ask, askWell } = await alike({ kind: 'header', name: 'x-user' });
    const [bad = ''] = await badOnCanary(ask, 1);
    await askWell();
    for (let request = 0; request < 100; request++) expect(await ask(bad)).toBe('v2 500');
    expect(reasons).toEqual([]);
  });

  it('five keys do, with 20 failures in a row', async () => {
    const { reasons, ask, askWell } = await alike({ kind: 'header', name: 'x-user' });
    const bad = await badOnCanary(ask, 5);
    await askWell();
    for (let request = 0; request < 20; request++) expect(await ask(bad[request % 5] ?? '')).toBe('v2 500');
    expect(reasons).toEqual([expect.stringMatching(/^20 requests in a row, of at least 5 different keys, failed/)]);
    expect(await ask(bad[0] ?? '')).toBe('v1 500');
  });

  it('a request that a trusted proxy sends again and again counts once', async () => {
    const { reasons, ask, askWell } = await alike({ kind: 'request' });
    await askWell();
    let id = 0;
    while ((await ask('good', `X-Request-Id: again-${id}`)) !== 'v2 200') id++;
    for (let request = 0; request < 60; request++) {
      expect(await ask('bad', `X-Request-Id: again-${id}`)).toBe('v2 500');
    }
    expect(reasons).toEqual([]);
  });
});

describe('docs/semantics.md: the brake, where the canary serves few keys', () => {
  const empty = (status: string) => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

  /** A sticky route at 10 % whose stable is well, and users whose keys are the canary's. */
  async function fewKeys(canaryUrl: string, stableUrl?: string) {
    const stable = stableUrl ?? (await startToy('v1')).url;
    const brakes: PulledBrake[] = [];
    let aheadMs = 0;
    const gateway = await startGateway([routeTo(stable, { sticky: { kind: 'header', name: 'x-user' } })], {
      now: () => Date.now() + aheadMs,
      onBrake: (_, brake) => void brakes.push(brake),
    });
    const ask = async (user: string) => {
      const answer = await askRaw(gateway.port, get('/', `X-User: ${user}`));
      return `${fieldOf(answer.headers, 'x-serin-version')} ${answer.status}`;
    };
    const askMany = async (user: string, count: number) => {
      const answers: string[] = [];
      for (let request = 0; request < count; request++) answers.push(await ask(user));
      return answers;
    };
    const split = { canaryBps: 1_000, brakeAfter: 20, attempt: 1 };
    const apply = (epoch: number, more: Partial<SplitOrder> = {}) =>
      gateway.setSplit(orderTo(stable, canaryUrl, { ...split, epoch, ...more }));
    await apply(1);
    const draws = unitDraws('shop', 'v2', 1);
    const users = (isCanarys: boolean, count: number, prefix: string) =>
      Array.from({ length: 1_000 }, (_, user) => `${prefix}-${user}`)
        .filter((user) => (draws[unitOf(unitSaltOf('shop'), user)] ?? 1) < 0.1 === isCanarys)
        .slice(0, count);
    for (const user of users(false, 9, 'good')) await askMany(user, 6);
    // No trial begins before that.
    aheadMs = 10_000;
    return { gateway, stable, brakes, ask, askMany, apply, users };
  }

  it.each([
    ['refuses connections', async () => `http://127.0.0.1:${await closedPort()}`, 1, 'v2 502', 'canary'],
    ['answers 500 to one key', async () => (await using(cannedUpstream(empty('500 X')))).url, 1, 'v2 500', 'nobody'],
    ['answers 500 to three keys', async () => (await using(cannedUpstream(empty('500 X')))).url, 3, 'v2 500', 'canary'],
    ['answers nonsense', async () => (await using(cannedUpstream('HTTQ\r\n\r\n'))).url, 2, 'v2 502', 'nobody'],
  ] as const)(
    'a canary that %s is off after 20 failures, seven of each key',
    async (_name, canary, keys, failing, blames) => {
      const { ask, askMany, brakes, users, gateway } = await fewKeys(await canary());
      const own = users(true, keys, 'user');
      const row = Math.max(20, 7 * keys);
      for (let request = 0; request < row; request++) expect(await ask(own[request % keys] ?? '')).toBe(failing);
      for (let request = 0; request < 20; request++) expect(await ask(own[request % keys] ?? '')).toBe('v1 200');
      expect(brakes).toMatchObject([{ blames }]);
      expect(await askMany(own[0] ?? '', 40)).toEqual(Array.from({ length: 40 }, () => 'v1 200'));
      const { blocks } = await gateway.collect('shop', null, 250);
      expect(blocks.reduce((sum, { canary: of }) => sum + (of?.requests ?? 0), 0)).toBe(row);
    },
  );

  it('one client that fails by either version is tried once, and the canary has its weight again', async () => {
    const [stable, canary] = [await choosy(), await choosy()];
    const { gateway, ask, askMany, brakes, users } = await fewKeys(canary.url, stable.url);
    const [bad = ''] = users(true, 1, 'bad');
    const [well = ''] = users(true, 1, 'user');
    expect(await askMany(bad, 20)).toEqual(Array.from({ length: 20 }, () => 'v2 500'));
    expect(await ask(bad)).toBe('v1 500');
    expect(await gateway.appliedSplit('shop')).toMatchObject({ epoch: 1, onTrial: true });
    expect(await ask(bad)).toBe('v1 500');
    expect(await gateway.appliedSplit('shop')).toEqual({ epoch: 1, since: expect.any(Number) });
    expect(new Set(await askMany(bad, 60))).toEqual(new Set(['v2 500']));
    expect(await ask(well)).toBe('v2 200');
    expect(brakes).toEqual([]);
  });

  it('an order that comes during the trial is what holds, and so is a way to the stable', async () => {
    const canary = await using(cannedUpstream(empty('500 X')));
    const { gateway, ask, askMany, apply, brakes, users } = await fewKeys(canary.url);
    const [user = ''] = users(true, 1, 'user');
    await askMany(user, 20);
    expect(await ask(user)).toBe('v1 200');
    await apply(2);
    expect(await askMany(user, 20)).toEqual(Array.from({ length: 20 }, () => 'v2 500'));
    await gateway.toStable({ route: 'shop', rolloutId: orderTo('', null).rolloutId, epoch: 2 });
    expect(new Set(await askMany(user, 40))).toEqual(new Set(['v1 200']));
    expect(brakes).toEqual([]);
  });
});
