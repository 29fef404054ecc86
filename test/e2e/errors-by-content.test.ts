import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const policyOf = (name: string, rule: string, steps: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: ${name} }
spec:
  internal: { requests: 0 }
  steps: ${steps}
  bake: { dwell: 1s }
  checks:
    errors:
      when: [${rule}]
      sample: 50%
      parity: { relative: 25%, absolute: 5pp }
      content: { parity: { relative: 50%, absolute: 10pp } }
    clientErrors: { parity: { relative: 50%, absolute: 10pp } }
    latency:
      p50: { rollback: 200%, parity: 300% }
      p95: { dryRun: true }
      p99: { dryRun: true }
      dominance: { dryRun: true }
    categories:
      outcome: { from: { json: /outcome }, worse: [refused], parity: { relative: 50%, absolute: 20pp } }
  judge: { block: 1s, warmUp: 0s, minStep: 3s }
`;
const LONG = '[{ weight: 50%, dwell: 1h }]';
const SHORT = '[{ weight: 50%, dwell: 3s }]';

/** Requests of each route every 10 ms. */
const EVERY_MS = 10;

/** Every n-th answer to a request of clients is `bad`; whoever asks for health is answered well. */
function answering(good: unknown, bad: unknown, every: number, type = 'application/json'): RequestListener {
  let asked = 0;
  return ({ url = '' }, outgoing) => {
    const isCounted = url.includes('/asked/');
    if (isCounted) asked += 1;
    const body = isCounted && asked % every === 0 ? bad : good;
    outgoing.writeHead(200, { 'content-type': type }).end(JSON.stringify(body));
  };
}

const DATA = { data: { order: 1 }, outcome: 'done' };
const FAILED = { errors: [{ message: 'no such column' }], data: null, outcome: 'done' };
const RESULT = { jsonrpc: '2.0', id: 1, result: 1, outcome: 'done' };
const ERROR = { jsonrpc: '2.0', id: 1, error: { code: -32_603, message: 'internal' }, outcome: 'done' };
const NEVER = Number.POSITIVE_INFINITY;

describe('errors that the status does not tell', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;
  let caller: Caller;
  /** Ids of the rollouts, all at once, by route. */
  const started = new Map<string, string>();

  const upstream = async (answer: RequestListener) => {
    const made = await httpUpstream(answer);
    upstreams.push(made);
    return made.url;
  };
  const start = async (route: string, answer: RequestListener) => {
    const body = { route, canaryUrl: await upstream(answer), version: 'v2', reason: 'ready' };
    started.set(route, (await caller.post<RolloutView>('/api/v1/rollouts', body)).id);
  };
  const seen = async (route: string) => {
    const view = await caller.rollout(started.get(route) ?? '');
    if (view === null) throw new Error(`no rollout on ${route}`);
    return view;
  };
  const reaches = async (route: string, stage: string) => {
    await expect.poll(async () => (await seen(route)).stage, { timeout: 90_000 }).toBe(stage);
    return seen(route);
  };

  beforeAll(async () => {
    const routes = [
      ['graphql', 'graphql', await upstream(answering(DATA, FAILED, 500))],
      ['rpc', 'rpc', await upstream(answering(RESULT, ERROR, 500))],
      ['same', 'short', await upstream(answering(DATA, FAILED, 50))],
      ['pages', 'graphql', await upstream(answering(DATA, FAILED, 500))],
      ['words', 'graphql', await upstream(answering(DATA, { ...DATA, outcome: 'refused' }, 25))],
    ];
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [graphql.yaml, rpc.yaml, short.yaml]\nroutes:\n${routes
          .map(
            ([name, policy, url]) =>
              `  - { name: ${name}, path: /${name}, stable: { url: "${url}", version: v1 }, policy: ${policy}, sticky: request }\n`,
          )
          .join('')}`,
    );
    home.write('graphql.yaml', policyOf('graphql', '{ graphql: total }', LONG));
    home.write('rpc.yaml', policyOf('rpc', '{ jsonRpc: any }', LONG));
    home.write('short.yaml', policyOf('short', '{ graphql: total }', SHORT));
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    clients = new Pool(server.gatewayUrl, { connections: 32 });
    let sent = 0;
    beat = setInterval(() => {
      sent += 1;
      for (const [name] of routes) {
        void clients
          .request({ method: 'GET', path: `/${name}/asked/${sent}` })
          .then(({ body }) => body.dump())
          .catch(() => undefined);
      }
    }, EVERY_MS);
    await start('graphql', answering(DATA, FAILED, 12));
    await start('rpc', answering(RESULT, ERROR, 12));
    await start('same', answering(DATA, FAILED, 50));
    await start('pages', answering(DATA, FAILED, NEVER, 'text/html'));
    await start('words', answering(DATA, { ...DATA, outcome: 'refused' }, 4));
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it.each(['graphql', 'rpc'])('of %s are rolled back where the canary has more of them', async (route) => {
    const { id, verdict } = await reaches(route, 'rolled-back');
    expect(verdict).toMatchObject({ name: 'harmful', worst: 'content' });
    expect(verdict?.reason).toMatch(
      /^canary errors in the body [\d.]+ % against [\d.]+ % \(margin 10 % \+ 0\.01 pp\), [\d,]+ against [\d,]+ of the answers that were read, of a sample of 50 %, in /,
    );
    expect(verdict?.findings.find(({ check }) => check === 'content')?.canary).toBeGreaterThan(0.03);
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() };
    const shown = (await serin(['get', id], { env })).stdout.replaceAll(/\s+/g, ' ');
    expect(shown).toMatch(
      / content: [\d,]+ \(canary\) and [\d,]+ \(stable\) of the answers that were read, of a sample of 50 %/,
    );
  });

  it('are no reason to keep a canary that has as many of them', async () => {
    const { id } = await reaches('same', 'finalised');
    const reasons = (await caller.audit(id))?.map(({ reason }) => reason).join('\n');
    expect(reasons).toContain('errors in the body within 50 % or 10 pp');
    expect(reasons).toContain('outcome within 50 % or 20 pp');
  });

  it('hold a canary whose answers cannot be read any more', async () => {
    await expect
      .poll(async () => (await seen('pages')).verdict?.reason, { timeout: 90_000 })
      .toMatch(
        /^100 % of the canary's answers could not be read, 0 % of the stable's: most are text\/html, of a sample of 50 %/,
      );
    expect((await seen('pages')).stage).toBe('step-1');
  });

  it('may be words, of which more are harm', async () => {
    const { verdict } = await reaches('words', 'rolled-back');
    expect(verdict?.reason).toMatch(/^canary outcome refused [\d.]+ % against [\d.]+ % \(margin 10 % \+ 2 pp/);
  });

  it('are looked for in what a route carries, which doctor tells of', async () => {
    const { stdout } = await serin(['doctor', '--config', home.configFile], { cwd: home.folder });
    expect(stdout).toMatch(/^ok +coverage +graphql: every kind of answer that comes often is looked at by a check$/m);
  });
});
