import { flat } from '../../http/flat-text.ts';
import { headerLines, MIRROR_FIELD } from '../../http/headers.ts';
import type { Client, Share } from '../../http/share.ts';
import type { Target } from '../../http/target.ts';
import type { Ticket } from '../../measure/ticket.ts';
import type { Mirroring } from '../../mirror/mirroring.ts';
import { awaitsToken, choose, parametersOf, tallyLate } from '../../route/choose.ts';
import type { Destination } from '../../route/destinations.ts';
import { type Attempt, type Failover, failoverOf } from '../../route/failover.ts';
import type { Peer } from '../../route/peer.ts';
import { forwardedFields, wayFields } from '../../route/request-head.ts';
import type { RouteState } from '../../route/route-state.ts';
import type { UpstreamRequest } from '../../upstream/upstream-client.ts';
import { destinationOf, noteOf, upstreamPath } from '../forward.ts';
import { mirroredAttempt } from '../mirrored-attempt.ts';
import { asksForNone } from '../route-refusal.ts';
import type { HeadReader } from './head-reader.ts';

/** A plain request with its version chosen. */
export interface PlainRoute {
  readonly ticket: Ticket;
  readonly setCookie: string | null;
  readonly attempt: Attempt;
  readonly failover: Failover | null;
  /** Null unless it is to be sent again. */
  readonly mirroring: Mirroring | null;
}

export interface PlainRequest {
  readonly head: HeadReader;
  readonly peer: Peer;
  readonly client: Client;
  readonly body: UpstreamRequest['body'];
  readonly requestId: string;
}

/**
 * Does what `route` does for the reference path, with the head that was just read. Null when a field that matters
 * appears twice; nothing has been counted by then.
 */
export function routePlain(state: RouteState, request: PlainRequest): PlainRoute | null {
  const { head, peer, client, body, requestId } = request;
  if (isDoubtfulAt(state, head)) return null;
  const { live, recorder, budget } = state;
  const { address, share } = client;
  const choice = choose(state, live, { fields: head, query: head.target.query, requestId, address, peer });
  const lines = linesAfterHost(state, { head, peer, requestId });
  if (head.isAmbiguous) return null;
  const track = choice.track === 'canary' && live.canary ? 'canary' : 'stable';
  const ticket = recorder.begin(track, choice.by, choice.draw, choice);
  try {
    ticket.describe(head.method, head.target.path, choice.consumer, address);
    ticket.tally = choice.tally;
    if (choice.unknownToken !== null) tallyLate(state, choice.unknownToken, ticket);
    budget.earn(ticket.begunAt);
    if (state.accessLog) {
      const { method, target } = head;
      ticket.note = noteOf(state, track, { method, path: target.path, requestId, client: address });
    }
    const first: Asked = {
      state,
      notice: choice.notice,
      places: live.places,
      method: head.method,
      target: head.target,
      host: head.host,
      lines,
      body,
      lane: choice.by === 'force' ? 'forced' : 'open',
      share,
    };
    const { mirror } = state;
    // One that was mirrored before is none to be drawn.
    const isOwn = mirror !== null && head.field(MIRROR_FIELD) === undefined;
    const mirroring =
      isOwn && mirror.draws(head.method, ticket)
        ? mirror.begin({
            requestId,
            ticket,
            attempt: (of, again) => mirroredAttempt(attemptAt(destinationOf(live, of), { ...first, body: again })),
          })
        : null;
    const asked = mirroring === null ? first : { ...first, body: mirroring.copyOf(body) };
    return {
      ticket,
      setCookie: choice.setCookie,
      mirroring,
      attempt: attemptAt(destinationOf(live, track), asked),
      failover:
        track === 'stable' ? null : failoverOf({ live, ticket, budget, toStable: () => attemptAt(live.stable, asked) }),
    };
  } catch (error) {
    recorder.withdraw(ticket);
    throw error;
  }
}

/**
 * Whether the request that was just read should wait: if so, its connection goes on with it within a second. Whether it is doubtful is
 * looked at once, when its version is chosen: until then its token decides nothing.
 */
export function awaitsTokenOf(
  state: RouteState,
  head: HeadReader,
  connection: { readonly peer: Peer; contain(step: () => void): void; goOnWaited(): void },
): boolean {
  if (state.tokens === null) return false;
  const asking = { fields: head, query: head.target.query, peer: connection.peer };
  return awaitsToken(state, asking, () => connection.contain(() => connection.goOnWaited()));
}

/** Whether the reference path has to see a plain request, because it may refuse it. */
function isDoubtfulAt(state: RouteState, head: HeadReader): boolean {
  const { declared, deciding } = state;
  if (asksForNone(state, head)) return true;
  if (deciding.isOdd) return true;
  if (head.target.hasEncodedSlash && declared.encodedSlash !== 'pass') return true;
  for (const name of deciding.names) if (head.repeats(name)) return true;
  const { consumerKey } = declared;
  return consumerKey?.kind === 'query' && parametersOf(head.target.query, consumerKey.name).length > 1;
}

/** What outlives a request's head, which the reader forgets with the next one. */
interface Asked {
  readonly state: RouteState;
  readonly notice: Attempt['notice'];
  readonly places: Attempt['places'];
  readonly method: string;
  readonly target: Target;
  readonly host: string;
  /** All fields for the upstream except Host. */
  readonly lines: string;
  readonly body: UpstreamRequest['body'];
  readonly lane: UpstreamRequest['lane'];
  readonly share: Share | null;
}

function attemptAt(
  destination: Destination,
  { state, notice, places, method, target, host, lines, body, lane, share }: Asked,
): Attempt {
  const { hostHeader, showVersion } = state.declared;
  return {
    destination,
    version: showVersion ? destination.versionHeader : null,
    notice,
    places,
    request: {
      method,
      path: upstreamPath(state, destination, target),
      headers: `${hostHeader === 'preserve' ? `Host: ${host}\r\n` : destination.hostLine}${lines}`,
      body,
      timeouts: state.timeouts,
      lane,
      share,
    },
  };
}

interface Sender {
  readonly head: HeadReader;
  readonly peer: Peer;
  readonly requestId: string;
}

function linesAfterHost(state: RouteState, { head, peer, requestId }: Sender): string {
  const kept = head.forwardedLines({
    hearsay: peer.isTrusted ? 'believed' : 'dropped',
    requestId,
    deciding: state.deciding,
  });
  const forwarded = peer.isTrusted
    ? headerLines(forwardedFields(peer, head.host, (name) => head.field(name)))
    : untrustedLines(peer, head.host);
  const prefix = peer.isTrusted ? head.field('x-forwarded-prefix') : undefined;
  const way = prefix === undefined ? state.wayLines : headerLines(wayFields(state, { httpVersion: '1.1', prefix }));
  return `${kept}${forwarded}${way}${head.requestId === requestId ? '' : `X-Request-Id: ${requestId}\r\n`}`;
}

/** The lines about an untrusted peer depend only on its address and the host it names. */
const known = new WeakMap<Peer, { readonly host: string; readonly lines: string }>();

function untrustedLines(peer: Peer, host: string): string {
  const last = known.get(peer);
  if (last?.host === host) return last.lines;
  const lines = flat(headerLines(forwardedFields(peer, host, () => undefined)));
  known.set(peer, { host, lines });
  return lines;
}
