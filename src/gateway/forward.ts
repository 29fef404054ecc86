import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { GatewayRequest } from './admit.ts';
import { choose } from './choose.ts';
import { Exchange } from './exchange.ts';
import type { Live, RouteState } from './follow.ts';
import { requestHeaders, requestIdOf } from './headers.ts';
import type { Ticket } from './open-block.ts';
import type { Peers } from './peer.ts';
import type { Destination } from './pools.ts';
import { type Target, trimmedPrefix } from './route-table.ts';
import { hasBody, Upload } from './upload.ts';

/** undici takes the TLS server name from the Host header unless it is told; its types leave the option out. */
interface UpstreamRequest extends Dispatcher.DispatchOptions {
  readonly servername?: string;
}

/** A request with its version chosen and its head written, however it goes on from here. */
export interface Routed {
  readonly destination: Destination;
  readonly ticket: Ticket;
  readonly path: string;
  readonly headers: string[];
  readonly version: string | null;
  readonly setCookie: string | null;
}

/** Chooses the version and writes the upstream's request head; the recorder's clock runs from here. */
export function route(state: RouteState, incoming: GatewayRequest, peers: Peers): Routed {
  const { declared, live, recorder } = state;
  const { headers, socket, target } = incoming;
  const peer = peers.of(socket);
  const requestId = requestIdOf(headers);
  const forwardedFor = headers['x-forwarded-for'];
  const choice = choose(state, live, {
    headers,
    query: target.query,
    requestId,
    address: peers.clientAddress(peer, typeof forwardedFor === 'string' ? forwardedFor : undefined),
  });
  const destination = destinationOf(live, choice.track);
  return {
    destination,
    ticket: recorder.begin(destination === live.canary ? 'canary' : 'stable', choice.by, choice.hash),
    path: upstreamPath(state, destination, target),
    headers: requestHeaders({
      incoming,
      peer,
      requestId,
      host: declared.hostHeader === 'preserve' ? (headers.host ?? destination.authority) : destination.authority,
    }),
    version: declared.showVersion ? destination.versionHeader : null,
    setCookie: choice.setCookie,
  };
}

/** Streams one request to the version chosen for it, and the answer back. Nothing is awaited before the dial. */
export function forward(
  state: RouteState,
  incoming: GatewayRequest,
  outgoing: ServerResponse<GatewayRequest>,
  peers: Peers,
): void {
  const { destination, ticket, path, headers, version, setCookie } = route(state, incoming, peers);
  const upload = hasBody(incoming) ? new Upload(incoming, outgoing) : null;
  const { recorder } = state;
  const exchange = new Exchange({ incoming, outgoing, upload, destination, recorder, ticket, version, setCookie });
  const request: UpstreamRequest = {
    method: incoming.method ?? 'GET',
    path,
    headers,
    body: upload,
    ...(destination.servername === null ? {} : { servername: destination.servername }),
  };
  try {
    destination.pool.dispatch(request, exchange);
  } catch (error) {
    exchange.onResponseError(undefined, error instanceof Error ? error : new Error('not dispatched', { cause: error }));
  }
}

function destinationOf(live: Live, track: 'stable' | 'canary'): Destination {
  return track === 'canary' && live.canary ? live.canary : live.stable;
}

/** The upstream URL's own path in place of the matched prefix, the rest and the query as they came. */
export function upstreamPath({ declared }: RouteState, { basePath }: Destination, { path, query }: Target): string {
  if (!declared.rewrite) return `${path}${query}`;
  const rest = path.slice(trimmedPrefix(declared.prefix).length);
  return `${`${basePath}${rest}` || '/'}${query}`;
}
