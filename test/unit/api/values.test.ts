import { describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { MOST_POSTED } from '../../../src/stats/answers/posted-value.ts';
import { fakeControl, TOKENS } from '../../support/fake-control.ts';

const app = controlApi(fakeControl(), { now: () => 0 });
const score = (requestId: string, value: number) => ({ requestId, name: 'score', value });

async function post(body: unknown, token = TOKENS.operator) {
  const answer = await app.request('/api/v1/values', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as { errors?: readonly { pointer: string }[] } };
}

describe('POST /values', () => {
  it('says what became of each, in their order, and how many of each there were', async () => {
    const values = [score('a', 0.9), score('a', 0.8), score('b', 0)];
    expect(await post({ route: 'payments', values })).toEqual({
      status: 200,
      body: {
        route: 'payments',
        counts: {
          counted: 2,
          twice: 1,
          late: 0,
          'unknown-request': 0,
          'ambiguous-request': 0,
          'unknown-value': 0,
          unusable: 0,
        },
        values: [
          { requestId: 'a', name: 'score', outcome: 'counted' },
          { requestId: 'a', name: 'score', outcome: 'twice' },
          { requestId: 'b', name: 'score', outcome: 'counted' },
        ],
      },
    });
  });

  it('takes what is no number for that item alone', async () => {
    const item = (value: string) => `{"requestId":"r-${value.length}","name":"score","value":${value}}`;
    const { status, body } = await post(
      `{"route":"payments","values":[${['1e400', 'null', '"a"', '0.25'].map(item).join()}]}`,
    );
    expect([status, body]).toMatchObject([200, { counts: { counted: 1, unusable: 3 } }]);
  });

  it('refuses NaN, which is no JSON, and counts nothing of the batch', async () => {
    expect((await post('{"route":"payments","values":[{"requestId":"a","name":"score","value":NaN}]}')).status).toBe(
      400,
    );
  });

  it.each<[string, object, string]>([
    ['no values', { values: [] }, '#/values'],
    ['too many', { values: Array.from({ length: MOST_POSTED + 1 }, () => score('a', 1)) }, '#/values'],
    ['no id', { values: [{ name: 'score', value: 1 }] }, '#/values/0/requestId'],
    ['an id with a line break', { values: [score('a\n', 1)] }, '#/values/0/requestId'],
    ['a key too many', { values: [{ ...score('a', 1), unit: 'ms' }] }, '#/values/0/unit'],
  ])('refuses %s, with its place', async (_, part, pointer) => {
    const { status, body } = await post({ route: 'payments', ...part });
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer]);
  });

  it('refuses a viewer, another route, and more than a body may have', async () => {
    const body = { route: 'payments', values: [score('a', 1)] };
    expect((await post(body, TOKENS.viewer)).status).toBe(403);
    expect((await post({ ...body, route: 'nowhere' })).status).toBe(404);
    expect((await post(`{"route":"payments","values":[],"x":"${'x'.repeat(300_000)}"}`)).status).toBe(413);
  });

  it('takes the longest batch', async () => {
    const values = Array.from({ length: MOST_POSTED }, (_, at) => ({
      requestId: `${at}`.padStart(128, 'x'),
      name: 'n'.repeat(63),
      value: 0.1234567890123456,
    }));
    expect(await post({ route: 'payments', values })).toMatchObject({
      status: 200,
      body: { counts: { counted: MOST_POSTED } },
    });
  });
});
