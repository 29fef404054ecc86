import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import postgresClient from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { startPager } from '../support/pager.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = evenPolicy('judge: { block: 1s, minStep: 2s, warmUp: 0s }');
const WELL = { errorRate: 0, p50Ms: 2, p99Ms: 5 };
const AT_MOST = { timeout: 90_000, interval: 250 };

serviceOrSkip('postgres', await postgresUrl())('the database is cut in the middle of a rollout', (postgres) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let pager: Awaited<ReturnType<typeof startPager>>;
  let proxy: FaultProxy;
  let stable: ToyUpstream;
  let canary: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let traffic: Traffic;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));

  beforeAll(async () => {
    database = await emptyDatabase(postgres.url);
    const url = new URL(database.url);
    proxy = await startFaultProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    [stable, canary, pager] = await Promise.all([toy('v1', WELL), toy('canary', WELL), startPager()]);
    home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s, blindAfter: 4s }
policies: [even.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
  - { name: books, path: /books, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request }
channels:
  console: false
  pagerduty: { routingKey: "file:${process.cwd()}/package.json", eventsUrl: "${pager.url}" }
`);
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home, { DATABASE_URL: url.href });
    traffic = trafficTo(server.gatewayUrl, 200, 300_000);
  });

  afterAll(async () => {
    await traffic?.stop();
    server.child.kill('SIGKILL');
    await server.ended;
    await Promise.all([stable.close(), canary.close(), pager.close(), proxy.close()]);
    await database.drop();
    await postgres.stop();
    home.remove();
  });

  const asAdmin = (...args: readonly string[]) =>
    serinHere([...args, '--server', server.controlUrl, '--data-folder', `${home.folder}/.serin`]);
  const readiness = async (of: string) => {
    const answer = await fetch(`${server.controlUrl}/readyz?of=${of}`);
    return { status: answer.status, said: await answer.text() };
  };
  const metrics = async () => (await fetch(`${server.controlUrl}/metrics`)).text();
  const reaches = (version: string) => traffic.counts().byVersion[version] ?? 0;
  /** Nobody has been given the version for a while, and the others are served. */
  const isWithdrawn = async (version: string) => {
    const before = { canary: reaches(version), stable: reaches('v1') };
    await sleep(400);
    return reaches(version) === before.canary && reaches('v1') > before.stable;
  };

  async function rollOut(version: string): Promise<RolloutView> {
    canary.setBehaviour(WELL);
    pager.events.length = 0;
    const body = { route: 'shop', canaryUrl: canary.url, version, reason: 'ready' };
    const view = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(() => reaches(version), AT_MOST).toBeGreaterThan(100);
    await expect.poll(async () => (await caller.rollout(view.id))?.verdict?.name, AT_MOST).toBeDefined();
    return view;
  }

  async function comesBack(id: string): Promise<void> {
    proxy.mood = { kind: 'clear' };
    await expect.poll(async () => (await caller.rollout(id))?.stage, AT_MOST).toBe('rolled-back');
    await expect.poll(async () => (await readiness('control')).said, AT_MOST).toContain('"problems":[]');
  }

  it('a canary that fails half its requests keeps nobody: readiness, page and metrics say so, the audit tells it once', async () => {
    const { id } = await rollOut('v2');
    proxy.mood = { kind: 'away' };
    canary.setBehaviour({ errorRate: 0.5 });
    await expect.poll(() => isWithdrawn('v2'), AT_MOST).toBe(true);

    await expect.poll(() => pager.events.length, AT_MOST).toBe(1);
    expect(pager.events[0]).toMatchObject({ action: 'trigger', key: `serin/shop/${id}` });
    expect(pager.events[0]?.summary).toMatch(/v2 rolled back at 50%.*errors/);
    const { status, said } = await readiness('control');
    expect([status, said]).toEqual([
      503,
      expect.stringMatching(/shop: the rollout of v2 was last looked at .* ago; the/),
    ]);
    expect((await readiness('gateway')).status).toBe(200);
    const exposed = await metrics();
    expect(exposed).toMatch(/^serin_rollout_unrecorded\{http_route="shop"\} 1$/m);
    expect(exposed).toMatch(/^serin_database_up 0$/m);
    expect(exposed).toMatch(/^serin_controller_leading 0$/m);
    expect(
      Number(/^serin_rollout_look_failures_total\{http_route="shop"\} (\d+)$/m.exec(exposed)?.[1]),
    ).toBeGreaterThan(2);
    const shown = await asAdmin('status', 'shop');
    expect([shown.code, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/braked at the gateway by serin.*not recorded/),
    ]);
    expect(shown.stdout).toMatch(/looked \d+ (s|min) ago; the \d+ looks since then have failed/);

    await comesBack(id);
    expect((await asAdmin('status', 'shop')).code).toBe(3);
    const kinds = (await caller.audit(id))?.map(({ event }) => event.kind);
    expect(kinds?.filter((kind) => kind === 'canaryBraked')).toHaveLength(1);
    expect(kinds?.at(-1)).toBe('canaryBraked');
    await expect.poll(metrics, AT_MOST).toMatch(/^serin_notifications_waiting\{channel="pagerduty"\} 0$/m);
    expect(pager.events.filter(({ action }) => action === 'trigger')).toHaveLength(1);
    expect((await asAdmin('audit', 'verify')).code).toBe(0);
  });

  it('one damaged record is named, keeps no other rollout from being looked at, and can be taken back', async () => {
    const { id } = await rollOut('v-damaged');
    const body = { route: 'books', canaryUrl: canary.url, version: 'v-whole', reason: 'ready' };
    const books = await caller.post<RolloutView>('/api/v1/rollouts', body);
    const sql = postgresClient(database.url, { max: 1, onnotice: () => {} });
    try {
      await sql`update rollouts set state = state - 'policy' || jsonb_build_object('kept', state -> 'policy') where id = ${id}`;
      await expect
        .poll(async () => (await readiness('control')).said, AT_MOST)
        .toContain(`shop: the rollout of v-damaged was last looked at`);
      const { status, said } = await readiness('control');
      expect([status, said]).toEqual([
        200,
        expect.stringMatching(/"degraded":true.*cannot be read: its policy is damaged/),
      ]);
      expect((await caller.rollout(books.id))?.look).toMatchObject({ overdueMs: 15_000, failures: 0, trouble: null });
      expect((await asAdmin('list')).stdout).toContain('books');
      const shown = await asAdmin('status', 'shop');
      expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/failed: The stored record of rollout/)]);

      const done = await asAdmin('rollback', 'shop', '--reason', 'its record is damaged', '--yes');
      expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/rolled back at the gateway/)]);
      expect(await isWithdrawn('v-damaged')).toBe(true);
      await sql`update rollouts set state = state - 'kept' || jsonb_build_object('policy', state -> 'kept') where id = ${id}`;
      await comesBack(id);
      expect((await caller.audit(id))?.at(-1)).toMatchObject({
        event: { kind: 'rolledBack' },
        reason: 'its record is damaged',
      });
    } finally {
      await sql.end();
      await asAdmin('abort', 'books', '--reason', 'the test is over', '--yes');
    }
  });

  it.each(['away', 'silent'] as const)('a person takes a canary back while the database is %s', async (kind) => {
    const version = `v-${kind}`;
    const { id } = await rollOut(version);
    proxy.mood = { kind };
    const paused = await asAdmin('pause', 'shop', '--reason', 'wait');
    expect([paused.code, paused.stderr]).toEqual([
      1,
      expect.stringMatching(/\. Try again in some seconds; rollback and abort work without the database\.\n$/),
    ]);
    const done = await asAdmin('rollback', 'shop', '--reason', 'baskets are empty', '--yes');
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toMatch(/rolled back at the gateway by .*not recorded yet.*baskets are empty/);
    await expect.poll(() => isWithdrawn(version), AT_MOST).toBe(true);
    expect((await readiness('control')).said).toMatch(
      /shop: rolled back by [^:]*: the gateway sends everything to the stable; not recorded yet/,
    );
    const refused = await asAdmin('pause', 'shop', '--reason', 'wait');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/database/)]);

    await comesBack(id);
    const audit = (await caller.audit(id)) ?? [];
    expect(audit.filter(({ event }) => event.kind === 'rolledBack')).toMatchObject([
      { reason: 'baskets are empty', actor: { role: 'admin' }, after: { stage: 'rolled-back' } },
    ]);
    expect(await isWithdrawn(version)).toBe(true);
  });

  it.each(['away', 'silent'] as const)(
    'a file that changes while the database is %s counts as a whole once it is back',
    async (kind) => {
      const route = `of-${kind}`;
      const more = `  - { name: ${route}, path: /${route}, stable: { url: "${stable.url}", version: v1 }, policy: even }\nchannels:`;
      const served = async () => (await fetch(`${server.gatewayUrl}/${route}/a`)).status;
      const successful = async () => /^serin_config_last_reload_successful (\d)$/m.exec(await metrics())?.[1];
      proxy.mood = { kind };
      home.write('serin.yaml', readFileSync(home.configFile, 'utf8').replace('channels:', more));
      const refused = await asAdmin('reload', '--reason', 'one more route');
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      // The command gives up sooner than the reading does.
      await expect.poll(successful, AT_MOST).toBe('0');
      expect(await served()).toBe(404);
      expect((await readiness('control')).said).toContain('the last good one stays in force');
      proxy.mood = { kind: 'clear' };
      await expect.poll(served, AT_MOST).toBe(200);
      expect(await successful()).toBe('1');
      const audit = await asAdmin('audit', '--limit', '20');
      expect(audit.stdout).toMatch(/configReloaded +the file has changed/);
    },
  );
});
