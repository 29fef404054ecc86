import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewView } from '../../src/api/preview/preview-view.ts';
import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { startPager } from '../support/pager.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  finalise: manual
  internal: { requests: 20 }
  steps:
    - { weight: 20%, dwell: 1h }
    - { weight: 50%, dwell: 1h }
  judge: { block: 1s, warmUp: 0s }
`;
const PER_SECOND = 40;

let toys: readonly ToyUpstream[];
let pager: Awaited<ReturnType<typeof startPager>>;
let home: Home;
let server: ServerProcess;
let traffic: Traffic;
let id: string;

const run = (...args: string[]) =>
  serinHere(args, { env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() } });
const caller = () => callerOf(() => ({ url: server.controlUrl, token: home.token() }));
const preview = (body: object) => caller().post<PreviewView>(`/api/v1/rollouts/${id}/preview`, body);
const view = async (): Promise<RolloutView> => {
  const found = await caller().rollout(id);
  if (!found) throw new Error('nobody answers');
  return found;
};
const audit = async (): Promise<readonly AuditView[]> => (await caller().audit(id)) ?? [];

/** The stage, the weight and the version that were promised are those that there are. */
async function isAsPromised({ after }: PreviewView): Promise<void> {
  const { stage, canaryBps, canaryWeight, version, active, paused } = await view();
  expect({ stage, canaryBps, canaryWeight, version, active, paused: paused !== null }).toEqual({
    stage: after?.stage,
    canaryBps: after?.canaryBps,
    canaryWeight: after?.canaryWeight,
    version: after?.version,
    active: after?.active,
    paused: after?.paused,
  });
}

beforeAll(async () => {
  toys = await Promise.all([toy('v1'), toy('v2')]);
  pager = await startPager();
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [mine.yaml]
channels:
  pagerduty: { routingKey: "\${PAGER_KEY}", eventsUrl: "${pager.url}" }
routes:
  - { name: shop, path: /shop, stable: { url: "${toys[0]?.url}", version: v1 }, policy: mine, consumerKey: { header: x-api-key } }
`);
  home.write('mine.yaml', POLICY);
  server = await startServerProcess(home, { PAGER_KEY: 'k'.repeat(32) });
  traffic = trafficTo(server.gatewayUrl, PER_SECOND, 300_000);
  await run('consumers', 'add', 'shop', 'acme', '--key-env', 'SERIN_TOKEN', '--to', 'canary', '--reason', 'first');
  const started = { route: 'shop', canaryUrl: toys[1]?.url, version: 'v2', reason: 'release' };
  ({ id } = await caller().post<RolloutView>('/api/v1/rollouts', started));
}, 120_000);

afterAll(async () => {
  await traffic.stop();
  server.child.kill('SIGTERM');
  await server.ended;
  await Promise.all([...toys, pager].map((one) => one.close()));
  home.remove();
});

describe('a preview, and then the deed', { timeout: 180_000 }, () => {
  it('are the same: of an advance, a rollback, a retry and a promotion, to the weight, the consumer and the messages', async () => {
    const advance = await preview({ verb: 'advance', to: 'step-1' });
    expect(advance.after).toMatchObject({ stage: 'step-1', canaryWeight: '20%' });
    expect(advance.consumers).toEqual([{ name: 'acme', to: 'canary' }]);
    expect((await audit()).at(-1)?.event.kind).toBe('preflightPassed');
    expect((await run('advance', 'shop', '--reason', 'tried')).code).toBe(0);
    await isAsPromised(advance);

    // Traffic that has been measured under the split.
    await expect
      .poll(async () => (await preview({ verb: 'rollback' })).requestsPerSecond ?? 0, {
        timeout: 60_000,
        interval: 500,
      })
      .toBeGreaterThan(PER_SECOND * 0.2 * 0.5);

    const before = await audit();
    const dry = await run('rollback', 'shop', '--dry-run');
    const told = await preview({ verb: 'rollback', reason: 'tried' });
    expect([dry.code, dry.stdout.trimEnd().split('\n')[0]]).toEqual([0, told.says[0]]);
    expect(dry.stdout).toMatch(
      /20% of the requests that no rule decides, about \d+(\.\d)? a second, go from v2 to v1 at once; v1 serves everybody then\.\nacme, who is listed, gets v1 then\.\n/,
    );
    expect(dry.stdout).toContain('v2 is blamed');
    expect([await audit(), (await view()).stage]).toEqual([before, 'step-1']);

    expect((await run('rollback', 'shop', '--yes', '--reason', 'tried')).code).toBe(0);
    await isAsPromised(told);
    expect((await audit()).at(-1)?.event.kind).toBe('rolledBack');
    const byAcme = await fetchOnce(`${server.gatewayUrl}/shop/orders`, { 'x-api-key': home.token() });
    expect([byAcme.status, await versionsServing()]).toEqual([200, ['v1']]);
    // No page was promised, and none came: the console has the note.
    expect(told.messages.map(({ kind, channel }) => `${kind} ${channel}`)).toEqual(['note console']);
    await expect.poll(() => server.output(), { timeout: 30_000 }).toContain(told.messages[0]?.summary);
    expect(pager.events).toEqual([]);

    const again = await run(
      'start',
      'shop',
      '--canary',
      toys[1]?.url ?? '',
      '--version-name',
      'v2',
      '--reason',
      'again',
    );
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--force')]);

    // Once more, and to everybody.
    const retry = await preview({ verb: 'retry' });
    expect(retry.after).toMatchObject({ stage: 'internal', attempt: 2 });
    ({ id } = await caller().post<RolloutView>(`/api/v1/rollouts/${id}/retry`, { reason: 'tried' }));
    expect(await view()).toMatchObject({ stage: 'internal', attempt: 2, version: retry.after?.version });

    const promotion = await preview({ verb: 'promote', full: true, reason: 'tried' });
    const changes = promotion.messages.filter(({ channel }) => channel === 'pagerduty');
    expect(changes).toMatchObject([{ kind: 'change' }]);
    expect(pager.events).toEqual([]);
    expect((await run('promote', 'shop', '--full', '--yes', '--reason', 'tried')).code).toBe(0);
    await isAsPromised(promotion);
    await expect
      .poll(() => pager.events, { timeout: 30_000 })
      .toEqual([expect.objectContaining({ action: 'change', summary: changes[0]?.summary })]);
    expect(await versionsServing()).toEqual(['v2']);

    const refused = await run('advance', 'shop', '--to', 'bake', '--dry-run');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('it would be refused: the next stage is finalised, not bake'),
    ]);
    expect((await run('advance', 'shop', '--to', 'bake', '--reason', 'tried')).code).toBe(1);
  });
});

async function versionsServing(): Promise<readonly string[]> {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      fetchOnce(`${server.gatewayUrl}/shop/orders`).then(({ headers }) => headers.get('x-serin-version')),
    ),
  );
  return [...new Set(answers.map(String))];
}
