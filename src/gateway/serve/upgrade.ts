import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { breakConnection } from '../http/break-off.ts';
import type { Faults } from '../http/faults.ts';
import { answerHeaders, headerLines } from '../http/headers.ts';
import { failure, refuseSocket } from '../http/refuse.ts';
import { charge, culpritOf, refusalFor } from '../measure/charge.ts';
import type { RouteRecorder } from '../measure/recorder.ts';
import { AnswerTaking } from '../measure/turn.ts';
import { mappedHead } from '../route/answer-places.ts';
import { noticedHead } from '../route/deprecation.ts';
import type { Stream } from '../route/destinations.ts';
import type { AnswerHandler, UpstreamCall, UpstreamHead } from '../upstream/upstream-client.ts';
import type { GatewayRequest } from './admit.ts';
import { watchEarlyClose } from './early-close.ts';
import type { Routed } from './forward.ts';

const WEB_SOCKET = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];

/**
 * Only WebSocket is tunnelled. A server may ignore any other Upgrade (RFC 9110 section 7.8), and an `h2c` tunnel would
 * carry requests past every rule of the gateway.
 */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

export interface TunnelParts {
  readonly routed: Routed;
  readonly incoming: GatewayRequest;
  readonly client: Duplex;
  /** What the client sent after its head. */
  readonly head: Buffer;
  readonly recorder: RouteRecorder;
  /** Ended by its upstream within so many ms of the handshake, the tunnel is an error; null where none is. */
  readonly earlyCloseMs: number | null;
  /** How long the client may take nothing of an answer that does not switch protocols. */
  readonly downloadMs: number;
  readonly faults: Faults;
}

/** Opens the tunnel to the chosen version; if the version does not say 101, its response is the answer. */
export function tunnel(parts: TunnelParts): void {
  const { routed, incoming, client, head, recorder, earlyCloseMs, downloadMs, faults } = parts;
  const { ticket, setCookie } = routed;
  const chosen = routed.attempt(routed.track, null);
  const { destination, request, version } = chosen;
  const { requestId } = incoming;
  let call: UpstreamCall | null = null;
  let isAnswered = false;
  /** Tracks the time that a non-101 answer waits for the client; null until it has to wait. */
  let taking: AnswerTaking | null = null;

  const answer = (from: UpstreamHead, connection: readonly string[]): void => {
    const { status, reason, rawHeaders } = noticedHead(mappedHead(from, chosen), chosen.notice);
    const { headers } = answerHeaders({ rawHeaders, status, method: 'GET', httpVersion: '1.1', version, setCookie });
    isAnswered = true;
    client.write(`HTTP/1.1 ${status} ${reason}\r\n${headerLines([...headers, ...connection])}\r\n`, 'latin1');
  };
  const onFault = (error: unknown): void => {
    const attempt = (step: () => void): boolean => faults.attempt(step, 'tunnel', requestId);
    faults.report(error, 'tunnel', requestId);
    attempt(() => recorder.withdraw(ticket));
    attempt(() => call?.abort());
    if (client.destroyed) return;
    if (isAnswered || !attempt(() => refuseSocket(client, failure(requestId)))) client.destroy();
  };
  const close = (): void => {
    recorder.leave(ticket);
    client.destroy();
  };
  const stream: Stream = { close, onFault };
  const contain = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      onFault(error);
    }
  };
  const handler: AnswerHandler = {
    onInform: () => {},
    onUpgrade: (from, upstream, firstBytes) => {
      ticket.totals.kinds.tunnel++;
      recorder.answered(ticket, 101, 'stream');
      answer(from, WEB_SOCKET);
      client.write(firstBytes);
      upstream.write(head);
      join(client, upstream);
      if (earlyCloseMs === null) {
        recorder.complete(ticket);
        return;
      }
      const ends = { client, upstream, fromClient: head, fromUpstream: firstBytes };
      watchEarlyClose(ends, earlyCloseMs, contain, (by) => {
        if (by === 'upstream') recorder.fail(ticket);
        else recorder.complete(ticket);
      });
    },
    onHead: (from) => {
      recorder.answered(ticket, from.status, 'stream');
      answer(from, ['Connection', 'close']);
      incoming.socket.setTimeout(downloadMs, () => {
        if (client.writableLength > 0) client.destroy();
      });
    },
    onData: (chunk) => {
      if (client.write(chunk)) return true;
      taking ??= new AnswerTaking(request.share);
      taking.begin(performance.now());
      return false;
    },
    onEnd: () => {
      taking?.end(performance.now());
      recorder.complete(ticket);
      client.end();
    },
    onError: (failure) => {
      const side = { untaken: client.writableLength, taking };
      charge(recorder, ticket, culpritOf(failure, ticket, side, performance.now()), failure.kind);
      // A normal end would make a body that ends with its connection look complete.
      if (isAnswered) breakConnection(incoming.socket);
      else refuseSocket(client, refusalFor(failure.kind));
    },
    onFault,
  };

  incoming.socket.setTimeout(0);
  client.on('error', () => client.destroy());
  client.on('drain', () =>
    contain(() => {
      taking?.end(performance.now());
      call?.resume();
    }),
  );
  client.once('close', () => {
    destination.streams.delete(stream);
    contain(() => taking?.end(performance.now()));
    contain(() => recorder.abandon(ticket, isAnswered ? 'answered' : 'versions'));
    contain(() => call?.abort());
  });
  destination.streams.add(stream);
  contain(() => {
    call = destination.client.request({ ...request, upgrade: 'websocket' }, handler);
  });
}

/** Copies bytes both ways; the end of either side ends both. */
function join(client: Duplex, upstream: Duplex): void {
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
}
