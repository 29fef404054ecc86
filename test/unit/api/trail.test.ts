import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { trailViewSchema } from '../../../src/api/views/trail-view.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';
import { T0 } from '../../support/rollouts.ts';
import { trailRowOf } from '../../support/trail-rows.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;
let id: string;

function ask(path: string, method = 'GET', body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return Promise.resolve(app.request(`/api/v1/rollouts${path}`, { method, headers, ...sent }));
}

beforeEach(async () => {
  control = fakeControl();
  app = controlApi(control);
  const started = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'release 2' };
  id = ((await (await ask('', 'POST', started)).json()) as RolloutView).id;
});

describe('GET /rollouts/{id}/trail', () => {
  it('answers columns of equal length, oldest first', async () => {
    control.leave(id, [
      trailRowOf({ at: T0, checks: { errors: 1 }, canary: null }),
      trailRowOf({ at: T0 + 5_000, everyMs: 5_100, bps: 500, logHarm: null, checks: { p99: 2, errors: null } }),
    ]);
    const answer = await ask(`/${id}/trail`);
    expect(answer.status).toBe(200);
    const trail = await answer.json();
    expect(trail).toEqual({
      at: [T0, T0 + 5_000],
      everyMs: [5_000, 5_100],
      bps: [1_000, 500],
      logHarm: [-0.555, null],
      logParityWeakest: [1.181, 1.181],
      canary: { n: [null, 284], x: [null, 0], p50: [null, 19.5], p95: [null, 62.724], p99: [null, 115.889] },
      stable: {
        n: [2_679, 2_679],
        x: [7, 7],
        p50: [20.693, 20.693],
        p95: [56.811, 56.811],
        p99: [81.141, 81.141],
      },
      checks: { errors: [1, null], p99: [null, 2] },
    });
    expect(trailViewSchema.parse(trail)).toEqual(trail);
  });

  it('answers empty columns for a rollout that no look has been at', async () => {
    const none = { n: [], x: [], p50: [], p95: [], p99: [] };
    const empty = { at: [], everyMs: [], bps: [], logHarm: [], logParityWeakest: [], checks: {} };
    expect(await (await ask(`/${id}/trail`)).json()).toEqual({ ...empty, canary: none, stable: none });
  });

  it.each(['019ac000-0000-7000-8000-000000000099', 'payments'])('answers 404 for %s', async (unknown) => {
    const answer = await ask(`/${unknown}/trail`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'not-found' }]);
  });
});
