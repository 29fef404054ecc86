import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

/** Only 4xx answers have to show parity, of which there are none: errors are told, and stop nothing. */
const POLICY = (dwell: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: gated }
spec:
  internal: { requests: 0 }
  steps:
    - { weight: 50%, dwell: ${dwell}, gates: [approval] }
  bake: { dwell: 1h }
  checks:
    errors: { dryRun: true }
    clientErrors: { parity: { relative: 50%, absolute: 20pp } }
    latency: { p50: { dryRun: true }, p95: { dryRun: true }, p99: { dryRun: true }, dominance: { dryRun: true } }
    slices: { dryRun: true }
  judge: { block: 1s, minStep: 2s, warmUp: 0s }
`;
const FAILS_EVERY = 20;

describe('what a rollout needs, and what it has cost', () => {
  const served = { canary: 0, failed: 0 };
  let stable: TestUpstream;
  let canary: TestUpstream;
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;

  beforeAll(async () => {
    stable = await httpUpstream((_, outgoing) => outgoing.end('ok'));
    canary = await httpUpstream((incoming, outgoing) => {
      if (!incoming.url?.startsWith('/orders')) return outgoing.end('ok');
      served.canary += 1;
      const isFailure = served.canary % FAILS_EVERY === 0;
      if (isFailure) served.failed += 1;
      return outgoing.writeHead(isFailure ? 500 : 200).end('ok');
    });
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [gated.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: gated, sticky: request }
`);
    home.write('gated.yaml', POLICY('2s'));
    server = await startServerProcess(home);
    clients = new Pool(server.gatewayUrl, { connections: 16 });
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      void clients
        .request({ method: 'GET', path: `/shop/orders/${sent}` })
        .then(({ body }) => body.dump())
        .catch(() => undefined);
    }, 10);
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const upstream of [stable, canary]) await upstream.close();
    home.remove();
  });

  it('is said by the API and the command line, and holds: the gate is the last, and the next look advances', async () => {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    const lacks = async () => {
      const view = await caller.rollout(id);
      return [view?.stage, view?.needs.flatMap(({ met, says }) => (met ? [] : says))];
    };
    const last = ['step-1', ['gate approval: not passed yet']];
    await expect.poll(lacks, { timeout: 60_000 }).toEqual(last);
    // It stays so, however many looks come.
    const before = await caller.rollout(id);
    await expect.poll(async () => (await caller.rollout(id))?.lookedAt, { timeout: 10_000 }).not.toBe(before?.lookedAt);
    expect(await lacks()).toEqual(last);

    const shown = (await serin(['get', 'shop'], { env })).stdout;
    expect(shown).toContain('\nTo bake, all of these\n');
    expect(shown).toContain('\n○ gate approval: not passed yet\n');
    expect(shown).toMatch(/\n✓ parity shown by 1 of 1 check\n/);

    const view = await caller.rollout(id);
    const errors = view?.verdict?.findings.find(({ check }) => check === 'errors');
    expect(errors?.limits.rollback).toBeGreaterThan(errors?.stable ?? 1);
    expect(view).toMatchObject({
      startedBy: 'local admin',
      source: 'gateway',
      sticky: null,
      policy: { name: 'gated', changed: false },
      verdict: { name: 'at-parity', since: null },
    });
    expect(view?.trafficPerSecond).toBeGreaterThan(1);

    clearInterval(beat);
    await expect
      .poll(async () => (await caller.rollout(id))?.cost?.canaryRequests === served.canary, { timeout: 20_000 })
      .toBe(true);
    const cost = (await caller.rollout(id))?.cost;
    // The stable failed nothing. A block in which one version alone served is not compared.
    const { estimate = 0, low, high } = cost?.excessErrors ?? {};
    expect(estimate).toBeLessThanOrEqual(served.failed);
    expect(estimate).toBeGreaterThan(0.7 * served.failed);
    expect(high).toBeCloseTo(estimate, 6);
    expect(low).toBeLessThan(estimate);
    expect(cost?.says).toMatch(
      /^\d+ canary requests; about \d+ errors more than the stable's rate would have given \(/,
    );

    home.write('gated.yaml', POLICY('3s'));
    await expect.poll(async () => (await caller.rollout(id))?.policy.changed, { timeout: 15_000 }).toBe(true);

    expect((await serin(['gate', 'pass', 'shop', 'approval', '--reason', 'seen'], { env })).code).toBe(0);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 15_000 }).toBe('bake');
    expect(await lacks()).toEqual(['bake', expect.arrayContaining([expect.stringMatching(/^dwell: /)])]);
    expect((await caller.audit(id))?.map(({ event }) => event.kind)).toEqual(
      expect.arrayContaining(['gatePassed', 'stepPassed']),
    );
  });
});
