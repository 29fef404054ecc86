import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const OPEN_FILES = 1_024;
const AT_MOST = { timeout: 40_000, interval: 250 };

describe.skipIf(process.platform === 'win32')('a process that may open 1,024 files', () => {
  let stable: ToyUpstream;
  let home: Home;
  let server: ServerProcess;
  const open = new Set<Socket>();

  beforeAll(async () => {
    stable = await toy('v1');
    home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { headers: 60s } }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: fast }
channels: { console: false }
`);
    server = await startServerProcess(home, {}, { openFiles: OPEN_FILES });
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    server.child.kill('SIGKILL');
    await server.ended;
    await stable.close();
    home.remove();
  });

  /** Connections that say nothing; those that are closed by the other side leave. */
  async function saySilently(url: string, count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
      socket.resume();
      socket.once('close', () => open.delete(socket));
      open.add(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
  }
  const gateway = async () => (await fetchOnce(`${server.gatewayUrl}/shop/x`)).status;
  const readiness = () =>
    fetch(`${server.controlUrl}/readyz`, { headers: { connection: 'close' } })
      .then((answer) => answer.text())
      .catch((error: unknown) => String(error));
  const lines = (what: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.includes(`"${what}"`));

  it('keeps what the gateway needs when the control port has 1,100 silent connections, and ends those', async () => {
    await saySilently(server.controlUrl, 1_100);
    expect(open.size).toBeLessThanOrEqual(300);
    expect(await Promise.all(Array.from({ length: 20 }, gateway))).toEqual(Array(20).fill(200));
    await expect.poll(() => open.size, AT_MOST).toBe(0);
    expect(await readiness()).toContain('"ready":true');
    expect(lines('connectionsRefused')).toHaveLength(1);
    expect(lines('connectionsRefused')[0]).toMatch(/"listener":"control".*256 connections are open/);
  });

  it('says so when no descriptor is left, and when there are again', async () => {
    await saySilently(server.gatewayUrl, 1_100);
    await expect.poll(() => lines('descriptorsExhausted').length, AT_MOST).toBe(1);
    expect(lines('descriptorsExhausted')[0]).toMatch(
      /no file descriptor left \(EMFILE\).*raise the limit of open files/,
    );
    for (const socket of open) socket.destroy();
    await expect.poll(() => lines('descriptorsFree').length, AT_MOST).toBe(1);
    await expect.poll(readiness, AT_MOST).toContain('"problems":[]');
    expect(await gateway()).toBe(200);
  });
});
