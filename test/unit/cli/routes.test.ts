import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RouteStanding } from '../../../src/api/control.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import { verdictOf } from '../../support/fake-control.ts';
import { T0 } from '../../support/rollouts.ts';
import { openShell, type Shell } from './harness.ts';

let shell: Shell;

beforeEach(async () => {
  shell = await openShell();
});
afterEach(() => shell.stop());

const routeOf = (more: Partial<RouteStanding>): RouteStanding => ({
  name: 'payments',
  host: null,
  path: '/api/payments',
  stable: { url: 'http://127.0.0.1:9001/', version: 'v1' },
  policy: 'standard',
  router: 'gateway',
  split: { epoch: 3, since: T0 },
  traffic: { perSecond: 17.5, stable: [1_050], canary: [0] },
  running: null,
  force: { header: 'x-serin-version', value: 'canary', from: null, tokens: 'none' },
  lastEnded: null,
  ...more,
});

describe('routes', () => {
  it('prints what runs at each, or how the last one ended', async () => {
    const id = await shell.inStep1();
    shell.control.see(id, { verdict: verdictOf() });
    await shell.run('pause payments --reason lunch');
    const lastEnded = { id, version: 'v8', stage: 'rolled-back', reason: 'worse', by: SERIN, endedAt: T0 } as const;
    shell.control.mood.routes = [
      routeOf({}),
      routeOf({ name: 'media', host: 'media.example.com', path: '/', lastEnded }),
      routeOf({ name: 'search', path: null, router: 'none', traffic: { perSecond: null, stable: [], canary: [] } }),
    ];
    const { code, out } = await shell.run('routes');
    expect([code, out.split('\n').slice(0, 4)]).toEqual([
      0,
      [
        'ROUTE      PATH                 STABLE   POLICY     ROLLOUT',
        'payments   /api/payments        v1       standard   v2 in step-1 at 10%, undecided (waits for resume)',
        'media      media.example.com/   v1       standard   v8 rolled-back at 2026-01-01T00:00:00',
        'search     -                    v1       standard   -',
      ],
    ]);
    const wide = await shell.run('routes -o wide');
    expect(wide.out.split('\n')[1]).toMatch(/ gateway +17\.5\/s +http:\/\/127\.0\.0\.1:9001\/$/);
    expect(wide.out.split('\n')[3]).toMatch(/ none +- +http/);
  });

  it('gives programs what the API answers, without the points', async () => {
    shell.control.mood.routes = [routeOf({})];
    const { code, out } = await shell.run('routes -o json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      [expect.objectContaining({ name: 'payments', traffic: { perSecond: 17.5 }, rollout: null, lastEnded: null })],
    ]);
  });
});
