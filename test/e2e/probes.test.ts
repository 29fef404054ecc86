import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { callerOf, toy } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const EVEN = { errorRate: 0, p50Ms: 15, p99Ms: 18 };
const SLOW = { errorRate: 0, p50Ms: 60, p99Ms: 70 };

const DURATIONS = 'http_server_request_duration_seconds';

/** Nobody sends anything: all that counts is probes. Margins that a loaded machine keeps. */
const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: quiet }
spec:
  internal: { requests: 0 }
  steps:
    - { weight: 40%, dwell: 0s }
  bake: { dwell: 0s }
  checks:
    errors: { dryRun: true }
    clientErrors: { dryRun: true }
    latency:
      p50: { dryRun: true }
      p95: { dryRun: true }
      p99: { dryRun: true }
      dominance: { dryRun: true }
    probes: { every: 1s, rollback: 50%, parity: 80% }
  judge: { block: 1s, minStep: 1s, warmUp: 0s, reference: 5s }
`;

describe('a route that nobody uses', () => {
  let stable: ToyUpstream;
  const canaries: ToyUpstream[] = [];
  const canaryOf = async (...of: Parameters<typeof toy>) => {
    const canary = await toy(...of);
    canaries.push(canary);
    return canary;
  };
  let home: Home;
  let server: ServerProcess;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  const start = (version: string, { url }: ToyUpstream) =>
    caller.post<RolloutView>('/api/v1/rollouts', { route: 'shop', canaryUrl: url, version, reason: 'ready' });
  const stageOf = async (id: string) => (await caller.rollout(id))?.stage;
  const lastKind = async (id: string) => (await caller.audit(id))?.at(-1)?.event.kind;
  const exposition = async () => (await fetch(new URL('/metrics', server.controlUrl))).text();

  beforeAll(async () => {
    stable = await toy('v1', EVEN);
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [quiet.yaml]
routes:
  - name: shop
    path: /shop
    stable: { url: "${stable.url}", version: v1 }
    policy: quiet
    probes: { requests: [/orders?page=1, HEAD /catalogue] }
channels: { console: false }
`);
    home.write('quiet.yaml', POLICY);
    server = await startServerProcess(home);
  }, 60_000);

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    // One that was promoted is the stable from then on.
    await Promise.all([stable, ...canaries].map((one) => one.close()));
    home.remove();
  });

  it('finds a slower canary by probes, which are in nobody else’s figures', async () => {
    const canary = await canaryOf('v2', SLOW);
    const { id } = await start('v2', canary);
    await expect.poll(() => stageOf(id), { timeout: 240_000, interval: 500 }).toBe('rolled-back');
    const ended = await caller.rollout(id);
    expect(await lastKind(id)).toBe('canaryJudgedHarmful');
    expect(ended?.reason).toMatch(
      /^canary probes typically [\d.]+ ms against [\d.]+ ms \(margin 50 %\), within 80 % in \d+ of \d+ pairs; odds of a false alarm < 1 in 1,000$/,
    );
    expect(canary.counts().requests).toBeGreaterThan(10);
    const compared = ended?.verdict?.findings.filter(({ check }) => check !== 'probes') ?? [];
    expect(compared.length).toBeGreaterThan(3);
    expect(compared.map(({ requests }) => requests)).toEqual(compared.map(() => ({ canary: 0, stable: 0 })));
    const counted = (await exposition()).split('\n').filter((line) => line.startsWith(`${DURATIONS}_count{`));
    expect(counted.filter((line) => !line.endsWith(' 0'))).toEqual([]);
  }, 260_000);

  it('finds a canary that is dead, and that the stable answers', async () => {
    const canary = await canaryOf('v3', EVEN);
    const { id } = await start('v3', canary);
    await expect.poll(() => stageOf(id), { timeout: 30_000, interval: 200 }).toBe('step-1');
    await canary.close();
    await expect.poll(() => stageOf(id), { timeout: 240_000, interval: 500 }).toBe('rolled-back');
    expect((await caller.rollout(id))?.reason).toMatch(/^canary fails \d+ of \d+ probes that the stable answers; /);
  }, 300_000);

  it('promotes an equal canary by probes alone', async () => {
    const canary = await canaryOf('v4', EVEN);
    const { id } = await start('v4', canary);
    await expect.poll(() => stageOf(id), { timeout: 240_000, interval: 300 }).toBe('finalised');
    const audit = await caller.audit(id);
    expect(audit?.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^probes within 80 % of the stable, shown by \d+ pairs of probes in this step/),
    );
    expect(audit?.map(({ event }) => event.kind)).not.toContain('canaryJudgedHarmful');
  }, 260_000);
});
