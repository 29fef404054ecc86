import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { type Caller, callerOf } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const policyOf = (name: string, steps: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: ${name} }
spec:
  internal: { requests: 0 }
  steps: ${steps}
  bake: { dwell: 1s }
  checks:
    errors: { parity: { relative: 25%, absolute: 5pp } }
    clientErrors: { parity: { relative: 50%, absolute: 10pp } }
    empty: { parity: { relative: 100%, absolute: 10pp } }
    kinds: { parity: { relative: 100%, absolute: 10pp } }
    latency:
      p50: { until: end, rollback: 60%, parity: 200% }
      p95: { dryRun: true }
      p99: { dryRun: true }
      dominance: { dryRun: true }
    values:
      queries:
        from: { serverTiming: queries }
        worse: higher
        quantiles: { p50: { parity: { relative: 100% } } }
        missing: { parity: { relative: 100%, absolute: 10pp } }
  judge: { block: 1s, warmUp: 0s, minStep: 3s, dispersion: { initial: 1 } }
`;

/** Requests of each route every 10 ms. */
const EVERY_MS = 10;
const BODY_MS = 25;

interface Answer {
  readonly queries: number | null;
  readonly bodyMs: number;
  readonly body: string;
}

const WELL: Answer = { queries: 4, bodyMs: BODY_MS, body: 'all is well' };

/** The head goes out at once, and the body after a while. */
function answering({ queries, bodyMs, body }: Answer): RequestListener {
  return (_, outgoing) => {
    outgoing.writeHead(200, {
      'content-type': 'text/plain',
      ...(queries === null ? {} : { 'server-timing': `app;dur=3, queries;dur=${queries}` }),
    });
    outgoing.flushHeaders();
    setTimeout(() => outgoing.end(body), bodyMs);
  };
}

describe('what neither a status nor the head of an answer tells', () => {
  const upstreams: TestUpstream[] = [];
  let home: Home;
  let server: ServerProcess;
  let clients: Pool;
  let beat: NodeJS.Timeout;
  let caller: Caller;
  /** Ids of the rollouts, all at once, by route. */
  const started = new Map<string, string>();

  const upstream = async (answer: Answer) => {
    const made = await httpUpstream(answering(answer));
    upstreams.push(made);
    return made.url;
  };
  const reaches = async (route: string, stage: string) => {
    const seen = async () => {
      const view = await caller.rollout(started.get(route) ?? '');
      if (view === null) throw new Error(`no rollout on ${route}`);
      return view;
    };
    await expect.poll(async () => (await seen()).stage, { timeout: 90_000 }).toBe(stage);
    return seen();
  };

  const CANARIES: Readonly<Record<string, Answer>> = {
    queries: { ...WELL, queries: 9 },
    gone: { ...WELL, queries: null },
    bodies: { ...WELL, bodyMs: 3 * BODY_MS },
    empty: { ...WELL, body: '' },
    same: WELL,
  };

  beforeAll(async () => {
    const routes = await Promise.all(Object.keys(CANARIES).map(async (name) => ({ name, url: await upstream(WELL) })));
    const lines = routes.map(
      ({ name, url }) =>
        `  - { name: ${name}, path: /${name}, stable: { url: "${url}", version: v1 }, policy: ${name === 'same' ? 'short' : 'long'} }\n`,
    );
    home = makeHome(
      `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\n` +
        `policies: [long.yaml, short.yaml]\nroutes:\n${lines.join('')}`,
    );
    home.write('long.yaml', policyOf('long', '[{ weight: 50%, dwell: 1h }]'));
    home.write('short.yaml', policyOf('short', '[{ weight: 50%, dwell: 3s }]'));
    server = await startServerProcess(home);
    caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    clients = new Pool(server.gatewayUrl, { connections: 128 });
    beat = setInterval(() => {
      for (const { name } of routes) {
        void clients
          .request({ method: 'GET', path: `/${name}/a` })
          .then(({ body }) => body.dump())
          .catch(() => undefined);
      }
    }, EVERY_MS);
    for (const [route, answer] of Object.entries(CANARIES)) {
      const body = { route, canaryUrl: await upstream(answer), version: 'v2', reason: 'ready' };
      started.set(route, (await caller.post<RolloutView>('/api/v1/rollouts', body)).id);
    }
  });

  afterAll(async () => {
    clearInterval(beat);
    await clients.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    for (const made of upstreams) await made.close();
    home.remove();
  });

  it.each([
    ['queries', /^canary queries p50 9 against 4 /],
    ['gone', /^canary answers without queries 100 % against 0 %/],
    ['bodies', /^canary p50 to the end of the answer \d+(\.\d)? ms against \d+(\.\d)? ms/],
    ['empty', /^100 % of the canary's requests got an empty answer \(200\), 0 % of the stable's/],
  ])('%s: rolled back, and the sentence says why', async (route, says) => {
    const { verdict } = await reaches(route, 'rolled-back');
    expect(verdict?.name).toBe('harmful');
    expect(verdict?.reason).toMatch(says);
    expect(verdict?.findings.find(({ check }) => check === 'errors')).toMatchObject({ canary: 0, stable: 0 });
  });

  it('alike versions are promoted', async () => {
    expect((await reaches('same', 'finalised')).stage).toBe('finalised');
  });
});
