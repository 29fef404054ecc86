import { Agent, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { orderTo, routeTo, startGateway, startToy } from '../support/gateway.ts';

/** One request on a kept connection: its status and the version that answered. */
function ask(port: number, agent: Agent): Promise<{ readonly status: number; readonly version: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path: '/', agent }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, version: String(answer.headers['x-serin-version']) }),
      );
    });
    asked.once('error', reject);
    asked.end();
  });
}

describe('100 split changes a second under load', () => {
  it('answer every request exactly once, each block under one split, and weight 0 gets exactly none', async () => {
    const stable = await startToy('v1', { p50Ms: 3, p99Ms: 12 });
    const canary = await startToy('v2', { p50Ms: 3, p99Ms: 12 });
    const gateway = await startGateway([routeTo(stable.url)]);
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());

    let epoch = 0;
    const change = async (canaryBps: number) =>
      await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: ++epoch, canaryBps }));
    await change(0);
    const versions = { v1: 0, v2: 0 };
    const client = async () => {
      while (epoch < 150) {
        const { status, version } = await ask(gateway.port, agent);
        expect(status).toBe(200);
        versions[version as 'v1' | 'v2']++;
      }
    };
    const changes = setInterval(() => void change([0, 2_500, 10_000][epoch % 3] ?? 0), 10);
    await Promise.all(Array.from({ length: 16 }, client));
    clearInterval(changes);

    expect(epoch).toBeGreaterThan(100);
    expect(stable.counts().requests).toBe(versions.v1);
    expect(canary.counts().requests).toBe(versions.v2);
    expect(versions.v2).toBeGreaterThan(0);

    await change(0);
    const { blocks } = await gateway.collect('shop', null, 250);
    const sum = (track: 'stable' | 'canary') => blocks.reduce((all, block) => all + (block[track]?.requests ?? 0), 0);
    expect(sum('stable')).toBe(versions.v1);
    expect(sum('canary')).toBe(versions.v2);
    const none = blocks.filter(({ canaryBps }) => canaryBps === 0);
    const all = blocks.filter(({ canaryBps }) => canaryBps === 10_000);
    expect(none.length).toBeGreaterThan(30);
    expect(none.every(({ canary }) => (canary?.requests ?? 0) === 0)).toBe(true);
    expect(all.every((block) => block.stable?.requests === 0)).toBe(true);

    const before = canary.counts().requests;
    await Promise.all(Array.from({ length: 100 }, () => ask(gateway.port, agent)));
    expect(canary.counts().requests).toBe(before);
  });
});

describe('a split order', () => {
  it('of an older or the same epoch changes nothing', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const gateway = await startGateway([routeTo(stable.url)]);
    expect(await gateway.appliedSplit('shop')).toBeNull();
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 5, canaryBps: 10_000 }));
    const applied = await gateway.appliedSplit('shop');
    expect(applied?.epoch).toBe(5);
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 5, canaryBps: 0 }));
    await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 4, canaryBps: 0 }));
    expect(await gateway.appliedSplit('shop')).toEqual(applied);
    const agent = new Agent();
    expect((await ask(gateway.port, agent)).version).toBe('v2');
  });

  it('that takes the canary away lets its open requests end there', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2', { p50Ms: 150, p99Ms: 150 });
    const gateway = await startGateway([routeTo(stable.url)]);
    await gateway.setSplit(orderTo(stable.url, canary.url, { canaryBps: 10_000 }));
    const agent = new Agent();
    const open = ask(gateway.port, agent);
    await expect.poll(() => canary.counts().requests).toBe(1);
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 2 }));
    expect((await ask(gateway.port, agent)).version).toBe('v1');
    expect(await open).toEqual({ status: 200, version: 'v2' });
  });

  it('of a rollout that was sent to the stable gives its canary nothing, however late it comes', async () => {
    const stable = await startToy('v1');
    const canary = await startToy('v2');
    const gateway = await startGateway([routeTo(stable.url)]);
    const order = (epoch: number, rolloutId: string) =>
      orderTo(stable.url, canary.url, { epoch, rolloutId, canaryBps: 10_000 });
    const agent = new Agent();
    const served = async () => (await ask(gateway.port, agent)).version;
    await gateway.setSplit(order(1, 'one'));
    await gateway.toStable(order(1, 'one'));
    await gateway.setSplit(order(2, 'one'));
    expect([await served(), (await gateway.appliedSplit('shop'))?.epoch]).toEqual(['v1', 2]);
    await gateway.setSplit(order(4, 'two'));
    expect(await served()).toBe('v2');
    // Of a rollout that is over.
    await gateway.toStable(order(2, 'one'));
    expect(await served()).toBe('v2');
    // Before the order of the rollout that is meant.
    await gateway.toStable(order(6, 'three'));
    expect(await served()).toBe('v1');
    await gateway.setSplit(order(6, 'three'));
    expect(await served()).toBe('v1');
  });
});
