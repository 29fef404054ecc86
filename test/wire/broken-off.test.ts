import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { inTime } from '../support/in-time.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { rawUpstream } from '../support/upstream.ts';

/** Of what is sent at once; small enough for the gateway to write it on as it comes. */
const PIECE = Buffer.alloc(1_024, 'x');
const CLOSES_MS = 5_000;

/** Every connection that a server of this process accepts from now on. */
function accepted(): readonly Socket[] {
  const sockets: Socket[] = [];
  const add = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
  subscribe('net.server.socket', add);
  onTestFinished(() => void unsubscribe('net.server.socket', add));
  return sockets;
}

/** A request in the middle of its answer: the gateway's connection to the client, and what breaks the answer. */
async function inTheMiddle() {
  const sockets = accepted();
  const asked = Promise.withResolvers<Socket>();
  const upstream = await using(
    rawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      asked.resolve(socket);
    }),
  );
  const gateway = await startGateway([routeTo(upstream.url)]);
  const { socket: client } = await openRaw(gateway.port).then(async (connection) => {
    connection.write(get('/'));
    await connection.takeThrough('\r\n\r\n');
    return connection;
  });
  const ours = sockets.find(({ remotePort }) => remotePort === client.localPort);
  if (!ours) throw new Error('the gateway accepted nothing');
  return { gateway, client, ours, answering: await asked.promise };
}

it('a client that ends its side keeps no connection when its answer breaks just then', async () => {
  const { gateway, client, ours, answering } = await inTheMiddle();
  const closed = once(ours, 'close');
  // The gateway finds both at once, the end first: its own end is under way when it breaks off.
  client.end(() => answering.resetAndDestroy());
  await inTime('the end of the connection', CLOSES_MS, closed);
  await inTime('the stop of the gateway', CLOSES_MS, gateway.close(0));
  expect(ours.destroyed).toBe(true);
});

it('a client that ends its side and takes nothing keeps no connection when its answer breaks', async () => {
  const { gateway, client, ours, answering } = await inTheMiddle();
  client.pause();
  // Until the system takes no more, and not so much that the upstream is paused.
  while (ours.writableLength === 0) {
    const before = ours.bytesWritten;
    answering.write(PIECE);
    while (ours.bytesWritten === before) await new Promise(setImmediate);
  }
  client.end();
  await expect.poll(() => ours.writableEnded).toBe(true);
  expect([ours.writableFinished, ours.destroyed]).toEqual([false, false]);
  const closed = once(ours, 'close');
  answering.resetAndDestroy();
  await inTime('the end of the connection', CLOSES_MS, closed);
  await inTime('the stop of the gateway', CLOSES_MS, gateway.close(0));
  expect(ours.destroyed).toBe(true);
});
