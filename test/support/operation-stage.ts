import { readFileSync } from 'node:fs';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from './cast.ts';
import type { Names } from './operations.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from './server-process.ts';

const policy = (dwell: string) => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: mine }
spec:
  finalise: manual
  internal: { requests: 20, gates: [tests] }
  steps:
    - { weight: 1%, dwell: ${dwell} }
    - { weight: 50%, dwell: 1h }
  checks:
    values:
      score: { from: { posted: true }, worse: lower }
`;

/** For a request that never was. */
export const POSTED = { requestId: 'never-was', name: 'score', value: 0.9 };

/** What an operation finds: a rollout, a listed consumer and a token that nobody else uses. */
export interface Found extends Names {
  /** The token that `token` names. */
  readonly bearer: string;
}

/** A server process with as many routes as there are tests, each of which takes one. */
export interface OperationStage {
  readonly server: ServerProcess;
  readonly token: string;
  readonly policyText: () => string;
  ask(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  prepare(wanted: {
    readonly before?: readonly (readonly [string, object?])[];
    readonly edited?: true;
  }): Promise<Found>;
  close(): Promise<void>;
}

export async function openOperationStage(routeCount: number): Promise<OperationStage> {
  const [stable, canary] = await Promise.all([toy('v1'), toy('v2')]);
  const home = makeHome(configOf(stable, routeCount));
  const policyFile = home.write('mine.yaml', policy('1h'));
  const valuesFile = home.write('values.jsonl', `${JSON.stringify(POSTED)}\n`);
  const consumersFile = home.write('consumers.yaml', CONSUMERS);
  const server = await startServerProcess(home);
  const token = home.token();
  let taken = 0;
  let edits = 0;

  const ask: OperationStage['ask'] = (method, path, body, headers = {}) =>
    fetch(new URL(path, server.controlUrl), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  const must = async <T>(method: string, path: string, body: object): Promise<T> => {
    const answer = await ask(method, path, { reason: 'prepared', ...body });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };

  return {
    server,
    token,
    policyText: () => readFileSync(policyFile, 'utf8'),
    ask,
    async prepare({ before = [], edited }) {
      const route = `r${taken}`;
      taken += 1;
      const started = { route, canaryUrl: canary.url, version: 'v2' };
      const { id: rollout } = await must<RolloutView>('POST', '/api/v1/rollouts', started);
      for (const [path, body = {}] of before) await must('POST', `/api/v1/rollouts/${rollout}/${path}`, body);
      await must('PUT', `/api/v1/routes/${route}/consumers/acme`, { rule: 'stable', key: 'secret' });
      const made = await must<{ id: string; token: string }>('POST', '/api/v1/tokens', { name: route, role: 'viewer' });
      if (edited) {
        edits += 1;
        home.write('mine.yaml', policy(`${60 + edits}m`));
      }
      const newest = await ask('GET', `/api/v1/audit?route=${route}&limit=1`);
      const seq = ((await newest.json()) as readonly { readonly seq: number }[])[0]?.seq ?? 0;
      const names = { route, rollout, canary: canary.url, consumer: 'acme', token: made.id, seq };
      return { ...names, policyFile, valuesFile, consumersFile, bearer: made.token };
    },
    close: () => close(home, server, [stable, canary]),
  };
}

const CONSUMERS = `apiVersion: serin.dev/v1
kind: ConsumerList
consumers:
  - { name: acme, group: beta, wave: 1 }
  - { name: zeta, keyEnv: SERIN_TOKEN, group: beta, wave: 2, due: 2027-03-01, contact: api@zeta.example }
`;

function configOf(stable: ToyUpstream, routeCount: number): string {
  const routes = Array.from(
    { length: routeCount },
    (_, at) =>
      `  - { name: r${at}, path: /r${at}, stable: { url: "${stable.url}", version: v1 }, policy: mine, consumerKey: { header: x-api-key } }`,
  );
  return `gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
policies: [mine.yaml]
routes:
${routes.join('\n')}
`;
}

async function close(home: Home, server: ServerProcess, toys: readonly ToyUpstream[]): Promise<void> {
  server.child.kill('SIGTERM');
  await server.ended;
  await Promise.all(toys.map((one) => one.close()));
  home.remove();
}
