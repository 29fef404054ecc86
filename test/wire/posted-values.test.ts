import { describe, expect, it } from 'vitest';
import { valueBucket } from '../../src/stats/answers/value-grid.ts';
import { orderTo, type RunningGateway } from '../support/gateway.ts';
import { foundIn, foundOnce, NOTHING, readingGateway, type Serve } from '../support/read-answers.ts';

const SCORED = { values: { score: { posted: true }, queries: { header: 'x-queries' } } } as const;

/** A gateway and the ids that its upstream was sent. */
async function scoredGateway(serve: Serve = (_, outgoing) => outgoing.end('ok')) {
  const ids: string[] = [];
  const gateway = await readingGateway(SCORED, (incoming, outgoing) => {
    ids.push(String(incoming.headers['x-request-id']));
    return serve(incoming, outgoing);
  });
  const ask = async (headers: Readonly<Record<string, string>> = {}) => {
    await (await fetch(`${gateway.url}/a`, { headers })).text();
    return ids.at(-1) ?? '';
  };
  return { gateway, ids, ask, post: (requestId: string, value: unknown = 0.9) => postTo(gateway, requestId, value) };
}

async function postTo(gateway: RunningGateway, requestId: string, value: unknown) {
  return (await gateway.postValues('shop', [{ requestId, name: 'score', value }]))[0];
}

/** What a score becomes once the gateway has seen the end of the answer, which its client may see first. */
function postedOnce(gateway: RunningGateway, requestId: string, value: number) {
  return expect.poll(() => postTo(gateway, requestId, value), { timeout: 10_000, interval: 5 });
}

describe('a value that is posted', () => {
  it('counts for the version that answered, by the id that its upstream was sent', async () => {
    const { gateway, ask, post } = await scoredGateway();
    const first = await ask();
    const second = await ask({ 'x-request-id': 'given-by-the-client' });
    expect(second).toBe('given-by-the-client');
    await postedOnce(gateway, first, 0.9).toBe('counted');
    await postedOnce(gateway, second, 0).toBe('counted');
    expect([await post(first), await post('never-was')]).toEqual(['twice', 'unknown-request']);
    const { values = {} } = await foundOnce(gateway, ({ values: found }) => found?.['score']?.asked === 2);
    // Nobody posted anything of the rest: they are not asked, and not missing.
    expect(values['score']).toEqual({
      asked: 2,
      missing: 0,
      unusable: 0,
      counts: { [valueBucket(0.9) ?? -1]: 1, 0: 1 },
    });
  });

  it('counts in a later block of the same split, and not after it', async () => {
    const { gateway, ask, post } = await scoredGateway();
    const [late, later] = [await ask(), await ask()];
    await foundOnce(gateway, ({ requests }) => requests === 2);
    expect(await post(late)).toBe('counted');
    await foundOnce(gateway, ({ values }) => values?.['score']?.asked === 1);
    const { stable } = orderTo('http://127.0.0.1:1', null);
    const measure = { blockMs: 20, errorStatuses: ['5xx' as const], reads: { ...NOTHING, ...SCORED } };
    await gateway.setSplit(orderTo(stable.url, stable.url, { epoch: 2, canaryBps: 5_000, measure }));
    expect(await post(later)).toBe('late');
    expect((await foundIn(gateway)).values?.['score']?.asked).toBe(1);
  });

  it('counts for no answer that is an error, a 4xx or broken off', async () => {
    const { ask, post, gateway } = await scoredGateway(({ headers }, outgoing) => {
      if (headers['x-break'] !== undefined) {
        outgoing.writeHead(200, { 'content-length': '100' }).write('half');
        setTimeout(() => outgoing.destroy(), 20);
      } else outgoing.writeHead(Number(headers['x-status'] ?? 200)).end();
    });
    const errors = [await ask({ 'x-status': '503' }), await ask({ 'x-status': '404' })];
    await expect(ask({ 'x-break': '1', 'x-request-id': 'broken' })).rejects.toThrow('terminated');
    await foundOnce(gateway, ({ requests }) => requests === 3);
    for (const id of [...errors, 'broken']) expect(await post(id)).toBe('unknown-request');
  });

  it('counts for none of the requests of a client that gives them all one id', async () => {
    const { gateway, ask, post } = await scoredGateway();
    await ask({ 'x-request-id': 'always' });
    await ask({ 'x-request-id': 'always' });
    await foundOnce(gateway, ({ requests }) => requests === 2);
    expect(await post('always')).toBe('ambiguous-request');
  });

  it('is waited for only while the order asks for it', async () => {
    const { gateway, ask, post } = await scoredGateway();
    const id = await ask();
    await foundOnce(gateway, ({ requests }) => requests === 1);
    await gateway.setSplit(orderTo('http://127.0.0.1:1', null, { epoch: 2 }));
    expect(await post(id)).toBe('unknown-value');
  });
});
