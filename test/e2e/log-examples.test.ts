import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: logged }
spec:
  internal: { requests: 20 }
  steps: [{ weight: 50%, dwell: 1h }]
  checks: { logs: {} }
  judge: { block: 1s, warmUp: 0s }
`;

describe('an error that only the canary logs', () => {
  let home: Home;
  let server: ServerProcess;
  let caller: Caller;
  let sender = '';
  let upstreams: readonly TestUpstream[] = [];

  const log = async (line: object) => {
    const answer = await fetch(`${server.controlUrl}/api/v1/logs?route=shop`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sender}`, 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(line)}\n`,
    });
    expect(answer.status).toBe(200);
  };
  const ask = async (headers: Record<string, string> = {}) =>
    (await fetchOnce(`${server.gatewayUrl}/shop`, headers)).text();

  beforeAll(async () => {
    upstreams = await Promise.all(['v1', 'v2'].map((name) => httpUpstream((_, answer) => answer.end(name))));
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\npolicies: [logged.yaml]\n` +
        `routes:\n  - { name: shop, path: /shop, stable: { url: "${upstreams[0]?.url}", version: v1 }, policy: logged }\n`,
    );
    home.write('logged.yaml', POLICY);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const asked = { name: 'shop', role: 'logs:write', reason: 'logs' };
    sender = (await caller.post<{ token: string }>('/api/v1/tokens', asked)).token;
  });

  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('is held with redacted examples of its lines, in the API and by explain, which says that nobody knows whose they are', async () => {
    const start = { route: 'shop', canaryUrl: upstreams[1]?.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', start);
    await expect.poll(() => ask({ 'x-serin-version': 'canary' }), { timeout: 20_000 }).toBe('v2');
    for (let at = 0; at < 40; at += 1) {
      await ask();
      await log({ level: 'info', message: 'served', version: 'v1' });
      await ask({ 'x-serin-version': 'canary' });
      await log({ level: 'error', message: `cart ${at} of ada@example.com is gone`, logger: 'cart', version: 'v2' });
    }
    const held = async () =>
      (await caller.rollout(id))?.verdict?.reservations?.flatMap(({ differences = [] }) => differences) ?? [];
    await expect.poll(async () => (await held()).length, { timeout: 30_000 }).toBe(1);
    const examples = Array.from({ length: 3 }, () => ({
      track: 'canary',
      text: expect.stringMatching(/^cart \d+ of \[email\] is gone$/),
    }));
    expect(await held()).toMatchObject([{ kind: 'new-template', place: 'cart', consumers: [], examples }]);
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const { stdout } = await serin(['explain', 'shop'], { env });
    expect(stdout).toContain('consumers     unknown: log lines do not say whose request it was');
    expect(stdout).toMatch(/canary said {3}cart \d+ of \[email\] is gone/);
    expect(stdout).not.toContain('ada@');
  });
});
