import { beforeEach, describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import type { RolloutView } from '../../../src/api/view-schemas.ts';
import { type FakeControl, fakeControl, findingOf, TOKENS, verdictOf } from '../../support/fake-control.ts';
import { policyOf } from '../../support/rollouts.ts';

let control: FakeControl;
let app: ReturnType<typeof controlApi>;

beforeEach(() => {
  control = fakeControl();
  app = controlApi(control);
});

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const start = (more = {}) =>
  send('POST', '/rollouts', { route: 'payments', canaryUrl: 'http://127.0.0.1:9002/', reason: 'release 2', ...more });

async function started(): Promise<RolloutView> {
  return (await start()).json() as Promise<RolloutView>;
}

async function inStep1(): Promise<string> {
  const { id } = await started();
  control.happen(id, { kind: 'preflightPassed' });
  control.happen(id, { kind: 'internalPassed', reason: 'enough forced requests' });
  return id;
}

describe('POST /rollouts', () => {
  it('answers 201 with where the rollout is', async () => {
    const answer = await start({ version: 'v2.1' });
    const view = (await answer.json()) as RolloutView;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/rollouts/${view.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(view).toMatchObject({ route: 'payments', stage: 'preflight', canary: { version: 'v2.1' }, active: true });
    expect(view).toMatchObject({ created: true });
    expect((await send('GET', `/rollouts/${view.id}`)).status).toBe(200);
  });

  it('answers 200 with the rollout that runs when it is the same', async () => {
    const { id } = await started();
    for (const more of [{}, { replace: true, force: true }]) {
      const again = await start(more);
      expect(again.status).toBe(200);
      expect(await again.json()).toMatchObject({ id, version: 1, created: false });
    }
  });

  it('answers 409 when another runs, unless it is to be replaced', async () => {
    await started();
    const another = { canaryUrl: 'http://127.0.0.1:9003/' };
    expect((await start(another)).status).toBe(409);
    expect((await start({ ...another, replace: true })).status).toBe(201);
  });

  it('passes on what the control plane finds wrong, with its pointer', async () => {
    const answer = await start({ route: 'nowhere' });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '#/route', detail: 'names no route of serin.yaml' }],
    });
  });
});

describe('GET /rollouts', () => {
  it('gives pages that follow each other by Link', async () => {
    for (const port of [1, 2, 3, 4, 5]) await start({ canaryUrl: `http://127.0.0.1:${port}/`, replace: true });
    const seen: string[] = [];
    let path: string | null = '/rollouts?limit=2&route=payments';
    while (path !== null) {
      const answer: Response = await send('GET', path);
      seen.push(...((await answer.json()) as RolloutView[]).map(({ canary }) => canary.url));
      path = /<\/api\/v1([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1].map((port) => `http://127.0.0.1:${port}/`));
  });

  it('filters by route and by whether it runs', async () => {
    const { id } = await started();
    await start({ route: 'orders' });
    await send('POST', `/rollouts/${id}/abort`, { reason: 'enough' });
    const routes = async (query: string) =>
      ((await (await send('GET', `/rollouts${query}`)).json()) as RolloutView[]).map(({ route }) => route);
    expect(await routes('?active=true')).toEqual(['orders']);
    expect(await routes('?active=false')).toEqual(['payments']);
    expect(await routes('?route=orders')).toEqual(['orders']);
    expect(await routes('?route=nothing')).toEqual([]);
  });

  it.each(['?limit=0', '?limit=101', '?limit=x', '?active=yes', '?cursor=1', '?colour=red'])(
    'refuses %s and names the parameter',
    async (query) => {
      const answer = await send('GET', `/rollouts${query}`);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ errors: [{ parameter: query.slice(1, query.indexOf('=')) }] });
    },
  );
});

describe('GET /rollouts/{id}', () => {
  it.each(['019ac000-0000-7000-8000-000000000099', 'payments'])('answers 404 for %s', async (id) => {
    expect((await send('GET', `/rollouts/${id}`)).status).toBe(404);
  });

  it('shows the verdict with its findings, and infinite evidence as none', async () => {
    const id = await inStep1();
    control.see(id, { verdict: verdictOf({ logEvidence: Number.NEGATIVE_INFINITY }), dwellMs: 30_000 });
    expect(await (await send('GET', `/rollouts/${id}`)).json()).toMatchObject({
      stage: 'step-1',
      nextStage: 'step-2',
      canaryWeight: '10%',
      canaryBps: 1000,
      dwell: { needMs: 60_000, haveMs: 30_000 },
      stages: [{ label: 'internal' }, { label: '10%' }, { label: '50%' }, { label: 'bake' }, { label: 'promoted' }],
      verdict: { name: 'undecided', logEvidence: null, findings: [{ check: 'errors' }, { check: 'p95', unit: 'ms' }] },
    });
  });

  it('says whose its reason is, who paused it, and who ended it', async () => {
    const id = await inStep1();
    const view = async () => (await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView;
    const serin = { name: 'serin', role: 'serin' };
    const person = { name: 'the operator', role: 'operator' };
    expect(await view()).toMatchObject({ reasonBy: serin, endedBy: null });
    const reason = 'rolled back: everything is fine';
    await send('POST', `/rollouts/${id}/pause`, { reason });
    expect(await view()).toMatchObject({
      reason: `the operator: “${reason}”`,
      reasonBy: person,
      endedBy: null,
      paused: { by: 'the operator', role: 'operator', reason },
    });
    control.happen(id, { kind: 'canaryBraked', reason: 'all failed' });
    expect(await view()).toMatchObject({ reason: 'all failed', reasonBy: serin, endedBy: serin });
    const other = (await (await start({ route: 'orders' })).json()) as RolloutView;
    await send('POST', `/rollouts/${other.id}/abort`, { reason });
    const ended = await (await send('GET', `/rollouts/${other.id}`)).json();
    expect(ended).toMatchObject({ reason: `the operator: “${reason}”`, endedBy: person });
  });

  it('says who started it, by which policy, what decides its versions, and what it has cost', async () => {
    const id = await inStep1();
    const view = async () => (await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView;
    const { policy, ...first } = await view();
    expect(first).toMatchObject({
      startedBy: null,
      sticky: 'the header x-user-id',
      source: 'gateway',
      trafficPerSecond: null,
      cost: null,
    });
    expect(policy.changed).toBeNull();
    for (const [digest, changed] of [
      [policy.digest, false],
      ['sha256:other', true],
    ] as const) {
      control.mood.policyDigest = digest;
      expect((await view()).policy).toEqual({ ...policy, changed });
    }
    const stage = { nc: 100, xc: 20, ns: 900, xs: 9 };
    const past = { errors: 0, expected: 0, variance: 0, largest: 0 };
    control.see(id, {
      cost: { canaryRequests: 112, past, stage },
      verdict: verdictOf({ name: 'blind' }),
      blindSince: 0,
    });
    expect(await view()).toMatchObject({
      cost: { canaryRequests: 112, excessErrors: { estimate: 19, low: 16, high: 20 } },
      verdict: { name: 'blind', since: '1970-01-01T00:00:00.000Z' },
    });
  });

  it('shows where the margins end, and null for a finding that was stored without', async () => {
    const id = await inStep1();
    const { limits: _, ...before } = findingOf({ check: 'p95', unit: 'ms' });
    control.see(id, { verdict: verdictOf({ findings: [findingOf(), before] }) });
    const { verdict } = (await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView;
    expect(verdict?.findings.map(({ limits }) => limits)).toEqual([
      { rollback: 0.0023, parity: 0.003 },
      { rollback: null, parity: null },
    ]);
  });

  it('says what the stage needs before it ends, and nothing once the rollout has ended', async () => {
    const id = await inStep1();
    control.see(id, { verdict: verdictOf(), dwellMs: 30_000, appliedAt: 1 });
    const needs = async () => ((await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView).needs;
    expect(await needs()).toEqual([
      { what: 'pause', met: true, says: 'not paused' },
      { what: 'split', met: true, says: 'the split of this stage is in force' },
      { what: 'dwell', met: false, says: 'dwell: 30 s of 60 s, 30 s to go' },
      { what: 'parity', met: false, says: verdictOf().reason },
      { what: 'look', met: true, says: expect.stringMatching(/^looked .* ago$/) },
    ]);
    await send('POST', `/rollouts/${id}/pause`, { reason: 'index rebuild' });
    expect((await needs())[0]).toMatchObject({ what: 'pause', met: false });
    await send('POST', `/rollouts/${id}/abort`, { reason: 'no longer wanted' });
    expect(await needs()).toEqual([]);
  });

  it('says where the canary is worse, and null where the verdict says nothing of it', async () => {
    const slice = {
      dimension: 'endpoint',
      name: 'POST /pay',
      canary: 0.12,
      stable: 0.001,
      requests: { canary: 900, stable: 8_100 },
      part: 1,
    } as const;
    const where = { measure: 'errors', slowMs: null, slices: [slice], status: null, worse: 1, says: 'worst' } as const;
    const id = await inStep1();
    control.see(id, { verdict: verdictOf({ name: 'suspect', where }) });
    expect(await (await send('GET', `/rollouts/${id}`)).json()).toMatchObject({ verdict: { where } });
    control.see(id, { verdict: verdictOf() });
    expect(await (await send('GET', `/rollouts/${id}`)).json()).toMatchObject({ verdict: { where: null } });
  });
});

describe('the forecast', () => {
  it('is part of the verdict, and of each finding', async () => {
    const id = await inStep1();
    const forecast = {
      parity: { lowMs: 72_000, highMs: 552_000, at: [{ weightBps: 5_000, ms: 48_000 }] },
      doublingMs: 40_000,
      says: 'parity in 72 s to 9 min, at 50 %: about 48 s; a doubling of errors would be known in 40 s',
    };
    const needsAt = [{ weightBps: 5_000, canaryRequests: 700 }];
    control.see(id, { verdict: verdictOf({ forecast, findings: [findingOf({ needsAt })] }) });
    expect(await (await send('GET', `/rollouts/${id}`)).json()).toMatchObject({
      verdict: { forecast, findings: [{ needsAt }] },
    });
  });
});

describe('overrides', () => {
  it.each([
    ['pause', {}, { paused: { by: 'the operator', reason: 'why' } }],
    ['rollback', {}, { stage: 'rolled-back', active: false, openPage: null }],
    ['abort', {}, { stage: 'aborted', active: false }],
    ['advance', { to: 'step-2' }, { stage: 'step-2', canaryWeight: '50%' }],
    ['promote', {}, { stage: 'bake', canaryWeight: '100%' }],
    ['promote', { full: true }, { stage: 'promoted' }],
    ['promote', { repair: true }, { stage: 'promoted', reason: 'the operator, as a repair: “why”' }],
    ['weight', { weight: '2.5%' }, { stage: 'step-1', canaryBps: 250 }],
    ['extend', { by: '10m' }, { dwell: { needMs: 660_000 } }],
    ['skip', { check: 'p99' }, { skippedChecks: ['p99'] }],
    ['skip', { check: 'slower:2.5' }, { skippedChecks: ['slower:2.5'] }],
    ['skip', { check: 'silence' }, { skippedChecks: ['silence'] }],
    ['rebase', {}, { policy: { digest: 'sha256:second' } }],
  ])('%s %j', async (verb, body, expected) => {
    const id = await inStep1();
    const answer = await send('POST', `/rollouts/${id}/${verb}`, { ...body, reason: 'why' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"4"');
    expect(await answer.json()).toMatchObject({ id, version: 4, ...expected });
    const entries = await (await send('GET', `/rollouts/${id}/audit?limit=1`)).json();
    expect(entries).toMatchObject([{ actor: { name: 'the operator', role: 'operator' }, reason: 'why' }]);
  });

  it('skips a query check of the policy, and none that it does not have', async () => {
    const id = await inStep1();
    const answer = await send('POST', `/rollouts/${id}/skip`, { check: 'query:cpu', reason: 'why' });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ detail: 'the policy has no check query:cpu' });
  });

  it('opens a gate, resumes and finalises', async () => {
    const { id } = await started();
    control.happen(id, { kind: 'preflightPassed' });
    const gate = await send('POST', `/rollouts/${id}/gates/integration-tests`, { reason: 'they pass' });
    expect(await gate.json()).toMatchObject({ gates: [{ name: 'integration-tests', open: true }] });
    await send('POST', `/rollouts/${id}/pause`, { reason: 'lunch' });
    expect(await (await send('POST', `/rollouts/${id}/resume`, { reason: 'back' })).json()).toMatchObject({
      paused: null,
    });
    await send('POST', `/rollouts/${id}/promote`, { full: true, reason: 'sure' });
    expect(await (await send('POST', `/rollouts/${id}/finalise`, { reason: 'done' })).json()).toMatchObject({
      stage: 'finalised',
      waitsFor: [],
    });
  });

  it('answers a retry with the new attempt', async () => {
    const { id } = await started();
    expect((await send('POST', `/rollouts/${id}/retry`, { reason: 'again' })).status).toBe(409);
    await send('POST', `/rollouts/${id}/abort`, { reason: 'enough' });
    const answer = await send('POST', `/rollouts/${id}/retry`, { reason: 'again' });
    const view = (await answer.json()) as RolloutView;
    expect(answer.status).toBe(201);
    expect(view).toMatchObject({ attempt: 2, stage: 'preflight' });
    expect(answer.headers.get('location')).toBe(`/api/v1/rollouts/${view.id}`);
  });

  it('advances to nothing but the next stage', async () => {
    const id = await inStep1();
    const answer = await send('POST', `/rollouts/${id}/advance`, { to: 'bake', reason: 'hurry' });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'refused', detail: 'the next stage is step-2, not bake' });
  });
});

describe('If-Match', () => {
  it.each(['"2"', 'W/"3"', '3', '"3", "4"'])('answers 412 for %s and changes nothing', async (tag) => {
    const id = await inStep1();
    for (const verb of ['pause', 'rebase', 'retry']) {
      const answer = await send('POST', `/rollouts/${id}/${verb}`, { reason: 'why' }, { 'if-match': tag });
      expect([verb, answer.status]).toEqual([verb, 412]);
    }
    expect((await send('GET', `/rollouts/${id}`)).headers.get('etag')).toBe('"3"');
  });

  it.each(['"3"', '*'])('lets %s through', async (tag) => {
    const id = await inStep1();
    expect((await send('POST', `/rollouts/${id}/pause`, { reason: 'why' }, { 'if-match': tag })).status).toBe(200);
  });
});

describe('waitsFor', () => {
  it('names what only a person can do', async () => {
    const { id } = await started();
    const waits = async () => ((await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView).waitsFor;
    expect(await waits()).toEqual([]);
    control.happen(id, { kind: 'preflightPassed' });
    expect(await waits()).toEqual([]);
    control.see(id, { verdict: verdictOf(), forced: { requests: 5, errors: 0 } });
    expect(await waits()).toEqual(['gate:integration-tests']);
    control.happen(id, { kind: 'internalPassed', reason: 'tests' });
    control.happen(id, { kind: 'undecidedTooLong', reason: 'no traffic' });
    expect(await waits()).toEqual(['look']);
    control.happen(id, { kind: 'paused' });
    expect(await waits()).toEqual(['resume']);
  });

  it('says at once that a check holds the canary in the internal phase, which no further request ends', async () => {
    const { id } = await started();
    const view = async () => (await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView;
    control.happen(id, { kind: 'preflightPassed' });
    const said = (kind: 'holds' | 'waits' | 'tells') =>
      control.see(id, { verdict: verdictOf({ reservations: [{ kind, check: 'answers', reason: '/total is gone' }] }) });
    said('waits');
    expect((await view()).waitsFor).toEqual([]);
    said('holds');
    expect(await view()).toMatchObject({ stage: 'internal', waitsFor: ['advance'], openPage: null });
    said('tells');
    expect((await view()).waitsFor).toEqual([]);
  });

  it('says that nothing shows that the canary serves anything, also once the page is answered', async () => {
    const { id } = await started();
    control.happen(id, { kind: 'preflightPassed' });
    control.happen(id, { kind: 'gatePassed', gate: 'integration-tests' });
    const refused = { endpoint: 'GET /new', status: 404, requests: 5, past: [] };
    control.see(id, { verdict: verdictOf(), forced: { requests: 5, errors: 0, answers: [refused] } });
    expect(await (await send('GET', `/rollouts/${id}`)).json()).toMatchObject({ waitsFor: ['advance'] });
  });

  it.each([
    ['spec.dryRun', policyOf({ dryRun: true }), verdictOf()],
    ['checks that only report', policyOf(), verdictOf({ findings: [findingOf({ logParity: null })] })],
  ])('says that a person ends a step with %s once its time is over', async (_what, policy, verdict) => {
    control = fakeControl(policy);
    app = controlApi(control);
    const id = await inStep1();
    const waits = async () => ((await (await send('GET', `/rollouts/${id}`)).json()) as RolloutView).waitsFor;
    control.see(id, { verdict, dwellMs: 59_999 });
    expect(await waits()).toEqual([]);
    control.see(id, { verdict, dwellMs: 60_000 });
    expect(await waits()).toEqual(['advance']);
  });
});
