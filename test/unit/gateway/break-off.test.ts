import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { breakConnection } from '../../../src/gateway/http/break-off.ts';

/** The two ends of a connection, of which either may end before the other. */
async function connection(): Promise<{ readonly ours: Socket; readonly theirs: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const theirs = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [ours] = (await once(server, 'connection')) as [Socket];
  for (const socket of [ours, theirs]) socket.on('error', () => undefined);
  onTestFinished(() => {
    theirs.destroy();
    server.close();
  });
  return { ours, theirs };
}

it.each([
  ['is open', () => undefined],
  ['is being ended', (socket: Socket) => void socket.end('the last of it')],
  ['is being ended, and nobody takes what is left', (socket: Socket) => void socket.end(Buffer.alloc(50_000_000))],
])('a connection that %s is closed for good when it is broken off', async (_, before) => {
  const { ours } = await connection();
  const closed = once(ours, 'close');
  before(ours);
  breakConnection(ours);
  await closed;
  expect(ours.destroyed).toBe(true);
});

it('a connection is reset where it is open, and where it has ended', async () => {
  for (const end of [false, true]) {
    const { ours, theirs } = await connection();
    if (end) {
      theirs.resume();
      ours.end('bye');
      await Promise.all([once(ours, 'finish'), once(theirs, 'end')]);
    }
    const broken = once(theirs, 'error');
    if (end) theirs.write('more');
    breakConnection(ours);
    const [error] = await broken;
    expect(error).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) });
  }
});
