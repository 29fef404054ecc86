import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';
import { cannedUpstream, closedPort } from '../support/upstream.ts';

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
