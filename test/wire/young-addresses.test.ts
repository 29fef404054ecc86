import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { orderTo, routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, get } from '../support/raw-client.ts';

const NAME = 'pods.test';
type Resolved = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** What the name resolves to. */
const pods: string[] = [];

vi.mock('node:dns', async (original) => {
  const dns = await original<typeof import('node:dns')>();
  const lookup = (hostname: string, options: LookupAllOptions, callback: Resolved): void => {
    if (hostname !== NAME) dns.lookup(hostname, options, callback);
    else
      process.nextTick(
        callback,
        null,
        pods.map((address) => ({ address, family: 4 })),
      );
  };
  return { ...dns, lookup };
});

/** A pod that ends each connection after one answer. */
async function startPod(address: string, port: number, status: number): Promise<number> {
  const server = createServer((_, outgoing) => outgoing.writeHead(status, { connection: 'close' }).end('answer'));
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

it('the answers of an address that joins the canary are kept apart, on the way of real requests', async () => {
  let now = 1_000_000_000;
  const toy = await startToy('v1');
  const port = await startPod('127.0.0.1', 0, 200);
  await startPod('127.0.0.2', port, 503);
  const gateway = await startGateway([routeTo(toy.url)], { now: () => now });
  const measure = { blockMs: 1_000, errorStatuses: ['5xx' as const], warmUpMs: 10_000 };
  await gateway.setSplit(orderTo(toy.url, `http://${NAME}:${port}`, { canaryBps: 9_999, measure }));
  const block = async (addresses: readonly string[], requests: number, spanMs = 1_000) => {
    pods.splice(0, pods.length, ...addresses);
    for (let request = 0; request < requests; request += 1) await askRaw(gateway.port, get('/'));
    now += spanMs;
    const { blocks, cursor } = await gateway.collect('shop', null, 60_000);
    await gateway.collect('shop', cursor, 60_000);
    return blocks.at(-1);
  };
  await block(['127.0.0.1'], 3, 12_000);
  const joining = await block(['127.0.0.2'], 3);
  expect(joining).toMatchObject({ canary: { requests: 3, errors: 3 } });
  expect(joining?.young).toBeUndefined();
  expect(await block(['127.0.0.2', '127.0.0.1'], 3)).toMatchObject({
    canary: { requests: 0 },
    young: { canary: { addresses: ['127.0.0.2'], count: 1, tally: { requests: 3, errors: 3 } } },
  });
  expect(await block(['127.0.0.1', '127.0.0.2'], 3)).toMatchObject({
    canary: { requests: 3, errors: 0 },
    young: { canary: { tally: { requests: 0 } } },
  });
});
