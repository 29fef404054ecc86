import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: logged }
spec:
  internal: { requests: 20 }
  steps: [{ weight: 50%, dwell: 1h }]
  checks: { logs: {} }
  judge: { block: 5s, warmUp: 0s }
`;
const FORCED = 20;

describe('what versions log before the first look at them', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let caller: Caller;
  let sender: string;

  const ask = async (headers: Record<string, string> = {}) =>
    (await fetchOnce(`${server.gatewayUrl}/shop`, headers)).text();
  const force = () => ask({ 'x-serin-version': 'canary' });
  const send = async (lines: readonly object[]) => {
    const answer = await fetch(`${server.controlUrl}/api/v1/logs?route=shop`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sender}`, 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    });
    return answer.json();
  };

  beforeAll(async () => {
    for (const name of ['v1', 'v2']) upstreams.push(await httpUpstream((_, answer) => answer.end(name)));
    home = makeHome(
      'gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 5s }\n' +
        `policies: [logged.yaml]\nroutes:\n  - { name: shop, path: /shop, stable: { url: "${upstreams[0]?.url}", version: v1 }, policy: logged }\n`,
    );
    home.write('logged.yaml', POLICY);
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const asked = { name: 'shop', role: 'logs:write', reason: 'logs' };
    ({ token: sender } = await caller.post<{ token: string }>('/api/v1/tokens', asked));
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('counts from the start of the rollout on, and what the canary logged before it is held against nobody', async () => {
    expect(await send([{ level: 'error', message: 'cannot start yet', version: 'v2' }])).toMatchObject({
      counts: { unwatched: 1, counted: 0 },
    });
    const body = { route: 'shop', canaryUrl: upstreams[1]?.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(force, { timeout: 20_000 }).toBe('v2');
    // A line counts in the block of its time, which has to be that of its request.
    const lost = (at: number) => ({
      level: 'error',
      message: `order ${at} is lost`,
      version: 'v2',
      time: new Date().toISOString(),
    });
    await send([lost(0), { level: 'info', message: 'served', version: 'v1' }]);
    // Each at once: a look may come at any time, and judges without those that come later.
    for (let forced = 1; forced < FORCED; forced += 1) {
      await Promise.all([force().then(() => send([lost(forced)])), ask()]);
    }
    const reason = async () => (await caller.rollout(id))?.verdict?.reason ?? '';
    await expect.poll(reason, { timeout: 40_000 }).toMatch(/error "order <\*> is lost" \((?:1[5-9]|20)\)/);
    expect(await reason()).not.toContain('cannot start yet');
  });
});
