import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface TestUpstream {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Any server, on a port of its own. */
export async function listening(server: Server | HttpServer): Promise<TestUpstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An upstream that speaks proper HTTP. */
export function httpUpstream(handler: RequestListener): Promise<TestUpstream & { readonly server: HttpServer }> {
  const server = createHttpServer(handler);
  return listening(server).then((upstream) => ({ ...upstream, server }));
}

/** An upstream that is a bare socket: `handler` runs once the head of a connection's first request is there. */
export function rawUpstream(handler: (socket: Socket, head: string) => void): Promise<TestUpstream> {
  const server = createServer((socket) => {
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      handler(socket, head);
    };
    socket.on('data', onData);
    socket.on('error', () => {});
  });
  return listening(server);
}

/** An upstream that answers the first request of every connection with the same bytes. */
export function cannedUpstream(bytes: string, then: 'keep' | 'end' = 'keep'): Promise<TestUpstream> {
  return rawUpstream((socket) => {
    if (then === 'end') socket.end(bytes, 'latin1');
    else socket.write(bytes, 'latin1');
  });
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const upstream = await rawUpstream(() => {});
  await upstream.close();
  return upstream.port;
}
