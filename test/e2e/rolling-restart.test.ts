import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { fieldOf, get, openRaw, type RawConnection } from '../support/raw-client.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const RESTARTS = 4;
const CLIENTS = 12;
const LOOK_MS = 50;

const REQUESTS = [
  get('/shop/cart'),
  'POST /shop/orders HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello',
  'PUT /shop/orders/1 HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
];

const config = (stableUrl: string) => `gateway: { listen: 127.0.0.1:0, timeouts: { notice: 500ms } }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /shop, stable: { url: "${stableUrl}", version: v1 }, policy: standard }
channels: { console: false }
`;

/** One of two Serins that are restarted in turn, as the balancer before them sees it. */
interface Replica {
  readonly home: Home;
  server: ServerProcess;
  isReady: boolean;
}

let upstream: ToyUpstream;
let replicas: readonly Replica[];

beforeAll(async () => {
  upstream = await toy('v1', { errorRate: 0, p50Ms: 10, p99Ms: 80 });
  replicas = await Promise.all(
    [0, 1].map(async () => {
      const home = makeHome(config(upstream.url));
      return { home, server: await startServerProcess(home), isReady: true };
    }),
  );
});

afterAll(async () => {
  for (const { server } of replicas) server.child.kill('SIGKILL');
  await Promise.all(replicas.map(({ server }) => server.ended));
  for (const { home } of replicas) home.remove();
  await upstream.close();
});

/** What a load balancer does: asks each replica whether it is ready, and opens connections to those that are. */
function balance(all: readonly Replica[]) {
  const look = async (replica: Replica): Promise<void> => {
    const { server } = replica;
    const isReady = await fetch(`${server.controlUrl}/readyz?of=gateway`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (server === replica.server) replica.isReady = isReady;
  };
  const looking = setInterval(() => void Promise.all(all.map(look)), LOOK_MS);
  let turn = 0;
  return {
    connect: (): Promise<RawConnection> => {
      const ready = all.filter(({ isReady }) => isReady);
      const replica = ready[turn++ % ready.length];
      if (!replica) throw new Error('no replica is ready');
      return openRaw(Number(new URL(replica.server.gatewayUrl).port));
    },
    stop: () => clearInterval(looking),
  };
}

describe('docs/failures.md: shutdown, upgrade', () => {
  it(`${RESTARTS} rolling restarts under load: no request fails, and each is answered once`, async () => {
    const balancer = balance(replicas);
    const askedBefore = upstream.counts().requests;
    const seen = { answered: 0, moved: 0, failures: [] as string[] };
    let isOver = false;
    const client = async (at: number): Promise<void> => {
      let connection: RawConnection | null = null;
      for (let turn = at; !isOver; turn++) {
        try {
          connection ??= await balancer.connect();
          connection.write(REQUESTS[turn % REQUESTS.length] ?? '');
          const { status, headers } = await connection.answer();
          if (status === 200) seen.answered++;
          else seen.failures.push(String(status));
          if (fieldOf(headers, 'connection') === 'close') {
            seen.moved++;
            connection.close();
            connection = null;
          }
        } catch (error) {
          seen.failures.push(String(error));
          connection = null;
        }
        await sleep(turn % 40);
      }
      connection?.close();
    };
    const clients = Array.from({ length: CLIENTS }, (_, at) => client(at));
    for (let restart = 0; restart < RESTARTS; restart++) {
      const replica = replicas[restart % 2];
      if (!replica) break;
      replica.server.child.kill('SIGTERM');
      expect(await replica.server.ended, replica.server.output()).toBe(0);
      replica.server = await startServerProcess(replica.home);
      await expect.poll(() => replica.isReady).toBe(true);
      const before = seen.answered;
      await expect.poll(() => seen.answered - before).toBeGreaterThan(100);
    }
    isOver = true;
    await Promise.all(clients);
    balancer.stop();
    expect(seen.failures).toEqual([]);
    expect(seen.moved).toBeGreaterThan(RESTARTS);
    expect(upstream.counts().requests - askedBefore).toBe(seen.answered);
  });

  it('a second signal ends it at once, whatever is open', async () => {
    const home = makeHome(config(upstream.url));
    const server = await startServerProcess(home);
    const idle = await openRaw(Number(new URL(server.gatewayUrl).port));
    idle.write(get('/shop/cart'));
    expect((await idle.answer()).status).toBe(200);
    server.child.kill('SIGTERM');
    await expect.poll(() => server.output()).toContain('stopping');
    expect((await fetch(`${server.controlUrl}/readyz?of=gateway`)).status).toBe(503);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(1);
    await idle.ending;
    home.remove();
  });
});
