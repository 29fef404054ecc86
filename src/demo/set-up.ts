import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newTokenViewSchema } from '../api/view-schemas.ts';
import { apiClient } from '../cli/client.ts';
import { configSchema } from '../config/config.ts';
import { ADMIN_TOKEN_FILE } from '../identity/admin-token.ts';
import { type Running, startServer } from '../server/serve.ts';
import { stopAll } from '../server/shutdown.ts';
import { packageVersion } from '../server/version.ts';
import type { Play } from './plays.ts';
import { OF_TEST } from './toy-order.ts';
import type { TrafficCounts } from './traffic.ts';
import type { FromWorld, ToWorld, UpstreamUrls } from './world.ts';

const TRAFFIC_FOR_MS = 10 * 60_000;
/** Every process is slow in its first seconds; if judged, they would become the stable's history. */
const WARM_AFTER_S = 5;

/** A whole Serin in this process, with the upstreams and the traffic in a second process. */
export interface DemoSetup {
  readonly server: Running;
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  readonly token: string;
  readonly dataFolder: string;
  readonly upstreams: UpstreamUrls;
  readonly traffic: () => TrafficCounts;
  /** Resolves when the gateway and the upstreams have warmed up. */
  warm(signal: AbortSignal): Promise<void>;
  integrationTests(count: number): Promise<void>;
  tearDown(): Promise<void>;
}

/** Sets everything up on free ports and in its own data folder, which `tearDown` removes. */
export async function setUpDemo(play: Play, notices: (line: string) => void): Promise<DemoSetup> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'serin-demo-'));
  const { route, path, bodies, perSecond, tested: tests } = play;
  const entry = new URL(`./world.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
  const world = fork(entry, [play.name], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const tell = (message: ToWorld) => world.send(message);
  let counts: TrafficCounts = { sent: 0, answered: 0, failed: 0, byVersion: {} };
  world.on('message', (message: FromWorld) => {
    if (message.kind === 'counts') counts = message.counts;
  });
  const heard = <K extends FromWorld['kind']>(kind: K) =>
    new Promise<Extract<FromWorld, { kind: K }>>((resolve, reject) => {
      const gone = () => reject(new Error('the upstreams and the traffic ended early'));
      const listener = (message: FromWorld) => {
        if (message.kind !== kind) return;
        world.off('message', listener);
        world.off('exit', gone);
        resolve(message as Extract<FromWorld, { kind: K }>);
      };
      world.on('message', listener);
      world.once('exit', gone);
    });

  const { urls } = await heard('upstreams');
  const server = await startServer({
    loaded: {
      config: demoConfig(play, urls.v1 ?? '', dataFolder),
      folder: dataFolder,
      document: null,
      written: null,
      filled: null,
    },
    env: {},
    log: () => undefined,
    notices,
  });
  const gatewayUrl = `http://127.0.0.1:${server.gatewayPort}`;
  tell({
    kind: 'traffic',
    gatewayUrl,
    path: `/${route}${path}`,
    perSecond,
    forMs: TRAFFIC_FOR_MS,
    bodies,
  });

  const controlUrl = `http://127.0.0.1:${server.controlPort}`;
  const token = readFileSync(join(dataFolder, ADMIN_TOKEN_FILE), 'utf8').trim();
  if (play.logs === 'sent')
    tell({ kind: 'logs', destination: { controlUrl, route, token: await logToken(controlUrl, token) } });

  return {
    server,
    gatewayUrl,
    controlUrl,
    token,
    dataFolder,
    upstreams: urls,
    traffic: () => counts,
    async warm(signal) {
      while (counts.answered < WARM_AFTER_S * perSecond) await once(world, 'message', { signal });
    },
    async integrationTests(count) {
      const tested = heard('tested');
      const pathOf = (at: number) =>
        tests === undefined ? `/${route}/healthz` : `/${route}${tests}/${10 + at}${OF_TEST}`;
      tell({ kind: 'integration-tests', paths: Array.from({ length: count }, (_, at) => pathOf(at)) });
      await tested;
    },
    async tearDown() {
      world.disconnect();
      await stopAll(server.parts, () => undefined);
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** What sends logs may do nothing else. */
async function logToken(server: string, token: string): Promise<string> {
  const api = apiClient({
    server,
    bearer: async () => token,
    tokenHint: '',
    version: packageVersion(),
    fetch: globalThis.fetch,
    signal: AbortSignal.timeout(10_000),
  });
  const wanted = { name: 'logs of the shop', role: 'logs:write', reason: 'its versions log' };
  return (await api.send('POST', '/api/v1/tokens', newTokenViewSchema, wanted)).token;
}

function demoConfig({ route, policy }: Play, stableUrl: string, dataFolder: string) {
  return configSchema.parse({
    gateway: { listen: '127.0.0.1:0', timeouts: { notice: '0s', drain: '1s' } },
    control: { listen: '127.0.0.1:0' },
    controller: { tick: '1s' },
    dataFolder,
    routes: [
      {
        name: route,
        path: `/${route}`,
        stable: { url: stableUrl, version: 'v1' },
        policy,
      },
    ],
  });
}
