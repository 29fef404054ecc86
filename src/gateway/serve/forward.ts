import type { ServerResponse } from 'node:http';
import type { Track } from '../../split/order.ts';
import type { Faults } from '../http/faults.ts';
import { headerLines, MIRROR_FIELD } from '../http/headers.ts';
import { failure, LATE_BODY, OVERLOAD, type Refusal, refuse, TOO_LARGE } from '../http/refuse.ts';
import type { Client } from '../http/share.ts';
import type { Target } from '../http/target.ts';
import type { AccessNote } from '../measure/access-log.ts';
import type { Ticket } from '../measure/ticket.ts';
import type { Mirroring } from '../mirror/mirroring.ts';
import { awaitsToken, choose, tallyLate } from '../route/choose.ts';
import type { Destination } from '../route/destinations.ts';
import { type Attempt, type Failover, failoverOf } from '../route/failover.ts';
import type { Peers } from '../route/peer.ts';
import { requestHeaders } from '../route/request-head.ts';
import type { Live, RouteState } from '../route/route-state.ts';
import { trimmedPrefix } from '../route/route-table.ts';
import { IDEMPOTENT } from '../upstream/pool.ts';
import type { UpstreamRequest } from '../upstream/upstream-client.ts';
import type { GatewayRequest } from './admit.ts';
import { Exchange } from './exchange.ts';
import { mirroredAttempt } from './mirrored-attempt.ts';
import { NodeSide } from './node-side.ts';
import { forceRefusal, refusalAt } from './route-refusal.ts';
import { bodyFraming, Upload } from './upload.ts';
import type { UploadWatch } from './upload-watch.ts';

/** A request with its version chosen, whichever path it takes from here. */
export interface Routed {
  readonly ticket: Ticket;
  readonly setCookie: string | null;
  /** The track that serves; not the chosen one if its canary has left the route. */
  readonly track: Track;
  /** The request to send to the version on a track. */
  readonly attempt: (track: Track, body: UpstreamRequest['body']) => Attempt;
  readonly failover: Failover | null;
}

/** Chooses the version of a request; the recorder's clock runs from here. */
export function route(state: RouteState, incoming: GatewayRequest, peers: Peers): Routed {
  const { declared, live, recorder, budget } = state;
  const { headers, socket, target, requestId } = incoming;
  const peer = peers.of(socket);
  const { address, share } = clientOf(incoming, peers);
  const choice = choose(state, live, { fields: incoming, query: target.query, requestId, address, peer });
  const track = choice.track === 'canary' && live.canary ? 'canary' : 'stable';
  const attempt = (of: Track, body: UpstreamRequest['body']): Attempt => {
    const destination = destinationOf(live, of);
    const host = declared.hostHeader === 'preserve' ? (headers.host ?? destination.authority) : destination.authority;
    return {
      destination,
      version: declared.showVersion ? destination.versionHeader : null,
      notice: of === 'stable' ? choice.notice : null,
      places: live.places,
      request: {
        method: incoming.method ?? 'GET',
        path: upstreamPath(state, destination, target),
        headers: headerLines(requestHeaders({ incoming, peer, requestId, host, route: state })),
        body,
        timeouts: state.timeouts,
        lane: choice.by === 'force' ? 'forced' : 'open',
        share,
      },
    };
  };
  const ticket = recorder.begin(track, choice.by, choice.draw, choice);
  try {
    ticket.describe(incoming.method ?? '', target.path, choice.consumer, address);
    ticket.tally = choice.tally;
    if (choice.unknownToken !== null) tallyLate(state, choice.unknownToken, ticket);
    budget.earn(ticket.begunAt);
    if (state.accessLog) {
      const { method = '' } = incoming;
      ticket.note = noteOf(state, track, { method, path: target.path, requestId, client: address });
    }
    const failover = failoverOf({ live, ticket, budget, toStable: ({ body }) => attempt('stable', body) });
    return { ticket, setCookie: choice.setCookie, track, attempt, failover };
  } catch (error) {
    recorder.withdraw(ticket);
    throw error;
  }
}

function clientOf({ socket, headers }: GatewayRequest, peers: Peers): Client {
  const forwardedFor = headers['x-forwarded-for'];
  return peers.client(peers.of(socket), typeof forwardedFor === 'string' ? forwardedFor : undefined);
}

/** What all requests on the reference path share. */
export interface Serving {
  readonly peers: Peers;
  /** Limit of a request body; null for none. */
  readonly bodyBytes: number | null;
  readonly watch: UploadWatch;
  readonly faults: Faults;
}

/**
 * Streams one request to the version chosen for it, and the answer back. Before the dial only a token that is seen for the first time
 * is awaited, and the first part of a body. Null where nothing had to be waited for.
 */
export function forward(
  state: RouteState,
  incoming: GatewayRequest,
  outgoing: ServerResponse<GatewayRequest>,
  serving: Serving,
): Promise<void> | null {
  const refusal = refusalAt(state, incoming);
  if (refusal) {
    refuse(outgoing, refusal, 'close');
    return null;
  }
  const known = tokenOf(state, incoming, serving.peers);
  if (known === null) {
    send(state, incoming, outgoing, serving);
    return null;
  }
  return known.then(() => {
    // Meanwhile the client may have left, or been refused for what it sent next.
    if (!incoming.socket.destroyed && !outgoing.headersSent) send(state, incoming, outgoing, serving);
  });
}

/** Resolves when all is known of the token of a request that can be, within a second; null where there is nothing to wait for. */
export function tokenOf(state: RouteState, incoming: GatewayRequest, peers: Peers): Promise<void> | null {
  if (state.tokens === null) return null;
  const { promise, resolve } = Promise.withResolvers<void>();
  const asking = { fields: incoming, query: incoming.target.query, peer: peers.of(incoming.socket) };
  return awaitsToken(state, asking, resolve) ? promise : null;
}

function send(
  state: RouteState,
  incoming: GatewayRequest,
  outgoing: ServerResponse<GatewayRequest>,
  { peers, bodyBytes, watch, faults }: Serving,
): void {
  const refusal = forceRefusal(state, incoming, peers);
  if (refusal) {
    refuse(outgoing, refusal, 'close');
    return;
  }
  const framing = bodyFraming(incoming);
  const parts: Served = { state, incoming, outgoing, peers, faults };
  if (framing !== 'stream') {
    exchangeOf(parts, null, framing === 'empty' ? '' : null).begin();
    return;
  }
  let exchange: Exchange | null = null;
  const cut = (why: Refusal): void => {
    if (exchange) exchange.cut(why);
    else {
      upload.stop();
      refuse(outgoing, why, 'close');
    }
  };
  const { share } = clientOf(incoming, peers);
  const upload = new Upload(incoming, outgoing, {
    replay: IDEMPOTENT.has(incoming.method ?? '') ? 'kept' : 'none',
    limitBytes: bodyBytes,
    onExcess: () => cut(TOO_LARGE),
    pace: state.timeouts,
    share,
    watch,
    deciding: state.deciding,
    onLate: () => cut(LATE_BODY),
    onFault: (error) => {
      if (exchange) exchange.onFault(error, 'upload');
      else giveUp(parts, upload, error);
    },
  });
  try {
    upload.gather(() => {
      if (!upload.isWhole && share?.hasRoomForUpload === false) {
        cut(OVERLOAD);
        return;
      }
      const whole = upload.takeWhole();
      if (whole === null) upload.open();
      exchange = whole === null ? exchangeOf(parts, upload, upload) : exchangeOf(parts, null, whole);
      exchange.begin();
    });
  } catch (error) {
    upload.stop();
    throw error;
  }
}

interface Served extends Pick<Serving, 'peers' | 'faults'> {
  readonly state: RouteState;
  readonly incoming: GatewayRequest;
  readonly outgoing: ServerResponse<GatewayRequest>;
}

/** Our own code threw before an exchange owned the body. */
function giveUp({ incoming, outgoing, faults }: Served, upload: Upload, error: unknown): void {
  const { requestId } = incoming;
  faults.report(error, 'upload', requestId);
  faults.attempt(() => upload.stop(), 'upload', requestId);
  if (!faults.attempt(() => refuse(outgoing, failure(requestId), 'close'), 'upload', requestId)) {
    incoming.socket.destroy();
  }
}

/** The exchange of a request whose version is chosen now. */
function exchangeOf(
  { state, incoming, outgoing, peers, faults }: Served,
  upload: Upload | null,
  body: UpstreamRequest['body'],
): Exchange {
  const { ticket, setCookie, failover, track, attempt } = route(state, incoming, peers);
  const { recorder } = state;
  try {
    ticket.upload = upload;
    const side = new NodeSide(outgoing);
    const mirroring = mirroringOf(state, incoming, ticket, attempt);
    const exchange = new Exchange({
      side,
      upload,
      attempt: attempt(track, mirroring === null ? body : mirroring.copyOf(body)),
      failover,
      recorder,
      ticket,
      setCookie,
      requestId: incoming.requestId,
      faults,
      mirroring,
      owner: null,
    });
    side.serve(exchange);
    return exchange;
  } catch (error) {
    recorder.withdraw(ticket);
    throw error;
  }
}

/** Null unless the request is to be sent again. Who expects a 100 waits for what a version says before it has a body. */
function mirroringOf(
  { mirror }: RouteState,
  { method = '', headers, requestId }: GatewayRequest,
  ticket: Ticket,
  attempt: Routed['attempt'],
): Mirroring | null {
  if (mirror === null || headers.expect !== undefined || headers[MIRROR_FIELD] !== undefined) return null;
  if (!mirror.draws(method, ticket)) return null;
  return mirror.begin({ requestId, ticket, attempt: (of, body) => mirroredAttempt(attempt(of, body)) });
}

export function destinationOf(live: Live, track: Track): Destination {
  return track === 'canary' && live.canary ? live.canary : live.stable;
}

/** The upstream URL's own path in place of the matched prefix; the rest and the query stay as they came. */
export function upstreamPath(
  { declared }: Pick<RouteState, 'declared'>,
  { basePath }: Pick<Destination, 'basePath'>,
  { path, query }: Target,
): string {
  if (!declared.rewrite) return `${path}${query}`;
  const rest = path.slice(trimmedPrefix(declared.prefix).length);
  return `${`${basePath}${rest}` || '/'}${query}`;
}

/** What the access log records about a request. */
export function noteOf(
  { declared, live }: RouteState,
  track: Track,
  { method, path, requestId, client }: Omit<AccessNote, 'route' | 'version'>,
): AccessNote {
  const { version } = destinationOf(live, track).upstream;
  return { route: declared.name, version, method, path, requestId, client };
}
