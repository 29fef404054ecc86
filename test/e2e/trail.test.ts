import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { TrailView } from '../../src/api/views/trail-view.ts';
import { callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: payments }
spec:
  internal: { requests: 3, gates: [go] }
  steps: [{ weight: 30%, dwell: 1h }, { weight: 60%, dwell: 2h }]
  judge: { block: 1s, warmUp: 0s }
`;

const FORCED = { 'x-serin-version': 'canary' };

/** What a version has answered, counted where it was answered. */
interface Answered {
  requests: number;
  errors: number;
}

describe('the past of a rollout', () => {
  const stable: Answered = { requests: 0, errors: 0 };
  const canary: Answered = { requests: 0, errors: 0 };
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let id: string;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));

  const upstream = async (version: string, answered: Answered, statusOfBad: number) => {
    const made = await httpUpstream(({ url = '' }, outgoing) => {
      if (url.includes('/healthz')) return void outgoing.writeHead(200).end('well');
      const status = url.endsWith('/bad') ? statusOfBad : 200;
      answered.requests += 1;
      answered.errors += status === 500 ? 1 : 0;
      return void outgoing.writeHead(status, { 'content-type': 'text/plain' }).end(version);
    });
    upstreams.push(made);
    return made.url;
  };
  const serve = async () => {
    server = await startServerProcess(home);
  };
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await fetchOnce(`${server.gatewayUrl}${path}`, headers)).text();
  const send = async (count: number, path: string, headers: Record<string, string> = {}) => {
    for (let sent = 0; sent < count; sent += 1) await ask(path, headers);
  };
  const get = (path: string) =>
    fetch(`${server.controlUrl}/api/v1/rollouts/${path}`, { headers: { authorization: `Bearer ${home.token()}` } });
  const view = async () => (await (await get(id)).json()) as RolloutView;
  const trail = async () => (await (await get(`${id}/trail`)).json()) as TrailView;
  const total = (column: readonly (number | null)[]) => column.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const sums = async () => {
    const seen = await trail();
    const of = (version: 'stable' | 'canary') => ({ requests: total(seen[version].n), errors: total(seen[version].x) });
    return { stable: of('stable'), canary: of('canary') };
  };
  /** Until the looks have seen all that was sent. */
  const allSeen = async () => {
    await expect.poll(sums, { timeout: 30_000 }).toEqual({ stable, canary });
  };
  const counts = async () =>
    (await view()).stages.map(({ canaryRequests, stableRequests }) => [canaryRequests, stableRequests]);

  beforeAll(async () => {
    const [stableUrl, canaryUrl] = [await upstream('v1', stable, 500), await upstream('v2', canary, 200)];
    home = makeHome(
      'gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n' +
        `policies: [payments.yaml]\nroutes:\n  - { name: payments, stable: { url: "${stableUrl}", version: v1 }, policy: payments, health: /healthz }\n`,
    );
    home.write('payments.yaml', POLICY);
    await serve();
    const body = { route: 'payments', canaryUrl, version: 'v2', reason: 'ready' };
    ({ id } = await caller.post<RolloutView>('/api/v1/rollouts', body));
  });

  afterAll(async () => {
    server?.child.kill('SIGTERM');
    await server?.ended;
    await Promise.all(upstreams.map((one) => one.close()));
    home?.remove();
  });

  it('is what was answered, stage by stage, over a restart and after the end', async () => {
    await seesTheInternalPhase();
    await seesAStep();
    await goesOnAfterARestart();
    await staysAfterTheEnd();
    expect((await view()).active).toBe(false);
  });

  async function seesTheInternalPhase() {
    await expect.poll(() => ask('/orders', FORCED), { timeout: 20_000 }).toBe('v2');
    // What the stable has answered until then was not the rollout's.
    stable.requests = 0;
    await send(5, '/orders');
    await send(2, '/orders', FORCED);
    expect([stable.requests, canary.requests]).toEqual([5, 3]);
    await allSeen();
    const { stages } = await view();
    expect(stages.map(({ name, weightBps, needMs }) => [name, weightBps, needMs])).toEqual([
      ['internal', null, 0],
      ['step-1', 3_000, 3_600_000],
      ['step-2', 6_000, 7_200_000],
      ['bake', 10_000, expect.any(Number)],
      ['promoted', 10_000, 0],
    ]);
    expect(stages[0]).toMatchObject({ enteredAt: expect.stringMatching(/Z$/), leftAt: null });
    expect(stages[0]).toMatchObject({ canaryRequests: 3, stableRequests: 5 });
    expect(stages[1]).toMatchObject({ enteredAt: null, leftAt: null, canaryRequests: null, stableRequests: null });
  }

  async function seesAStep() {
    await caller.post(`/api/v1/rollouts/${id}/gates/go`, { reason: 'tested' });
    await expect.poll(async () => (await view()).stage, { timeout: 20_000 }).toBe('step-1');
    const before = { stable: stable.requests, canary: canary.requests };
    await send(60, '/orders');
    await send(12, '/bad');
    await allSeen();
    expect(stable.errors).toBeGreaterThan(0);
    const [internal, step] = (await view()).stages;
    expect(internal).toMatchObject({ leftAt: step?.enteredAt, canaryRequests: 3, stableRequests: 5 });
    expect(step).toMatchObject({
      enteredAt: expect.stringMatching(/Z$/),
      leftAt: null,
      canaryRequests: canary.requests - before.canary,
      stableRequests: stable.requests - before.stable,
    });
    const seen = await trail();
    const { at, everyMs, bps, logHarm, logParityWeakest, checks } = seen;
    const columns = [everyMs, bps, logHarm, logParityWeakest, ...Object.values(checks)];
    const tracks = [...Object.values(seen.stable), ...Object.values(seen.canary)];
    for (const column of [...columns, ...tracks]) expect(column).toHaveLength(at.length);
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    const startedAt = Date.parse((await view()).startedAt);
    expect(total(everyMs)).toBe((at.at(-1) ?? 0) - startedAt);
    expect([bps[0], bps.at(-1)]).toEqual([0, 3_000]);
    expect(Object.keys(checks)).toContain('errors');
    const answering = seen.stable.n.findLastIndex((n) => (n ?? 0) > 0);
    expect(seen.stable.p50[answering]).toBeGreaterThan(0);
    expect(seen.stable.p99[answering]).toBeGreaterThanOrEqual(seen.stable.p50[answering] ?? Infinity);
  }

  async function goesOnAfterARestart() {
    const before = await trail();
    const known = await counts();
    server.child.kill('SIGTERM');
    await server.ended;
    await serve();
    // Looks may have been made while the server stopped.
    const { at } = await trail();
    expect(at.slice(0, before.at.length)).toEqual(before.at);
    expect(await counts()).toEqual(known);
    await send(20, '/orders');
    await allSeen();
    const after = await trail();
    expect(after.at.length).toBeGreaterThan(before.at.length);
    expect(after.stable.n.slice(0, before.at.length)).toEqual(before.stable.n);
    expect(after.canary.n.slice(0, before.at.length)).toEqual(before.canary.n);
    expect(total((await counts()).map(([of]) => of ?? 0))).toBe(canary.requests);
  }

  async function staysAfterTheEnd() {
    await caller.post(`/api/v1/rollouts/${id}/abort`, { reason: 'seen enough' });
    const { stages, endedAt } = await view();
    expect(stages[1]).toMatchObject({ leftAt: endedAt });
    expect(await sums()).toEqual({ stable, canary });
    expect((await get('019ac000-0000-7000-8000-000000000099/trail')).status).toBe(404);
  }
});
