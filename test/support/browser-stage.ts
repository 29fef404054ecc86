import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { newTokenViewSchema, RolloutView } from '../../src/api/view-schemas.ts';
import type { ToyBehaviour, ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts';
import { type Caller, callerOf, HEALTHY, toy } from './cast.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from './server-process.ts';

/** A whole rollout in twenty seconds, and a harmful one is back in five: looks of a second, dwells of three, and latency is only reported. */
const QUICK = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: quick }
spec:
  internal: { requests: 20, maxErrors: 19 }
  steps:
    - { weight: 20%, dwell: 3s }
    - { weight: 50%, dwell: 3s }
  bake: { dwell: 3s }
  finalise: automatic
  checks:
    errors: { statuses: [5xx], parity: { relative: 50%, absolute: 10pp } }
    clientErrors: { parity: { relative: 50%, absolute: 10pp } }
    # On a busy machine latencies are shown to be alike much later than errors.
    latency: { p50: { dryRun: true }, p95: { dryRun: true }, p99: { dryRun: true } }
  judge: { block: 1s, minStep: 3s, warmUp: 0s, reference: 5s, dispersion: { initial: 1 } }
`;

/** As `quick`, but it waits: for an hour in its first step, and for a person at the gate `owner`. */
export const SLOW = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: slow }
spec:
  internal: { requests: 10, gates: [owner] }
  steps:
    - { weight: 20%, dwell: 1h }
    - { weight: 50%, dwell: 1h }
  finalise: manual
  judge: { block: 1s, minStep: 3s, warmUp: 0s, reference: 5s, dispersion: { initial: 1 } }
`;

export interface BrowserStageOptions {
  /** Names of routes; each has its path, a stable `v1`, and an upstream for canaries. */
  readonly routes: readonly string[];
  /** Policies of routes that are not `quick`: `slow`, a shipped one, or one of `policies`. */
  readonly policyOf?: Readonly<Record<string, string>>;
  /** Further fields of routes, as YAML between braces: `force: { tokens: accepted }`. */
  readonly fieldsOf?: Readonly<Record<string, string>>;
  /** YAML of further policies by their file names. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Further fields of `control`, as YAML between braces: `hosts: [serin.test], anonymous: viewer`. */
  readonly control?: string;
}

/** A Serin of one file of tests, as a process, with upstreams and traffic that the tests control. */
export interface BrowserStage {
  /** Where the pages are. */
  readonly url: string;
  readonly gatewayUrl: string;
  /** The admin's token. */
  readonly token: string;
  readonly home: Home;
  /** To read the API. */
  readonly caller: Caller;
  /** Writes as the admin; throws what a refusal says. */
  post<T>(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<T>;
  put(path: string, body: object): Promise<void>;
  /** A token of that role, and its id for `revoke`. */
  newToken(role: 'viewer' | 'operator' | 'admin'): Promise<z.infer<typeof newTokenViewSchema>>;
  revoke(tokenId: string): Promise<void>;
  /** Starts a rollout on a route, whose canary behaves like this from now on; it is in its internal phase then. */
  start(route: string, version: string, behaviour?: ToyBehaviour): Promise<RolloutView>;
  /** Sends what the internal phase waits for: requests that are forced to the canary. */
  pass(route: string): Promise<void>;
  /** Changes how the canary of a route behaves. */
  behave(route: string, behaviour: Partial<ToyBehaviour>): void;
  /** Lets clients send requests to a route until the stage is closed. */
  traffic(route: string, perSecond?: number): Traffic;
  /** Resolves when the rollout is as the condition says; asked every 100 ms. */
  until(rolloutId: string, is: (view: RolloutView) => boolean): Promise<RolloutView>;
  /** Kills the server; `restart` starts it again at the same addresses. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const UNTIL_MS = 90_000;
/** Of the API, beside two browsers and other tests. */
const ANSWER_MS = 30_000;
const TRAFFIC_FOR_MS = 10 * 60_000;

export async function openBrowserStage(options: BrowserStageOptions): Promise<BrowserStage> {
  const { routes, policies = {} } = options;
  const versions = async (version: string) =>
    new Map(await Promise.all(routes.map(async (route) => [route, await toy(version)] as const)));
  const [stables, canaries] = await Promise.all([versions('v1'), versions('canary')]);
  const configFor = (ports: { readonly gateway: number; readonly control: number }) =>
    configOf(options, stables, ports);
  const home = makeHome(configFor({ gateway: 0, control: 0 }));
  for (const [name, text] of Object.entries({ ...policies, 'quick.yaml': QUICK, 'slow.yaml': SLOW }))
    home.write(name, text);
  let server: ServerProcess = await startServerProcess(home);
  const { controlUrl: url, gatewayUrl } = server;
  home.write('serin.yaml', configFor({ gateway: portOf(gatewayUrl), control: portOf(url) }));
  const token = home.token();
  const caller = callerOf(() => ({ url, token }));
  const send = async (method: string, path: string, body?: object, more = {}): Promise<Response> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const post = async <T>(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<T> =>
    (await (await send('POST', path, body, headers)).json()) as T;
  const running = new Map<string, Traffic>();

  const canaryOf = (route: string): ToyUpstream => {
    const found = canaries.get(route);
    if (found === undefined) throw new Error(`the stage has no route ${route}`);
    return found;
  };
  const traffic = (route: string, perSecond = 100): Traffic => {
    const started = startTraffic({
      gatewayUrl,
      path: `/${route}/orders`,
      perSecond,
      forMs: TRAFFIC_FOR_MS,
      users: 50_000,
    });
    running.set(route, started);
    return started;
  };
  const until = async (id: string, is: (view: RolloutView) => boolean): Promise<RolloutView> => {
    const deadline = performance.now() + UNTIL_MS;
    for (;;) {
      const view = await caller.rollout(id);
      if (view !== null && is(view)) return view;
      if (performance.now() > deadline) throw new Error(`in ${UNTIL_MS / 1_000} s it came to ${JSON.stringify(view)}`);
      await sleep(100);
    }
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    server.child.kill(signal);
    await server.ended;
  };

  return {
    url,
    gatewayUrl,
    token,
    home,
    caller,
    post,
    async put(path, body) {
      await send('PUT', path, body);
    },
    newToken: (role) => post('/api/v1/tokens', { name: `${role} of the tests`, role, reason: 'a test' }),
    async revoke(tokenId) {
      await send('DELETE', `/api/v1/tokens/${tokenId}?reason=${encodeURIComponent('a test')}`);
    },
    async start(route, version, behaviour = HEALTHY) {
      const canary = canaryOf(route);
      canary.setBehaviour(behaviour);
      const wanted = { route, canaryUrl: canary.url, version, reason: `release of ${version}` };
      const { id } = await post<RolloutView>('/api/v1/rollouts', wanted);
      return until(id, ({ stage }) => stage === 'internal');
    },
    async pass(route) {
      const paths = Array.from({ length: 20 }, (_, at) => `/${route}/orders/${at}`);
      await (running.get(route) ?? traffic(route)).forced(paths);
    },
    behave: (route, behaviour) => canaryOf(route).setBehaviour(behaviour),
    traffic,
    until,
    kill: () => end('SIGKILL'),
    async restart() {
      server = await startServerProcess(home);
    },
    async close() {
      await Promise.all([...running.values()].map((one) => one.stop()));
      await end('SIGTERM');
      await Promise.all([...stables.values(), ...canaries.values()].map((one) => one.close()));
      home.remove();
    },
  };
}

const portOf = (url: string) => Number(new URL(url).port);

function configOf(
  { routes, policyOf = {}, fieldsOf = {}, policies = {}, control: more = '' }: BrowserStageOptions,
  stables: ReadonlyMap<string, ToyUpstream>,
  { gateway, control }: { readonly gateway: number; readonly control: number },
): string {
  const declared = routes.map(
    (name) =>
      `  - { name: ${name}, path: /${name}, stable: { url: "${stables.get(name)?.url}", version: v1 }, policy: ${policyOf[name] ?? 'quick'}, consumerKey: { header: x-api-key }${fieldsOf[name] === undefined ? '' : `, ${fieldsOf[name]}`} }`,
  );
  return `gateway: { listen: "127.0.0.1:${gateway}", timeouts: { notice: 0s, drain: 1s } }
control: { listen: "127.0.0.1:${control}"${more === '' ? '' : `, ${more}`} }
controller: { tick: 1s }
policies: [${['quick.yaml', 'slow.yaml', ...Object.keys(policies)].join(', ')}]
routes:
${declared.join('\n')}
`;
}
