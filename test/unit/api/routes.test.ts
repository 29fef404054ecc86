import { beforeEach, describe, expect, it } from 'vitest';
import type { RouteStanding } from '../../../src/api/control.ts';
import { controlApi } from '../../../src/api/control-api.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import { type FakeControl, fakeControl, TOKENS, verdictOf } from '../../support/fake-control.ts';
import { T0 } from '../../support/rollouts.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

const standingOf = (more: Partial<RouteStanding> = {}): RouteStanding => ({
  name: 'payments',
  host: null,
  path: '/api/payments',
  stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
  policy: 'standard',
  router: 'gateway',
  split: { epoch: 3, since: T0 },
  traffic: { perSecond: 17.5049, stable: [null, 1_000, 0], canary: [null, 50, 0] },
  running: null,
  force: { header: 'x-serin-version', value: 'canary', from: null, tokens: 'none' },
  lastEnded: null,
  ...more,
});

async function routes(query = ''): Promise<unknown> {
  const headers = { authorization: `Bearer ${TOKENS.viewer}` };
  const answer = await app.request(`/api/v1/routes${query}`, { headers });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe('GET /routes', () => {
  it('has every route in the order of the file, with its traffic', async () => {
    const elsewhere = standingOf({
      name: 'search',
      path: null,
      router: 'none',
      split: null,
      traffic: { perSecond: null, stable: [null], canary: [null] },
    });
    control.mood.routes = [standingOf(), elsewhere];
    expect(await routes()).toEqual([
      {
        name: 'payments',
        host: null,
        path: '/api/payments',
        stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
        policy: 'standard',
        router: 'gateway',
        split: { epoch: 3, since: '2026-01-01T00:00:00.000Z', onTrial: false },
        traffic: { perSecond: 17.5, stable: [null, 1_000, 0], canary: [null, 50, 0] },
        rollout: null,
        force: { header: 'x-serin-version', value: 'canary', from: null, tokens: 'none' },
        lastEnded: null,
      },
      expect.objectContaining({
        name: 'search',
        path: null,
        split: null,
        traffic: { perSecond: null, stable: [null], canary: [null] },
      }),
    ]);
  });

  it('leaves out the points where they are not wanted', async () => {
    control.mood.routes = [standingOf()];
    expect(await routes('?series=false')).toMatchObject([{ traffic: { perSecond: 17.5 } }]);
    expect(await routes('?series=false')).not.toMatchObject([{ traffic: { stable: expect.anything() } }]);
    expect(await routes('?series=true')).toMatchObject([{ traffic: { canary: [null, 50, 0] } }]);
  });

  it.each(['?series=no', '?route=payments'])('refuses %s', async (query) => {
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    expect((await app.request(`/api/v1/routes${query}`, { headers })).status).toBe(422);
  });

  it('says what runs, and what only a person can do about it', async () => {
    const by = { name: 'ada', role: 'operator' } as const;
    const asked = {
      route: 'payments',
      canaryUrl: 'http://127.0.0.1:9002/',
      replace: false,
      force: false,
      reason: 'v2',
    };
    const { id } = (await control.rollouts.start(asked, by)).record.rollout;
    control.happen(id, { kind: 'preflightPassed' });
    control.happen(id, { kind: 'internalPassed', reason: 'enough forced requests' });
    control.mood.routes = [standingOf()];
    const running = { id, version: 'v2', stage: 'step-1', canaryWeight: '10%', canaryBps: 1_000 };
    expect(await routes()).toMatchObject([{ rollout: { ...running, verdict: null, waitsFor: [], openPage: null } }]);
    control.see(id, { verdict: verdictOf() });
    await control.rollouts.override(id, { kind: 'paused' }, by, 'lunch', null);
    expect(await routes()).toMatchObject([{ rollout: { ...running, verdict: 'undecided', waitsFor: ['resume'] } }]);
  });

  it('says how the last one ended', async () => {
    const ended = { id: 'one', version: 'v0', stage: 'rolled-back', reason: 'it was worse' } as const;
    const at = '2026-01-01T00:00:00.000Z';
    for (const by of [SERIN, { name: 'ada', role: 'operator' }, null]) {
      control.mood.routes = [standingOf({ lastEnded: { ...ended, by, endedAt: T0 } })];
      expect(await routes()).toMatchObject([{ lastEnded: { ...ended, endedBy: by, endedAt: at } }]);
    }
  });
});
