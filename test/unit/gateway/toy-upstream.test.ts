import { describe, expect, it } from 'vitest';
import { startToy } from '../../support/gateway.ts';

describe('the toy upstream', () => {
  it('answers with its version and the path, and /healthz always with 200', async () => {
    const toy = await startToy('v7', { errorRate: 1 });
    expect(await (await fetch(`${toy.url}/a/b?c`)).json()).toEqual({ version: 'v7', path: '/a/b?c' });
    expect((await fetch(`${toy.url}/healthz`)).status).toBe(200);
    expect(toy.counts()).toEqual({ requests: 1, errors: 1 });
  });

  it('draws the same errors from the same seed, at the rate it was given', async () => {
    const statuses = async (seed: number) => {
      const toy = await startToy('v1', { errorRate: 0.3, seed });
      const seen: number[] = [];
      for (let request = 0; request < 100; request++) {
        const answer = await fetch(toy.url);
        await answer.body?.cancel();
        seen.push(answer.status);
      }
      return seen;
    };
    const first = await statuses(5);
    expect(await statuses(5)).toEqual(first);
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(15);
    expect(first.filter((status) => status === 500).length).toBeLessThan(45);
  });

  it('changes its behaviour while it runs', async () => {
    const toy = await startToy('v1');
    expect((await fetch(toy.url)).status).toBe(200);
    toy.setBehaviour({ errorRate: 1 });
    expect((await fetch(toy.url)).status).toBe(500);
  });
});
