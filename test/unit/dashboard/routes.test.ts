import { describe, expect, it } from 'vitest';
import { needsSomebody, type WatchedRollout } from '../../../src/dashboard/pages/routes/needs-somebody.ts';
import { groupedRows, isFound, routesTitle } from '../../../src/dashboard/pages/routes/route-groups.ts';
import { type RowContext, routeRow, rowTraffic } from '../../../src/dashboard/pages/routes/route-row.ts';
import type { RolloutView, RouteView } from '../../../src/dashboard/views.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const LOOK = { agoMs: 1_000, overdueMs: 15_000, failures: 0, trouble: null };
const alone: WatchedRollout = { waitsFor: [], openPage: null, look: LOOK, unrecorded: null };

const stage = (name: string, label: string, enteredAt: string | null, weightBps: number | null = null) => ({
  name,
  label,
  weightBps,
  needMs: 3_600_000,
  enteredAt,
  leftAt: null,
  canaryRequests: null,
  stableRequests: null,
});
const STAGES = [
  stage('internal', 'internal', '2026-11-30T10:00:00Z'),
  stage('step-1', '10%', '2026-11-30T11:00:00Z', 1_000),
  stage('bake', 'bake', null, 10_000),
];

const running = (more: Partial<RolloutView> = {}): RolloutView =>
  ({
    id: 'r1',
    route: 'pay',
    stage: 'step-1',
    nextStage: 'bake',
    stages: STAGES,
    router: 'gateway',
    canaryBps: 1_000,
    inForceBps: 1_000,
    canary: { url: 'http://c', version: 'v2' },
    paused: null,
    dwell: { needMs: 3_600_000, haveMs: 60_000 },
    verdict: { name: 'undecided', reason: 'p99: waits for 5 more', findings: [] },
    needs: [
      { what: 'dwell', met: false, says: 'dwell: 1 min of 1 h' },
      { what: 'parity', met: false, says: 'parity shown by 3 of 5 checks; furthest is p99: waits for 5 more' },
    ],
    waitsFor: [],
    openPage: null,
    reason: 'advanced',
    look: LOOK,
    unrecorded: null,
    ...more,
  }) as unknown as RolloutView;

const route = (more: Partial<RouteView> = {}): RouteView => ({
  name: 'pay',
  host: null,
  path: '/pay',
  stable: { url: 'http://s', version: 'v1' },
  policy: 'standard',
  router: 'gateway',
  split: null,
  traffic: { perSecond: 12.34, stable: [60, null], canary: [0, null] },
  rollout: null,
  force: { header: 'x-serin-version', value: 'canary', from: null, tokens: 'none' },
  lastEnded: null,
  ...more,
});
const brief = (more: Partial<NonNullable<RouteView['rollout']>> = {}): NonNullable<RouteView['rollout']> => ({
  id: 'r1',
  version: 'v2',
  stage: 'step-1',
  canaryWeight: '10%',
  canaryBps: 1_000,
  inForceBps: 1_000,
  verdict: 'blind',
  waitsFor: [],
  openPage: null,
  ...more,
});
const ended = (endedAt: string, reason = 'errors 5 %') =>
  ({
    id: 'r0',
    version: 'v2',
    stage: 'rolled-back',
    reason,
    endedBy: { name: 'serin', role: 'serin' },
    endedAt,
  }) as const;
const context = (view: RolloutView | null = null, more: Partial<RowContext> = {}): RowContext => ({
  running: new Map(view ? [['pay', view]] : []),
  ended: new Map(),
  now: NOW,
  ...more,
});
const rowOf = (of: RouteView, known: RowContext) => routeRow(of, rowTraffic(of), known);
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

describe('somebody is needed', () => {
  it('where only a person can go on, in words', () => {
    expect(needsSomebody(alone)).toEqual([]);
    const waitsFor = ['resume', 'look', 'gate:integration-tests'];
    expect(needsSomebody({ ...alone, waitsFor, openPage: 'shared-fault' })).toEqual([
      'waits to be resumed',
      'a page is open: shared fault',
      'waits for gate integration-tests',
    ]);
  });

  it('where nobody looks any more, by the measure of the server', () => {
    const looked = (more: object) => needsSomebody({ ...alone, look: { ...LOOK, ...more } }).map(spaced);
    expect(looked({ agoMs: LOOK.overdueMs })).toEqual([]);
    expect(looked({ agoMs: 121_000 })).toEqual(['not looked at for 2 m 1 s']);
    const trouble = 'the database cannot answer';
    expect(looked({ agoMs: 10_000, failures: 2, trouble })).toEqual([]);
    expect(looked({ agoMs: 15_000, failures: 3, trouble })).toEqual([
      'not looked at for 15 s: 3 looks have failed, the database cannot answer',
    ]);
  });

  it('where the database has not recorded what was done', () => {
    const unrecorded = { event: 'harmHeld', by: 'serin', role: 'serin', reason: 'errors 5 %', at: null };
    expect(needsSomebody({ ...alone, unrecorded }).map(spaced)).toEqual([
      'held because of harm by serin, which the database has not recorded yet: errors 5 %',
    ]);
  });
});

describe('a row', () => {
  it('says once that looks fail', () => {
    const trouble = 'the database cannot answer';
    const failing = running({
      look: { ...LOOK, agoMs: 3_000, failures: 2, trouble },
      needs: [{ what: 'look', met: false, says: `looked 3 s ago; the 2 looks since then have failed: ${trouble}` }],
    });
    expect(spaced(rowOf(route({ rollout: brief() }), context(failing)).waits)).toBe(
      `not looked at for 3 s: 2 looks have failed, ${trouble}`,
    );
  });

  it('of a rollout that gets on says where it stands, what was found and what it waits for', () => {
    const row = rowOf(route({ rollout: brief() }), context(running()));
    expect(row).toMatchObject({
      group: 'rolling',
      sign: 'undecided',
      at: 1,
      stages: 3,
      to: '/ui/rollouts/r1',
      canary: 'v2',
    });
    expect([row.stands, row.lead, row.says, row.waits].map(spaced)).toEqual([
      '10 % · 1 m of 1 h',
      'Undecided:',
      'p99: waits for 5 more',
      'to bake: parity shown by 3 of 5 checks',
    ]);
  });

  it('of a paused one says who paused it, and the verdict beside it', () => {
    const paused = { at: '2026-11-30T11:30:00Z', by: 'mira', role: 'operator', reason: 'index rebuild' };
    const row = rowOf(
      route({ rollout: brief() }),
      context(running({ paused, waitsFor: ['resume'], canaryBps: 500, inForceBps: 500 })),
    );
    expect(row).toMatchObject({ group: 'needs', sign: 'paused', lead: 'Paused by mira.', quote: '“index rebuild”' });
    expect(row.says).toBe('Undecided: p99: waits for 5 more');
    expect(spaced(row.stands)).toBe('10 %, at 5 % · paused');
  });

  it('has the figures of both versions, and dashes where nothing is compared', () => {
    const findings = [
      { check: 'errors', canary: 0.002, stable: 0.001, unit: 'share' },
      { check: 'p50', canary: 20, stable: 21, unit: 'ms' },
      { check: 'p95', canary: 40, stable: null, unit: 'ms' },
    ];
    const verdict = { name: 'at-parity', reason: 'shown', findings } as unknown as RolloutView['verdict'];
    const row = rowOf(route({ rollout: brief() }), context(running({ verdict })));
    expect([row.canaryErrors, row.stableErrors].map(spaced)).toEqual(['0.2 %', '0.1 %']);
    expect([row.quantile, spaced(row.canaryLatency), row.stableLatency]).toEqual(['p95', '40.0 ms', '–']);
  });

  it('is what the list of routes says while the rollout itself was not read, or is another', () => {
    const other = running({ id: 'r0' });
    expect(rowOf(route({ rollout: brief({ waitsFor: ['look'] }) }), context(other))).toMatchObject({
      group: 'needs',
      lead: 'Blind.',
      to: '/ui/rollouts/r1',
    });
  });

  it('of one that ended says how, for a day', () => {
    const view = running({ id: 'r0', stage: 'rolled-back', cost: { says: '55 requests' } as RolloutView['cost'] });
    const views = { ended: new Map([['r0', view]]) };
    const row = rowOf(route({ lastEnded: ended('2026-11-30T11:30:00Z') }), context(null, views));
    expect(row).toMatchObject({ group: 'ended', lead: 'v2 rolled back.', at: 1, how: 'harm', waits: '55 requests' });
    expect(spaced(row.stands)).toMatch(/^rolled back at 10 %, \d\d:\d\d$/);
    const old = rowOf(route({ lastEnded: ended('2026-11-29T11:30:00Z') }), context(null, views));
    expect(old).toMatchObject({ group: 'quiet', stands: '/pay', to: '/ui/routes/pay' });
    expect(old.says).toMatch(/^v2 rolled back 29 Nov /);
    expect(rowOf(route(), context()).says).toBe('no rollout so far');
  });

  it('says how much of the hour is known, and nothing of what is not', () => {
    expect(rowOf(route(), context())).toMatchObject({
      perSecond: '12',
      canaryPath: '',
      traffic: 'requests in 1 of the last 2 minutes: stable 60, canary 0',
    });
    const unknown = route({ traffic: { perSecond: null, stable: [null, null], canary: [null, null] } });
    expect(rowOf(unknown, context())).toMatchObject({
      perSecond: '–',
      stablePath: '',
      traffic: 'requests of the last hour: not known',
    });
  });
});

describe('the groups', () => {
  const rows = [
    rowOf(route({ name: 'b' }), context()),
    rowOf(route({ name: 'a' }), context()),
    rowOf(route({ rollout: brief({ waitsFor: ['look'] }) }), context()),
  ];

  it('are by name inside, whatever the order of the file', () => {
    const groups = groupedRows(rows);
    expect(groups.get('quiet')?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(groups.get('needs')).toHaveLength(1);
    expect(routesTitle(rows)).toBe('(1) Routes');
  });

  it('are filtered by every word of route, version, verdict and group', () => {
    const found = (filter: string) => rows.filter((row) => isFound(row, filter)).map(({ name }) => name);
    expect(found('PAY blind')).toEqual(['pay']);
    expect(found('v1')).toEqual(['b', 'a', 'pay']);
    expect(found('needs')).toEqual(['pay']);
    expect(found('a blind x')).toEqual([]);
  });
});
