import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { emptyDatabase, postgresUrl } from '../support/postgres.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

serviceOrSkip('postgres', await postgresUrl())('readiness while Postgres is stopped', (postgres) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let proxy: FaultProxy;
  let stable: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  let env: NodeJS.ProcessEnv = {};

  const boot = () => startServerProcess(home, env);
  const readinessOf = ({ output }: ServerProcess) =>
    `http://127.0.0.1:${/"readinessPort":(\d+)/.exec(output())?.[1] ?? 'none'}`;

  beforeAll(async () => {
    database = await emptyDatabase(postgres.url);
    const url = new URL(database.url);
    proxy = await startFaultProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    stable = await toy('v1');
    home = makeHome(`gateway: { listen: 127.0.0.1:0, readiness: 127.0.0.1:0, timeouts: { notice: 2s } }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: fast }
channels: { console: false }
`);
    env = { DATABASE_URL: url.href };
    server = await boot();
  });

  afterAll(async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    await Promise.all([stable.close(), proxy.close()]);
    await database.drop();
    await postgres.stop();
    home.remove();
  });

  const probe = async (url: string) => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body = (await answer.json()) as { ready: boolean; problems: string[] };
    return { status: answer.status, ...body };
  };

  describe('a load balancer does not take away the data path that survives it', () => {
    it.each(['away', 'silent'] as const)('the gateway is ready, the control plane is not: %s', async (kind) => {
      const shop = () => fetch(`${server.gatewayUrl}/shop/orders`).then(({ status }) => status);
      await expect.poll(async () => (await probe(`${server.controlUrl}/readyz`)).status, { timeout: 30_000 }).toBe(200);
      proxy.mood = { kind };
      await expect.poll(async () => (await probe(`${server.controlUrl}/readyz`)).status, { timeout: 30_000 }).toBe(503);
      expect((await probe(`${server.controlUrl}/readyz`)).problems).toContain('the database does not answer');
      expect(await probe(`${server.controlUrl}/readyz?of=gateway`)).toMatchObject({ status: 200, problems: [] });
      expect(await probe(`${readinessOf(server)}/readyz`)).toMatchObject({ status: 200, ready: true });
      expect(await shop()).toBe(200);

      proxy.mood = { kind: 'clear' };
      await expect.poll(async () => (await probe(`${server.controlUrl}/readyz`)).status, { timeout: 60_000 }).toBe(200);
    });

    it('and the small listener answers nothing else', async () => {
      expect((await fetch(`${readinessOf(server)}/livez`)).status).toBe(200);
      for (const path of ['/', '/metrics', '/api/v1/rollouts', '/shop/orders']) {
        expect((await fetch(`${readinessOf(server)}${path}`)).status, path).toBe(404);
      }
    });

    it('while the process leaves, neither is ready', async () => {
      const leaving = await boot();
      leaving.child.kill('SIGTERM');
      await expect.poll(() => leaving.output(), { timeout: 20_000 }).toContain('stopping');
      const { controlUrl } = leaving;
      for (const url of [`${controlUrl}/readyz?of=gateway`, `${controlUrl}/readyz`, `${readinessOf(leaving)}/readyz`]) {
        expect(await probe(url), url).toMatchObject({ status: 503, problems: ['this Serin is shutting down'] });
      }
      expect(await leaving.ended).toBe(0);
    });
  });
});
