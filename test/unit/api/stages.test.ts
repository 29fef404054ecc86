import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { type FakeControl, fakeControl, TOKENS } from '../../support/fake-control.ts';
import { policyOf, T0 } from '../../support/rollouts.ts';

const STEPS = [{ consumers: 'listed', dwell: '1m' } as const, { weight: '50%', dwell: '2m' }];

let control: FakeControl;
let app: ReturnType<typeof controlApi>;
let id: string;

function ask(path: string, method = 'GET', body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return Promise.resolve(app.request(`/api/v1/rollouts${path}`, { method, headers, ...sent }));
}

beforeEach(async () => {
  control = fakeControl(policyOf({ steps: STEPS, internal: { dwell: '10s' }, bake: { dwell: '3m' } }));
  app = controlApi(control);
  const started = { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'release 2' };
  id = ((await (await ask('', 'POST', started)).json()) as RolloutView).id;
});

describe('stages of a rollout', () => {
  const stages = async () => ((await (await ask(`/${id}`)).json()) as RolloutView).stages;

  it('have their weight and dwell, and nothing of what is not known', async () => {
    const unseen = { enteredAt: null, leftAt: null, canaryRequests: null, stableRequests: null };
    expect(await stages()).toEqual([
      { name: 'internal', label: 'internal', weightBps: null, needMs: 10_000, ...unseen },
      { name: 'step-1', label: 'consumers', weightBps: null, needMs: 60_000, ...unseen },
      { name: 'step-2', label: '50%', weightBps: 5_000, needMs: 120_000, ...unseen },
      { name: 'bake', label: 'bake', weightBps: 10_000, needMs: 180_000, ...unseen },
      { name: 'promoted', label: 'promoted', weightBps: 10_000, needMs: 0, ...unseen },
    ]);
  });

  it('have their times and requests once they are entered', async () => {
    control.happen(id, { kind: 'preflightPassed' });
    const internal = {
      stage: 'internal',
      enteredAt: T0,
      leftAt: T0 + 1_500,
      splitEpoch: 2,
      canaryRequests: 5,
      stableRequests: 60,
    };
    const step = {
      stage: 'step-1',
      enteredAt: T0 + 1_500,
      leftAt: null,
      splitEpoch: 3,
      canaryRequests: 0,
      stableRequests: null,
    };
    control.see(id, { past: [internal, step] });
    const [first, second, third] = await stages();
    expect(first).toMatchObject({
      enteredAt: '2026-01-01T00:00:00.000Z',
      leftAt: '2026-01-01T00:00:01.500Z',
      canaryRequests: 5,
      stableRequests: 60,
    });
    expect(second).toMatchObject({ enteredAt: '2026-01-01T00:00:01.500Z', leftAt: null });
    expect(second).toMatchObject({ canaryRequests: 0, stableRequests: null });
    expect(third).toMatchObject({ enteredAt: null, canaryRequests: null });
  });

  it('need what the present one was extended by', async () => {
    control.happen(id, { kind: 'preflightPassed' });
    await ask(`/${id}/extend`, 'POST', { by: '30s', reason: 'not yet' });
    expect((await stages()).map(({ needMs }) => needMs)).toEqual([40_000, 60_000, 120_000, 180_000, 0]);
  });
});
