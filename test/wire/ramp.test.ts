import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, get } from '../support/raw-client.ts';

async function ramped(over: { readonly since: number; readonly ms: number }) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const gateway = await startGateway([routeTo(stable.url)]);
  const ramp = { fromBps: 1_000, ...over };
  await gateway.setSplit(orderTo(stable.url, canary.url, { epoch: 7, rolloutId: 'r', canaryBps: 5_000, ramp }));
  /** The weights of the blocks so far, each once. */
  const weights = async () => {
    const { blocks } = await gateway.peek('shop', null, 250);
    const present = blocks.filter(({ splitEpoch }) => splitEpoch === 7);
    return [...new Set(present.map(({ canaryBps }) => canaryBps))];
  };
  return { gateway, stable, canary, weights };
}

describe('docs/semantics.md: a ramp', () => {
  it('moves the weight by itself, one block for each, under the epoch of the order', async () => {
    const { gateway, stable, weights } = await ramped({ since: Date.now(), ms: 2_000 });
    for (let requests = 0; requests < 20; requests += 1) await askRaw(gateway.port, get('/'));
    expect(await gateway.appliedSplit('shop')).toMatchObject({ epoch: 7 });
    await expect.poll(weights, { timeout: 5_000 }).toEqual([3_000]);
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 8 }));
    expect(await weights()).toEqual([3_000, 5_000]);
  });

  it('that began long ago is over', async () => {
    const { gateway, stable, weights } = await ramped({ since: Date.now() - 60_000, ms: 30_000 });
    await askRaw(gateway.port, get('/'));
    await gateway.setSplit(orderTo(stable.url, null, { epoch: 8 }));
    expect(await weights()).toEqual([5_000]);
  });

  it('gives a canary nothing that was sent to the stable meanwhile', async () => {
    const { gateway, canary, weights } = await ramped({ since: Date.now(), ms: 2_000 });
    await gateway.toStable({ route: 'shop', rolloutId: 'r', epoch: 7 });
    const before = canary.counts().requests;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    for (let requests = 0; requests < 40; requests += 1) await askRaw(gateway.port, get('/'));
    expect(canary.counts().requests).toBe(before);
    expect(await weights()).not.toContain(5_000);
  });
});
