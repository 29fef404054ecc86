import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import type { Traffic } from '../../src/demo/traffic.ts';
import { callerOf, toy, trafficTo } from '../support/cast.ts';
import { evenPolicy } from '../support/even-policy.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { issuer, keySet } from '../support/issuer.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { isShort } from '../support/short.ts';

const RELOADS = isShort ? 20 : 200;
const POLICY = evenPolicy('judge: { minBlocks: 100, warmUp: 0s }');

let stable: ToyUpstream;
let canary: ToyUpstream;
let home: Home;
let server: ServerProcess;
let traffic: Traffic;
let rollout: string;

/** The file, with other values each time; `shop` has a rollout. */
const file = ({ answer = '30s', listen = '127.0.0.1:0', shop = '/shop', more = '', proxies = '' } = {}) => `
gateway: { listen: "${listen}", trustedProxies: [${proxies}] }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [even.yaml]
routes:
  - { name: shop, path: ${shop}, stable: { url: "${stable.url}", version: v1 }, policy: even, sticky: request, timeouts: { answer: ${answer} } }
${more}channels: { console: false }
`;
const side = () => `  - { name: side, path: /side, stable: { url: "${stable.url}", version: v1 }, policy: even }\n`;
/** A route whose consumers are known by tokens of this audience. */
const keyed = (audience: string) =>
  `${side().replace(/ }\n$/, '')}, consumerKey: { jwt: { jwks: jwks.json, issuer: "https://issuer.test", audience: "${audience}" } } }\n`;
const caller = () => callerOf(() => ({ url: server.controlUrl, token: home.token() }));
const reload = async (body: object = {}) => {
  const answer = await fetch(new URL('/api/v1/reload', server.controlUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${home.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'tried', ...body }),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
};
const readyz = async () => (await fetch(new URL('/readyz', server.controlUrl))).json();
const metric = async (name: string) => {
  const text = await (await fetch(new URL('/metrics', server.controlUrl))).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
};
const sideStatus = async () => (await fetchOnce(`${server.gatewayUrl}/side/a`)).status;

// One goes on where the other ended.
describe('a Serin whose files change', { shuffle: false }, () => {
  beforeAll(async () => {
    const swift = { errorRate: 0, p50Ms: 2, p99Ms: 5 };
    [stable, canary] = await Promise.all([toy('v1', swift), toy('v2', swift)]);
    home = makeHome('');
    home.write('serin.yaml', file());
    home.write('even.yaml', POLICY);
    server = await startServerProcess(home);
    traffic = trafficTo(server.gatewayUrl, 200, 600_000);
    const body = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: 'ready' };
    ({ id: rollout } = await caller().post<RolloutView>('/api/v1/rollouts', body));
  });

  afterAll(async () => {
    await traffic.stop();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all([stable.close(), canary.close()]);
    home.remove();
  });

  it(`loses no request and no block in ${RELOADS} reloads under load`, { timeout: 300_000 }, async () => {
    await expect.poll(() => traffic.counts().byVersion['v2'] ?? 0, { timeout: 20_000 }).toBeGreaterThan(20);
    for (let at = 0; at < RELOADS; at++) {
      home.write('serin.yaml', file({ answer: `${31 + (at % 7)}s`, more: at % 2 === 0 ? side() : '' }));
      expect((await reload()).status).toBe(200);
      expect(await sideStatus()).toBe(at % 2 === 0 ? 200 : 404);
    }
    expect(traffic.counts().failed).toBe(0);
    await traffic.stop();
    const { sent, answered, byVersion } = traffic.counts();
    const seen = byVersion['v2'] ?? 0;
    // Every answer of the canary that a client had is in a block that a look has taken, and no other is: but for those that were under way.
    const counted = async () => (await caller().rollout(rollout))?.cost?.canaryRequests ?? 0;
    await expect.poll(counted, { timeout: 30_000 }).toBeGreaterThanOrEqual(seen);
    expect(await counted()).toBeLessThanOrEqual(seen + sent - answered);
    expect((await caller().rollout(rollout))?.stage).toBe('step-1');
  });

  it('refuses a file as a whole, with each place, and goes on with the last good one', async () => {
    home.write('serin.yaml', file({ answer: '44s', shop: '/elsewhere' }));
    const refused = await reload();
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('path of the route shop cannot change while the rollout of v2 runs there');
    expect(refused.body.detail).toContain('serin abort shop');
    expect(refused.body.errors[0].detail).toMatch(/serin\.yaml:7:25 /);
    home.write('serin.yaml', `${file({ answer: '44s' })}gateways: {}\n`);
    server.child.kill('SIGHUP');
    await expect.poll(() => metric('serin_config_last_reload_successful')).toBe(0);
    expect(await readyz()).toMatchObject({ ready: true, degraded: true });
    await expect.poll(async () => (await readyz()).problems.join()).toContain('unknown key gateways');
    const shown = await serin(['export', '--server', server.controlUrl, '--token', home.token()], { cwd: home.folder });
    expect(shown.stdout).not.toContain('44s');
  });

  it('says what needs a restart, applies the rest, and has the difference in its audit', async () => {
    home.write('serin.yaml', file({ answer: '45s', listen: '127.0.0.1:1' }));
    const { body } = await reload();
    expect(body).toMatchObject({
      applied: [{ path: 'routes.shop.timeouts', after: { answer: '45s' } }],
      waiting: [{ path: 'gateway.listen', after: '127.0.0.1:1', effect: 'needs-restart' }],
    });
    expect((await readyz()).problems.join()).toContain('gateway.listen');
    const diff = await serin(['diff', 'serin.yaml', '--server', server.controlUrl, '--token', home.token()], {
      cwd: home.folder,
    });
    expect([diff.code, diff.stdout]).toEqual([1, expect.stringMatching(/^gateway\.listen .*needs a restart$/m)]);
    const audit = await serin(['audit', '--limit', '1', '--server', server.controlUrl, '--token', home.token()]);
    expect(audit.stdout).toMatch(/local admin +token +- +configReloaded +“tried”/);
  });

  it('believes no more what a reload took away, while requests flow, and shows no secret', async () => {
    const flow = trafficTo(server.gatewayUrl, 100, 60_000);
    const [former, present] = [issuer('k1'), issuer('k1')];
    const told = async (token: string) => {
      const outcomes = async () => (await (await fetch(new URL('/metrics', server.controlUrl))).text()).split('\n');
      const before = await outcomes();
      await fetchOnce(`${server.gatewayUrl}/side/a`, { authorization: `Bearer ${token}` });
      const isNew = (line: string) =>
        /http_route="side",outcome=/.test(line) && !line.endsWith(' 0') && !before.includes(line);
      await expect.poll(async () => (await outcomes()).filter(isNew).length).toBe(1);
      return /outcome="([^"]+)"/.exec((await outcomes()).find(isNew) ?? '')?.[1];
    };
    home.write('jwks.json', keySet(former));
    home.write('serin.yaml', file({ more: keyed('one') }));
    expect((await reload()).status).toBe(200);
    const [old, other] = [former.token({ aud: 'one' }), present.token({ aud: 'one' })];
    expect([await told(old), await told(other)]).toEqual(['verified', 'bad-signature']);
    home.write('jwks.json', keySet(present));
    server.child.kill('SIGHUP');
    await expect.poll(() => told(old), { timeout: 10_000 }).toBe('bad-signature');
    expect(await told(other)).toBe('verified');
    const proto = async () => {
      const answer = await fetchOnce(`${server.gatewayUrl}/side/echo`, { 'x-forwarded-proto': 'https' });
      return /x-forwarded-proto","(\w+)"/i.exec(await answer.text())?.[1];
    };
    expect(await proto()).toBe('http');
    home.write('serin.yaml', file({ more: keyed('two'), proxies: '127.0.0.1' }));
    expect((await reload()).status).toBe(200);
    expect([await told(other), await proto()]).toEqual(['wrong-audience', 'https']);
    home.write(
      'serin.yaml',
      `${file({ more: keyed('two') })}sources: { a: { kind: json, url: "https://a.test", auth: { bearer: hunter2 } } }\n`,
    );
    const refused = await reload();
    expect([refused.status, server.output()]).toEqual([422, expect.stringContaining('bearer: *******')]);
    expect(`${JSON.stringify(refused.body)} ${JSON.stringify(await readyz())} ${server.output()}`).not.toContain(
      'hunter2',
    );
    home.write('serin.yaml', file());
    expect([(await reload()).status, await sideStatus()]).toEqual([200, 404]);
    expect(flow.counts()).toMatchObject({ failed: 0 });
    await flow.stop();
  });

  it('follows its files by itself, also behind a symbolic link; a running rollout keeps its policy', async () => {
    home.write('even.yaml', POLICY.replace('minBlocks: 100', 'minBlocks: 99'));
    const isChanged = async () => (await caller().rollout(rollout))?.policy.changed;
    await expect.poll(isChanged, { timeout: 20_000 }).toBe(true);
    const folder = join(home.folder, '..data-1');
    mkdirSync(folder);
    home.write('..data-1/serin.yaml', file({ more: side() }));
    symlinkSync(join('..data-1', 'serin.yaml'), join(home.folder, 'next'));
    renameSync(join(home.folder, 'next'), home.configFile);
    await expect.poll(sideStatus, { timeout: 20_000 }).toBe(200);
    await expect.poll(readyz).toMatchObject({ degraded: false });
  });
});
