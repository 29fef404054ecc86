import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { GatewayRequest } from '../../src/gateway/serve/admit.ts';
import type { ExchangeEvents } from '../../src/gateway/serve/client-side.ts';
import { NodeSide } from '../../src/gateway/serve/node-side.ts';
import { AnswerWriter } from '../../src/gateway/serve/plain/answer-text.ts';
import { PlainSide } from '../../src/gateway/serve/plain/plain-side.ts';
import { clientSideContract, type OnRequest, type SideServer } from './client-side-contract.ts';

async function listening(server: Server): Promise<SideServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: () => void server.close() };
}

clientSideContract('node:http', {
  listen: (onRequest) =>
    listening(
      createHttpServer({ IncomingMessage: GatewayRequest }, (_incoming, outgoing) => {
        onRequest((exchange) => {
          const side = new NodeSide(outgoing);
          side.serve(exchange);
          return side;
        });
      }),
    ),
});

/** A plain connection, as far as its side needs one. */
function servePlain(socket: Socket, onRequest: OnRequest): void {
  let current: ExchangeEvents | null = null;
  const fault = (error: unknown) => {
    throw error;
  };
  const side = new PlainSide({ socket, after: () => 'keep', heldBack: () => {}, fault }, new AnswerWriter(5_000));
  socket.on('data', () => {
    onRequest((exchange) => {
      current = exchange;
      side.serve(exchange);
      return side;
    });
  });
  socket.on('drain', () => side.drained());
  socket.on('error', () => {});
  socket.on('close', () => current?.abandon());
}

clientSideContract('the fast path', {
  listen: (onRequest) => listening(createServer({ noDelay: true }, (socket) => servePlain(socket, onRequest))),
});
