import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { unitDraws, unitOf, unitSaltOf } from '../../src/split/unit-draw.ts';
import { callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: heavy }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 20%, dwell: 1h }]
  judge: { block: 1s, warmUp: 0s }
  heavyKeys: last
`;

const DRAWS = unitDraws('shop', 'v2', 1);
const drawOf = (user: string) => DRAWS[unitOf(unitSaltOf('shop'), user)] ?? 1;
const USERS = Array.from({ length: 80 }, (_, user) => `user-${user}`);
const CANARYS = USERS.filter((user) => drawOf(user) < 0.2);
const HEAVY = Array.from({ length: 1_000 }, (_, user) => `heavy-${user}`).find((user) => drawOf(user) < 0.2) ?? '';
/** Two rounds of the keeper: one learns the latencies at which answers are counted. */
const KNOWN_MS = 40_000;

describe('a sticky route with a heavy key, and a policy that lets it come last', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let beat: NodeJS.Timeout;

  const ask = async (user: string) => {
    const { headers, body } = await request(`${server.gatewayUrl}/shop`, { headers: { 'x-user': user } });
    await body.dump();
    return String(headers['x-serin-version']);
  };

  beforeAll(async () => {
    for (let version = 0; version < 2; version++) {
      upstreams.push(await httpUpstream((_, outgoing) => void outgoing.writeHead(200).end('ok')));
    }
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [heavy.yaml]\nroutes:\n` +
        `  - { name: shop, path: /shop, stable: { url: "${upstreams[0]?.url}", version: v1 }, policy: heavy, sticky: { header: x-user } }\n`,
    );
    home.write('heavy.yaml', POLICY);
    server = await startServerProcess(home);
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      // 7 and 80 have no common factor.
      const user = sent % 2 === 0 ? HEAVY : (USERS[(7 * sent) % USERS.length] ?? '');
      void ask(user).catch(() => undefined);
    }, 10);
  });

  afterAll(async () => {
    clearInterval(beat);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('keeps it on the stable below 100 %, says so, and goes on with that after a restart', {
    timeout: 120_000,
  }, async () => {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    await sleep(KNOWN_MS);
    const body = { route: 'shop', canaryUrl: upstreams[1]?.url, version: 'v2', reason: 'ready' };
    const { id, heavyLast } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    expect(heavyLast?.keys).toBeGreaterThanOrEqual(1);
    expect(heavyLast?.share).toBeGreaterThan(0.4);
    // The draw gave it to the canary.
    await expect.poll(() => ask(CANARYS[0] ?? ''), { timeout: 20_000, interval: 100 }).toBe('v2');
    expect(await ask(HEAVY)).toBe('v1');

    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    server = await startServerProcess(home);
    await expect.poll(() => ask(CANARYS[0] ?? ''), { timeout: 20_000, interval: 100 }).toBe('v2');
    expect(await ask(HEAVY)).toBe('v1');
    expect((await caller.rollout(id))?.heavyLast).toEqual(heavyLast);

    await caller.post(`/api/v1/rollouts/${id}/promote`, { reason: 'all', full: false });
    await expect.poll(() => ask(HEAVY), { timeout: 20_000, interval: 100 }).toBe('v2');
  });
});
