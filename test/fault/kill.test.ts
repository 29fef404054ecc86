import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import { replay } from '../../src/controller/replay.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { canonicalJson } from '../../src/policy/digest.ts';
import type { AuditDraft } from '../../src/rollout/record.ts';
import { openStore } from '../../src/store/connect.ts';
import { callerOf, HARMFUL, toy, trafficTo } from '../support/cast.ts';
import { startPager } from '../support/pager.ts';
import { seededRandom } from '../support/random.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { isShort } from '../support/short.ts';

const KILLS = isShort ? 10 : 20;
const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: quick }
spec:
  internal: { requests: 10 }
  steps:
    - { weight: 20%, dwell: 2s }
    - { weight: 50%, dwell: 2s }
  bake: { dwell: 2s }
  undecided: { after: 10m }
  judge: { block: 1s, minStep: 2s, warmUp: 0s }
  checks:
    errors: { parity: { relative: 25%, absolute: 3pp } }
    latency:
      p50: { rollback: 10.5%, parity: 61% }
      p95: { rollback: 10.5%, parity: 100% }
      p99: { rollback: 20%, parity: 150% }
`;

describe('kill -9 at any moment', () => {
  const random = seededRandom(20260101);
  const upstreams: ToyUpstream[] = [];
  let pager: Awaited<ReturnType<typeof startPager>>;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic | null = null;
  let kills = 0;

  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));

  beforeAll(async () => {
    pager = await startPager('flaky');
    upstreams.push(await toy('v1'), await toy('v2'), await toy('v3', HARMFUL));
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [quick.yaml]
routes:
  - name: shop
    path: /shop
    stable: { url: "${upstreams[0]?.url}", version: v1 }
    policy: quick
    # What is compared by key waits for looks of 15 s, which no kill may be in.
    sticky: request
channels:
  console: false
  pagerduty: { routingKey: "file:${process.cwd()}/package.json", eventsUrl: "${pager.url}" }
`);
    home.write('quick.yaml', POLICY);
    await boot();
  });

  afterAll(async () => {
    await traffic?.stop();
    server.child.kill('SIGKILL');
    await server.ended;
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    await pager.close();
    home.remove();
  });

  async function boot(): Promise<void> {
    server = await startServerProcess(home);
    await traffic?.stop();
    traffic = trafficTo(server.gatewayUrl, 400, 120_000);
  }

  async function kill(): Promise<void> {
    server.child.kill('SIGKILL');
    expect(await server.ended).toBe('SIGKILL');
    kills += 1;
    await boot();
  }

  /** The tail of the latency says little here: every restart begins cold, and the stable's past is but seconds long. */
  async function settleForCounts(id: string): Promise<void> {
    for (const check of ['p95', 'p99']) {
      await caller.post(`/api/v1/rollouts/${id}/skip`, { check, reason: 'cold after every restart' });
    }
  }

  /** Watches a rollout to its end, killing the server at random moments; every entry once seen has to stay. */
  async function survive(
    id: string,
    killsWanted: number,
  ): Promise<{ rollout: RolloutView; audit: readonly AuditView[] }> {
    let acknowledged: readonly AuditView[] = [];
    let nextKill = Date.now() + random() * 2_000;
    for (const until = Date.now() + 150_000; Date.now() < until; ) {
      // In this order: an audit that is read after the rollout has ended is whole.
      const rollout = await caller.rollout(id);
      const audit = await caller.audit(id);
      if (audit) {
        expect(audit.slice(0, acknowledged.length)).toEqual(acknowledged);
        acknowledged = audit;
      }
      if (rollout?.stage === 'internal') await traffic?.forced(Array.from({ length: 5 }, () => '/shop/healthz'));
      if (rollout && !rollout.active && audit && kills >= killsWanted) return { rollout, audit };
      if (Date.now() >= nextKill && kills < killsWanted) {
        await kill();
        // Long enough for a look or two, so that the rollout moves between the kills.
        nextKill = Date.now() + 300 + random() * 3_700;
      }
      await sleep(50);
    }
    throw new Error(`the rollout did not end: ${JSON.stringify(await caller.rollout(id))}\n${server.output()}`);
  }

  it(`loses no acknowledged decision in ${KILLS} kills, makes none twice, and both rollouts end as they should`, {
    timeout: 360_000,
  }, async () => {
    const good = await caller.post<RolloutView>('/api/v1/rollouts', {
      route: 'shop',
      canaryUrl: upstreams[1]?.url,
      version: 'v2',
      reason: 'ready',
    });
    await settleForCounts(good.id);
    const promoted = await survive(good.id, KILLS / 2);
    expect(promoted.rollout.stage).toBe('finalised');

    const bad = await caller.post<RolloutView>('/api/v1/rollouts', {
      route: 'shop',
      canaryUrl: upstreams[2]?.url,
      version: 'v3',
      reason: 'ready',
    });
    expect(bad.stable.version).toBe('v2');
    await settleForCounts(bad.id);
    const rolledBack = await survive(bad.id, KILLS);
    expect(rolledBack.rollout.stage).toBe('rolled-back');

    const repeats = ['stepPassed', 'checkSkipped'];
    for (const { audit } of [promoted, rolledBack]) {
      const kinds = audit.map(({ event }) => event.kind);
      expect(new Set(kinds.filter((kind) => !repeats.includes(kind))).size).toBe(
        kinds.filter((kind) => !repeats.includes(kind)).length,
      );
    }
    expect(promoted.audit.map(({ event }) => event.kind)).toEqual([
      'rolloutStarted',
      'preflightPassed',
      'checkSkipped',
      'checkSkipped',
      'internalPassed',
      'stepPassed',
      'stepPassed',
      'bakePassed',
      'rolloutFinalised',
    ]);
    expect(rolledBack.audit.at(-1)?.event.kind).toBe('canaryJudgedHarmful');

    const alerts = () => pager.events.filter(({ action }) => action !== 'change');
    await expect.poll(() => alerts().length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(new Set(alerts().map(({ action, key }) => `${action} ${key}`))).toEqual(
      new Set([`trigger serin/shop/${bad.id}`]),
    );

    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    const store = await openStore({ dataFolder: `${home.folder}/.serin` });
    for (const { id } of [good, bad]) {
      const stored = await store.rollouts.find(id);
      const entries = (await store.audit.list({ rolloutId: id, limit: 1_000 })).toReversed() as AuditDraft[];
      expect(canonicalJson(replay(entries))).toBe(canonicalJson(stored?.rollout));
    }
    expect((await store.audit.verify()).brokenAt).toBeNull();
    await store.close();
    expect(kills).toBe(KILLS);
  });
});
