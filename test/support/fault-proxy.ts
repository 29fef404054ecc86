import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type ProxyMood =
  /** Passes everything on. */
  | { readonly kind: 'clear' }
  /** Ends every connection, and each new one at once: the server is stopped. */
  | { readonly kind: 'away' }
  /** Says nothing more to either side, and keeps every connection open. */
  | { readonly kind: 'silent' }
  /** Cuts the connection at the answer that has `word` in it: the server has done it, the client does not hear. */
  | { readonly kind: 'cut-answer'; readonly word: string };

export interface FaultProxy {
  readonly port: number;
  mood: ProxyMood;
  /** How often it has cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** A TCP proxy to `target` that misbehaves on demand. */
export async function startFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const state = { mood: { kind: 'clear' } as ProxyMood, cuts: 0 };

  const cuts = (answer: Buffer) => state.mood.kind === 'cut-answer' && answer.includes(state.mood.word);
  const server = createServer((client) => {
    if (state.mood.kind === 'away') return void client.resetAndDestroy();
    const upstream = connect(target.port, target.host);
    const both = [client, upstream];
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (state.mood.kind !== 'silent') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (cuts(chunk)) {
        state.cuts += 1;
        client.destroy();
      } else if (state.mood.kind !== 'silent') client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');

  return {
    port: address.port,
    get mood() {
      return state.mood;
    },
    set mood(mood: ProxyMood) {
      state.mood = mood;
      if (mood.kind === 'away') for (const socket of sockets) socket.destroy();
    },
    get cuts() {
      return state.cuts;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
