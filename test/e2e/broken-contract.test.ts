import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const policyOf = (name: string, internal: number) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: ${name} }
spec:
  internal: { requests: ${internal} }
  steps: [{ weight: 20%, dwell: 1h }]
  judge: { block: 1s, warmUp: 0s }
`;

/** Requests of the route that is tried, every 20 ms; whoever gets no answer from it for so long leaves. */
const EVERY_MS = 20;
const PATIENCE_MS = 2_000;

/** A health request is answered well by all of them. */
const well: RequestListener = (_, outgoing) => void outgoing.end('ok');
const lost: RequestListener = ({ url = '' }, outgoing) =>
  void outgoing.writeHead(url.startsWith('/orders') ? 404 : 200).end();
/** Everybody is sent to the login, or told nothing. */
const away: RequestListener = ({ url = '' }, outgoing) =>
  void (url.startsWith('/orders') ? outgoing.writeHead(302, { location: '/login' }) : outgoing).end();
const mute: RequestListener = ({ url = '' }, outgoing) =>
  void outgoing.writeHead(url.startsWith('/orders') ? 204 : 200).end();
const hung: RequestListener = ({ url = '' }, outgoing) => {
  if (!url.startsWith('/orders')) outgoing.end();
};

describe('a canary whose harm is no error', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;
  /** The only route that gets traffic: six of them would be a load, and make the stable slow. */
  let tried: string | null = null;
  let caller: Caller;

  const upstream = async (answer: RequestListener) => {
    const made = await httpUpstream(answer);
    upstreams.push(made);
    return made.url;
  };
  const start = async (route: string, answer: RequestListener) => {
    tried = route;
    const body = { route, canaryUrl: await upstream(answer), version: 'v2', reason: 'ready' };
    return (await caller.post<RolloutView>('/api/v1/rollouts', body)).id;
  };
  const ask = async (path: string, headers: Record<string, string> = {}, patienceMs = 10 * PATIENCE_MS) => {
    const signal = AbortSignal.timeout(patienceMs);
    const { statusCode, body } = await clients.request({ method: 'GET', path, headers, signal });
    await body.dump();
    return statusCode;
  };
  const rolledBack = async (id: string) => {
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 30_000 }).toBe('rolled-back');
  };

  beforeAll(async () => {
    const stable = await upstream(well);
    const route = (name: string, policy: string, sticky: string) =>
      `  - { name: ${name}, path: /${name}, stable: { url: "${stable}", version: v1 }, policy: ${policy}, sticky: ${sticky} }\n`;
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [plain.yaml, tried.yaml]\nroutes:\n` +
        `${route('lost', 'plain', 'request')}${route('hung', 'plain', 'request')}` +
        `${route('away', 'plain', 'request')}${route('mute', 'tried', 'request')}` +
        `${route('one', 'plain', 'client-address')}${route('tried', 'tried', 'request')}`,
    );
    home.write('plain.yaml', policyOf('plain', 0));
    home.write('tried.yaml', policyOf('tried', 20));
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    clients = new Pool(server.gatewayUrl, { connections: 200 });
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      if (tried !== null) void ask(`/${tried}/orders/${sent}`, {}, PATIENCE_MS).catch(() => undefined);
    }, EVERY_MS);
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it('is rolled back for 404 to everything', async () => {
    const id = await start('lost', lost);
    await rolledBack(id);
    const { verdict } = (await caller.rollout(id)) ?? {};
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'clientErrors' });
    expect(verdict?.reason).toMatch(/^canary 4xx answers 100 % against 0 % \(margin 100 % \+ 10 pp/);
  });

  it('is rolled back for a redirect to everything, which its quick answers do not make up for', async () => {
    const id = await start('away', away);
    await rolledBack(id);
    const { verdict } = (await caller.rollout(id)) ?? {};
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'redirects' });
    expect(verdict?.reason).toMatch(
      /^100 % of the canary's requests were redirected \(302\), 0 % of the stable's \(margin/,
    );
    expect(verdict?.findings.find(({ check }) => check === 'p50')?.requests.canary).toBe(0);
  });

  it('is rolled back when it hangs and clients leave first', async () => {
    const id = await start('hung', hung);
    await rolledBack(id);
    const { verdict } = (await caller.rollout(id)) ?? {};
    const unanswered = verdict?.findings.find(({ check }) => check === 'unanswered');
    // A busy machine may keep somebody from an answer of the stable.
    expect(unanswered?.canary).toBe(1);
    expect(unanswered?.stable).toBeLessThan(0.1);
    expect(unanswered?.logHarm).toBeGreaterThan(0);
  });

  it('is refused in the internal phase, with endpoint and status', async () => {
    const id = await start('tried', lost);
    const force = () => ask('/tried/orders/7', { 'x-serin-version': 'canary' });
    await expect.poll(force, { timeout: 20_000 }).toBe(404);
    for (let forced = 0; forced < 20; forced += 1) expect(await force()).toBe(404);
    await rolledBack(id);
    expect((await caller.audit(id))?.at(-1)).toMatchObject({
      event: { kind: 'internalFailed' },
      reason: expect.stringMatching(
        /forced requests were answered as the stable seldom does there: GET \/tried\/orders\/\{id\} with 404/,
      ),
    });
  });

  it('is refused in the internal phase for answers without content', async () => {
    const id = await start('mute', mute);
    const force = () => ask('/mute/orders/7', { 'x-serin-version': 'canary' });
    await expect.poll(force, { timeout: 20_000 }).toBe(204);
    for (let forced = 0; forced < 20; forced += 1) expect(await force()).toBe(204);
    await rolledBack(id);
    expect((await caller.audit(id))?.at(-1)?.reason).toMatch(
      /answered as the stable seldom does there: GET \/mute\/orders\/\{id\} with 204 without content/,
    );
  });

  it('is held when one address is all of the traffic, with the cause', async () => {
    const id = await start('one', well);
    const reason = async () => (await caller.rollout(id))?.verdict?.reason;
    await expect.poll(reason, { timeout: 30_000 }).toMatch(/one client address, 127\.0\.0\.1, sends 100 % of them/);
    expect((await caller.rollout(id))?.stage).toBe('step-1');
  });
});
