import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readAsStream, readShared } from '../../../src/gateway/serve/plain/shared-memory.ts';
import { using } from '../../support/gateway.ts';
import { openRaw, type RawConnection } from '../../support/raw-client.ts';
import { listening } from '../../support/upstream.ts';

describe('reading into shared memory', () => {
  async function accepted(): Promise<{ readonly socket: Socket; readonly client: RawConnection }> {
    const server = createServer();
    const socket = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const { port } = await using(listening(server));
    const client = await openRaw(port);
    return { socket: await socket, client };
  }

  it('is what happens to accepted sockets on the Node that Serin runs on', async () => {
    const { socket, client } = await accepted();
    const read = Promise.withResolvers<string>();
    const how = readShared(socket, (bytes, count) => read.resolve(bytes.toString('latin1', 0, count)));
    client.write('hello');
    expect([how, await read.promise]).toEqual(['shared', 'hello']);
    client.close();
  });

  it('is given up for a stream, which loses nothing', async () => {
    const { socket, client } = await accepted();
    const receive = (): void => {};
    readShared(socket, receive);
    readAsStream(socket, receive);
    socket.pause();
    client.write('hello');
    const read = new Promise<string>((resolve) => socket.on('data', (chunk: Buffer) => resolve(chunk.toString())));
    socket.resume();
    expect(await read).toBe('hello');
    client.close();
  });

  it('is not asked of what is no socket of this Node', async () => {
    const stream = new PassThrough();
    const receive = (bytes: Buffer): void => void read.push(bytes.toString());
    const read: string[] = [];
    expect(readShared(stream, receive)).toBe('stream');
    stream.write('hello');
    await expect.poll(() => read).toEqual(['hello']);
    readAsStream(stream, receive);
    expect(stream.listenerCount('data')).toBe(0);
  });
});
