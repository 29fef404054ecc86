import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { expect, vi } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { callerOf } from './cast.ts';
import { makeHome, serin, startServerProcess } from './server-process.ts';
import { httpUpstream } from './upstream.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: logged }
spec:
  internal: { requests: 0 }
  steps: [{ weight: 50%, dwell: 1h }]
  checks: { logs: {} }
  judge: { block: 1s, warmUp: 0s, minStep: 3s }
`;

export interface LoggedStage {
  readonly url: string;
  readonly folder: string;
  /** A token with the role `logs:write`. */
  readonly sender: string;
  /** Lines of a track that were counted so far. */
  counted(track: 'stable' | 'canary'): Promise<number>;
  /** What the check of logs says now. */
  said(): Promise<string>;
  /** A token of the command line that is bound to a route and a version. */
  boundTo(sender: { readonly route: string; readonly version: string }): Promise<string>;
  close(): Promise<void>;
}

/** A real Serin with a rollout whose policy has the logs checked: of the route shop, from v1 to v2. */
export async function openLoggedStage(): Promise<LoggedStage> {
  const upstreams = await Promise.all(['v1', 'v2'].map((name) => httpUpstream((_, answer) => answer.end(name))));
  const [stable, canary] = upstreams;
  const home = makeHome(
    `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\ncontroller: { tick: 1s }\npolicies: [logged.yaml]\n` +
      `routes:\n  - { name: shop, path: /shop, stable: { url: "${stable?.url}", version: v1 }, policy: logged, ` +
      `logs: { services: [shop-api], files: [{ path: shop.log }, { path: v1.log, version: v1 }] } }\n`,
  );
  home.write('logged.yaml', POLICY);
  const server = await startServerProcess(home);
  const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
  const asked = { name: 'shop', role: 'logs:write', reason: 'logs' };
  const { token: sender } = await caller.post<{ token: string }>('/api/v1/tokens', asked);
  const start = { route: 'shop', canaryUrl: canary?.url, version: 'v2', reason: 'ready' };
  const { id } = await caller.post<RolloutView>('/api/v1/rollouts', start);
  const isSplit = async () => expect((await caller.rollout(id))?.canaryWeight).toBe('50%');
  await vi.waitFor(isSplit, { timeout: 60_000 });
  return {
    url: server.controlUrl,
    folder: home.folder,
    sender,
    async counted(track) {
      const text = await (await fetch(new URL('/metrics', server.controlUrl))).text();
      const labels = `http_route="shop",serin_track="${track}",outcome="counted"`;
      return Number(new RegExp(`^serin_log_lines_total\\{${labels}\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    },
    async said() {
      const rollout = await caller.rollout(id);
      return rollout?.verdict?.findings.find(({ check }) => check === 'logs')?.says ?? '';
    },
    async boundTo({ route, version }) {
      const options = ['--route', route, '--log-version', version, '--reason', 'logs'];
      const made = await serin(['token', 'create', 'bound', '--role', 'logs:write', ...options], {
        env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token() },
      });
      if (made.code !== 0) throw new Error(made.stderr);
      return made.stdout.trim();
    },
    async close() {
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(0);
      for (const made of upstreams) await made.close();
      home.remove();
    },
  };
}

/** Logs three lines of the canary as a service does that has the SDK. */
export async function logBySdk(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop-api', 'service.version': 'v2' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('pay.Charge');
  logger.emit({ severityNumber: 17, severityText: 'ERROR', body: 'card 17 declined' });
  logger.emit({ severityNumber: 9, body: 'charged', attributes: { 'peer.service': 'bank', amount: 17 } });
  logger.emit({ severityNumber: 13, body: { message: 'slow', ms: 900 } });
  await provider.forceFlush();
  await provider.shutdown();
}
