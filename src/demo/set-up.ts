import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../config/config.ts';
import { ADMIN_TOKEN_FILE } from '../identity/admin-token.ts';
import { type Running, startServer } from '../server/serve.ts';
import { stopAll } from '../server/shutdown.ts';
import type { TrafficCounts } from './traffic.ts';
import type { FromWorld, ToWorld } from './world.ts';

export const ROUTE = 'shop';
const REQUESTS_PER_SECOND = 800;
const TRAFFIC_FOR_MS = 10 * 60_000;
/** Every process is slow in its first seconds; if judged, they would become the stable's history. */
const WARM_AFTER_REQUESTS = 5 * REQUESTS_PER_SECOND;

/** A whole Serin in this process, with the upstreams and the traffic in a second process. */
export interface DemoSetup {
  readonly server: Running;
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  readonly token: string;
  readonly dataFolder: string;
  readonly upstreams: Readonly<Record<'v1' | 'v2' | 'v3', string>>;
  traffic(): TrafficCounts;
  /** Resolves when the gateway and the upstreams have warmed up. */
  warm(signal: AbortSignal): Promise<void>;
  integrationTests(count: number): Promise<void>;
  tearDown(): Promise<void>;
}

/** Sets everything up on free ports and in its own data folder, which `tearDown` removes. */
export async function setUpDemo(notices: (line: string) => void): Promise<DemoSetup> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'serin-demo-'));
  const world = fork(new URL(`./world.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url), {
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
    loaded: { config: demoConfig(urls.v1, dataFolder), folder: dataFolder, document: null },
    env: {},
    log: () => undefined,
    notices,
  });
  const gatewayUrl = `http://127.0.0.1:${server.gatewayPort}`;
  tell({
    kind: 'traffic',
    gatewayUrl,
    path: `/${ROUTE}/orders`,
    perSecond: REQUESTS_PER_SECOND,
    forMs: TRAFFIC_FOR_MS,
  });

  return {
    server,
    gatewayUrl,
    controlUrl: `http://127.0.0.1:${server.controlPort}`,
    token: readFileSync(join(dataFolder, ADMIN_TOKEN_FILE), 'utf8').trim(),
    dataFolder,
    upstreams: urls,
    traffic: () => counts,
    async warm(signal) {
      while (counts.answered < WARM_AFTER_REQUESTS) await once(world, 'message', { signal });
    },
    async integrationTests(count) {
      const tested = heard('tested');
      tell({ kind: 'integration-tests', count, path: `/${ROUTE}/healthz` });
      await tested;
    },
    async tearDown() {
      world.disconnect();
      await stopAll(server.parts, () => undefined);
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function demoConfig(stableUrl: string, dataFolder: string) {
  return configSchema.parse({
    gateway: { listen: '127.0.0.1:0', timeouts: { notice: '0s', drain: '1s' } },
    control: { listen: '127.0.0.1:0' },
    controller: { tick: '1s' },
    dataFolder,
    routes: [
      {
        name: ROUTE,
        path: `/${ROUTE}`,
        stable: { url: stableUrl, version: 'v1' },
        policy: 'demo',
        sticky: { header: 'x-user' },
      },
    ],
  });
}
