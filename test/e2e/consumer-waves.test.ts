import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import type { ConsumerReport } from '../../src/consumers/ledger/report.ts';
import { callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: breaking }
spec:
  internal: { requests: 0, dwell: 0s }
  consumers: { default: stable, onHarm: move-back }
  steps:
    - { consumers: listed, dwell: 0s }
  bake: { dwell: 1h }
`;

const LIST = `apiVersion: serin.dev/v1
kind: ConsumerList
consumers:
  - { name: acme, keyEnv: ACME_KEY, wave: 1, group: beta, due: 2020-01-01, contact: api@acme.example }
  - { name: globex, keyFile: ./globex.key, wave: 2, group: beta }
  - name: initech
    keyHash: sha256:HASH
    wave: 2
`;

const KEYS = { acme: 'k-acme', globex: 'k-globex', initech: 'k-initech' };

let upstreams: readonly TestUpstream[] = [];
let home: Home;
let server: ServerProcess;
let beat: NodeJS.Timeout;
/** Keys that v2 fails. */
const broken = new Set<string>();
const seen = { answers: 0, failed: 0, mixed: [] as string[] };

beforeAll(async () => {
  upstreams = await Promise.all(
    ['v1', 'v2'].map((version) =>
      httpUpstream((incoming, outgoing) => {
        incoming.resume();
        const fails = version === 'v2' && broken.has(String(incoming.headers['x-api-key']));
        outgoing.writeHead(fails ? 500 : 200, { 'content-length': 2 }).end(version);
      }),
    ),
  );
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [breaking.yaml]
routes:
  - { name: shop, path: /shop, stable: { url: "${upstreams[0]?.url}", version: v1 }, policy: breaking, consumerKey: { header: x-api-key } }
`);
  home.write('breaking.yaml', POLICY);
  home.write('globex.key', `${KEYS.globex}\n`);
  server = await startServerProcess(home);
  // Nobody who was moved may meet the old version again.
  const moved = new Set<string>();
  beat = setInterval(() => {
    for (const key of [...Object.values(KEYS), 'k-nobody']) {
      const wasMoved = moved.has(key);
      void versionOf(key).then(
        (version) => {
          seen.answers += 1;
          if (version === 'v2') moved.add(key);
          else if (wasMoved) seen.mixed.push(key);
        },
        () => {
          seen.failed += 1;
        },
      );
    }
  }, 50);
}, 60_000);

afterAll(async () => {
  clearInterval(beat);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  for (const upstream of upstreams) await upstream.close();
  home.remove();
});

async function versionOf(key: string): Promise<string> {
  const answer = await fetchOnce(`${server.gatewayUrl}/shop/orders`, { 'x-api-key': key });
  return answer.text();
}

const versions = () => Promise.all([...Object.values(KEYS), 'k-nobody'].map(versionOf));

const ask = (path: string) =>
  fetch(`${server.controlUrl}${path}`, { headers: { authorization: `Bearer ${home.token()}` } });

const run = (...args: readonly string[]) =>
  serin(['consumers', ...args], {
    cwd: home.folder,
    env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token(), ACME_KEY: KEYS.acme },
  });

describe('three consumers in two waves', () => {
  it('are listed from a file, moved while traffic flows, and each change is seen before and is one entry', async () => {
    const hash = createHash('sha256').update(KEYS.initech).digest('hex');
    const file = home.write('consumers.yaml', LIST.replace('HASH', hash));
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const started = { route: 'shop', canaryUrl: upstreams[1]?.url, version: 'v2', reason: 'breaking' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', started);

    const dry = await run('import', 'shop', file, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/acme +not listed -> stable/) });
    expect((await run('list', 'shop', '-o', 'json')).stdout).toBe('[]\n');
    expect(await run('import', 'shop', file, '--reason', 'all of them')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give --yes'),
    });
    const imported = await run('import', 'shop', file, '--reason', 'all of them', '--yes');
    expect(imported).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('3 consumers of shop changed, as one entry of the audit'),
    });
    for (const key of Object.values(KEYS)) expect(imported.stdout + imported.stderr).not.toContain(key);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 20_000 }).toBe('step-1');
    expect(await versions()).toEqual(['v1', 'v1', 'v1', 'v1']);
    expect((await run('list', 'shop')).stdout).toMatch(/acme +stable +v1 +beta +1 +2020-01-01 overdue/);

    const first = await run('move', 'shop', '--wave', '1', '--yes', '--reason', 'first wave');
    expect(first.stderr).toMatch(/acme +stable -> canary +v1 -> v2/);
    expect(await versions()).toEqual(['v2', 'v1', 'v1', 'v1']);
    const share = await run('move', 'shop', '--group', 'beta', '--share', '30%', '--yes', '--reason', 'a third');
    expect(share.stdout).toMatch(/Nothing of the consumers of shop is changed/);
    const tooMuch = await run('move', 'shop', '--group', 'beta', '--share', '200%', '--yes', '--reason', 'all');
    expect(tooMuch).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--share 200% is no share from 0% to 100%'),
    });

    const old = (await ask('/api/v1/routes/shop/consumers')).headers.get('etag');
    const second = await run('move', 'shop', '--wave', '2', '--yes', '--reason', 'second wave');
    expect(second.stderr).toMatch(/2 consumers get another version at once/);
    expect(await versions()).toEqual(['v2', 'v2', 'v2', 'v1']);

    const late = await fetch(`${server.controlUrl}/api/v1/routes/shop/consumer-changes`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${home.token()}`,
        'content-type': 'application/json',
        'if-match': old ?? '',
      },
      body: JSON.stringify({ kind: 'move', who: { wave: 1 }, to: 'stable', reason: 'too late' }),
    });
    expect([late.status, await late.text()]).toEqual([
      412,
      expect.stringMatching(/changed globex, initech last \(audit \d+: “second wave”\)/),
    ]);

    await fetch(`${server.gatewayUrl}/shop/orders`);
    const told = await run('report', 'shop', '--days', '7');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const today = new Date().toISOString().slice(0, 10);
    expect(told.stdout).toMatch(new RegExp(`acme +1 +v2 +${today} +\\d+ +0% \\S+ms +0% \\S+ms\n`));
    expect(told.stdout).toMatch(/Not listed: [\d,]+ requests \(\S+%\), 1 credential\n {2}[0-9a-f]{12} /);
    for (const line of told.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const figures = JSON.parse((await run('report', 'shop', '-o', 'json')).stdout) as ConsumerReport;
    expect(figures).toMatchObject({ versions: { before: 'v1', after: 'v2' }, withoutCredential: { requests: 1 } });
    for (const { before, after } of figures.consumers) {
      expect([before.requests > 0, (after?.requests ?? 0) > 0, before.errorShare]).toEqual([true, true, 0]);
    }
    const { listed, unlisted } = figures;
    expect(unlisted.byVersion.map(({ version }) => version)).toEqual(['v1']);
    expect(listed.requests).toBeGreaterThan(2 * unlisted.requests);
    const csv = await fetch(`${server.controlUrl}/api/v1/routes/shop/consumer-report`, {
      headers: { authorization: `Bearer ${home.token()}`, accept: 'text/csv' },
    });
    expect([csv.status, csv.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    expect((await csv.text()).split('\r\n')[0]).toBe((await run('report', 'shop', '--csv')).stdout.split('\r\n')[0]);

    const audit = (await (await ask('/api/v1/audit?route=shop&limit=10')).json()) as AuditView[];
    const lists = audit.filter(({ event }) => event.kind.startsWith('consumers'));
    expect(lists.map(({ event, reason }) => [event.kind, reason])).toEqual([
      ['consumersMoved', 'second wave'],
      ['consumersMoved', 'first wave'],
      ['consumersImported', 'all of them'],
    ]);
    expect(lists[0]).toMatchObject({
      before: { globex: { rule: 'stable', group: 'beta', wave: 2 }, initech: { rule: 'stable', due: null } },
      after: { globex: { rule: 'canary' }, initech: { rule: 'canary' } },
    });
    expect(JSON.stringify(lists)).not.toContain('keyHash');
    expect(seen).toMatchObject({ failed: 0, mixed: [] });
    expect(seen.answers).toBeGreaterThan(20);

    // One that fares worse than in its own past is moved back; the others stay.
    broken.add(KEYS.globex);
    const ruleOf = async () => {
      const listed = (await (await ask('/api/v1/routes/shop/consumers')).json()) as { name: string; rule: string }[];
      return Object.fromEntries(listed.map(({ name, rule }) => [name, rule]));
    };
    await expect.poll(ruleOf, { timeout: 100_000, interval: 1_000 }).toMatchObject({ globex: 'stable' });
    expect(await ruleOf()).toEqual({ acme: 'canary', globex: 'stable', initech: 'canary' });
    await expect.poll(versions, { timeout: 10_000 }).toEqual(['v2', 'v1', 'v2', 'v1']);
    const newest = (await (await ask('/api/v1/audit?route=shop&limit=2')).json()) as AuditView[];
    const says = expect.stringMatching(/^globex was moved back to v1: [\d,]+ of [\d,]+ requests failed on v2/);
    expect(newest).toMatchObject([
      { event: { kind: 'consumersMoved', to: 'stable' }, actor: { role: 'serin' }, reason: says },
      { event: { kind: 'consumerMovedBack', consumer: 'globex' }, actor: { role: 'serin' }, reason: says },
    ]);
    const [rollout] = (await (await ask('/api/v1/rollouts?route=shop&active=true')).json()) as RolloutView[];
    expect(rollout).toMatchObject({ stage: 'step-1', openPage: null });
    const advanced = await serin(['advance', 'shop', '--yes', '--reason', 'on'], {
      cwd: home.folder,
      env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() },
    });
    expect(advanced.stderr).toContain('1 listed consumer still needs v1: globex; move them first');
    expect(advanced.code).not.toBe(0);
  }, 180_000);
});
