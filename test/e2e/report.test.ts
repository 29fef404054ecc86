import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportView } from '../../src/api/report/report-schema.ts';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const PRELOAD = pathToFileURL(`${import.meta.dirname}/../support/set-clock.ts`).href;
const A_MONTH = 31 * 86_400_000;
const AT_MOST = { timeout: 60_000, interval: 200 };

const policyText = (dwell: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: payments }
spec:
  internal: { requests: 2, maxErrors: 0 }
  steps: [{ weight: 30%, dwell: ${dwell} }]
`;

describe('the report of a rollout, from a whole Serin', () => {
  let upstreams: readonly TestUpstream[];
  let home: Home;
  let server: ServerProcess;
  let id: string;
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));

  const upstream = (status: number) =>
    httpUpstream(({ url = '' }, outgoing) => {
      outgoing.writeHead(url.includes('/healthz') ? 200 : status).end('said');
    });
  const urlOf = (index: number) => upstreams[index]?.url ?? '';
  const routes = (name: string) => `gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [payments.yaml]
routes:
  - { name: ${name}, stable: { url: "${urlOf(0)}", version: v1 }, policy: payments, health: /healthz }
`;
  const serve = async () => {
    server = await startServerProcess(home, {
      NODE_OPTIONS: `--import ${PRELOAD}`,
      SERIN_TEST_CLOCK: `${home.folder}/clock`,
    });
  };
  const start = (index: number, version: string) =>
    caller.post<RolloutView>('/api/v1/rollouts', {
      route: 'payments',
      canaryUrl: urlOf(index),
      version,
      reason: 'ready',
    });
  const ask = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${server.controlUrl}/api/v1/rollouts/${id}/report`, {
      headers: { authorization: `Bearer ${home.token()}`, ...headers },
    });
    return { status: answer.status, text: await answer.text(), of: answer.headers };
  };
  const report = async () => JSON.parse((await ask()).text) as ReportView;
  const command = (...args: readonly string[]) =>
    serin(args, { cwd: home.folder, env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() } });

  beforeAll(async () => {
    upstreams = await Promise.all([upstream(200), upstream(500), upstream(200)]);
    home = makeHome(routes('payments'));
    home.write('payments.yaml', policyText('1h'));
    home.write('clock', '0');
    await serve();
    ({ id } = await start(1, 'v2'));
  });

  afterAll(async () => {
    server?.child.kill('SIGTERM');
    await server?.ended;
    await Promise.all(upstreams.map((one) => one.close()));
    home?.remove();
  });

  it('is told while it runs, and never changes once it has ended', async () => {
    expect(await report()).toMatchObject({ final: false, rollout: { id, endedAt: null } });
    const forced = { 'x-serin-version': 'canary' };
    await expect.poll(async () => (await fetchOnce(`${server.gatewayUrl}/`, forced)).status, AT_MOST).toBe(500);
    await expect.poll(async () => (await report()).final, AT_MOST).toBe(true);
    const { text, of } = await ask();
    const told = JSON.parse(text) as ReportView;
    expect(told).toMatchObject({
      title: 'payments v2 was rolled back in the internal phase',
      lead: expect.stringMatching(
        /^On \d+ \w+ \d{4} at [\d:]{8} UTC Serin rolled payments back from v2 to v1 in the internal phase: /,
      ),
      rollout: { stage: 'rolled-back', startedBy: 'local admin' },
      policy: { promised: expect.arrayContaining(['No override was made.']) },
      cost: { canaryRequests: expect.any(Number) },
      trail: { at: expect.arrayContaining([expect.any(Number)]) },
    });
    expect(told.happened.map(({ title }) => title)).toEqual([
      'started',
      'preflight -> internal',
      'in internal, rolled back',
      'paged: console',
    ]);
    await readsAsText(told);
    await canBeChecked(told);
    await livesOn(told);
    expect((await ask()).text).toBe(text);
    expect(await ask({ 'if-none-match': of.get('etag') ?? '' })).toMatchObject({ status: 304, text: '' });
    await restartAMonthLater();
    const later = await ask();
    expect([later.text, later.of.get('etag')]).toEqual([text, of.get('etag')]);
  });

  async function readsAsText({ title, says }: ReportView) {
    const { code, stdout, stderr } = await command('report', 'payments');
    const lines = stdout.trimEnd().split('\n');
    expect([code, stderr, lines[0]]).toEqual([0, '', title]);
    expect(stdout.replaceAll(/\s+/g, ' ').trimEnd().endsWith(says)).toBe(true);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }

  /** What the report says that anybody may run. */
  async function canBeChecked({ verify, policy, happened }: ReportView) {
    for (const { command: line, says } of verify) {
      const [typed = '', file] = line.split(' > ');
      const { code, stdout } = await command(...typed.split(' ').slice(1));
      expect([line, code]).toEqual([line, 0]);
      if (file !== undefined) home.write(file, stdout);
      const hashes = happened.flatMap(({ hash }) => (hash === null ? [] : [hash]));
      if (typed.includes(' --rollout ')) for (const hash of hashes) expect(stdout).toContain(hash);
      if (typed.includes(' verify'))
        expect([stdout, says]).toEqual([
          expect.stringMatching(/intact/),
          expect.stringContaining(hashes.at(-1) ?? 'none'),
        ]);
      if (typed.includes(' validate ')) expect(stdout).toContain(`valid (payments, ${policy.digest})`);
    }
  }

  /** The policy is edited, and another version promoted, which answers the page of the first. */
  async function livesOn({ policy }: ReportView) {
    home.write('payments.yaml', policyText('2h'));
    const next = await start(2, 'v3');
    expect(next.policy.digest).not.toBe(policy.digest);
    await expect.poll(async () => (await caller.rollout(next.id))?.stage, AT_MOST).toBe('internal');
    await caller.post(`/api/v1/rollouts/${next.id}/promote`, { full: true, reason: 'shown' });
    await expect.poll(async () => (await caller.audit(id))?.at(-1)?.event.kind, AT_MOST).toBe('pageResolved');
    await expect.poll(async () => (await caller.rollout(next.id))?.stage, AT_MOST).toBe('finalised');
  }

  async function restartAMonthLater() {
    server.child.kill('SIGTERM');
    await server.ended;
    home.write('clock', String(A_MONTH));
    home.write('serin.yaml', routes('another'));
    await serve();
    const { openPage, policy } = (await caller.rollout(id)) ?? {};
    expect([openPage, policy?.changed]).toEqual([null, true]);
  }
});
