import { type ChosenBy, chooseTrack } from '../../split/match.ts';
import type { Track } from '../../split/order.ts';
import type { ConsumerKey, GatewayRoute, StickyKey } from '../gateway.ts';
import { type ConsumerTally, LateTally } from '../measure/consumers/consumer-tally.ts';
import type { KeyUse } from '../measure/key-shares.ts';
import type { Drawn, Ticket } from '../measure/ticket.ts';
import { firstScheme } from './client-place.ts';
import { type Listed, NOT_LISTED } from './consumers.ts';
import type { EndNotice } from './deprecation.ts';
import type { Peer } from './peer.ts';
import type { Live, RouteState } from './route-state.ts';
import { drawn } from './version-draw.ts';

/** The fields of a request head, whichever path read it. */
export interface Fields {
  /** The value by lower-case name, lists joined; undefined when the field is absent. */
  field(lower: string): string | undefined;
}

/** What a choice may depend on. */
export interface Requester {
  readonly fields: Fields;
  /** With its `?`, or empty. */
  readonly query: string;
  readonly requestId: string;
  readonly address: string;
  /** Whether to believe what the peer says about the client. */
  readonly peer: Pick<Peer, 'isTrusted'>;
}

export interface Choice extends KeyUse {
  readonly track: Track;
  readonly by: ChosenBy;
  /** Made for every request, also for one whose version was forced or ruled. */
  readonly draw: Drawn;
  /** The `Set-Cookie` value that makes the choice last, if the route wants one and the client had none. */
  readonly setCookie: string | null;
  /** What the answer says of the end of the stable; null where a rule keeps the consumer there no more, or nothing is told. */
  readonly notice: EndNotice | null;
  /** The consumer's name, if the route distinguishes consumers and versions are compared. */
  readonly consumer: string | null;
  /** Where the request is counted for its consumer; null where the route does not distinguish consumers. */
  readonly tally: ConsumerTally | null;
  /** A token that is not known yet, and that nobody waits for: its request is counted for nobody until it is (see `tallyLate`). */
  readonly unknownToken: string | null;
}

/** For requests without a credential. */
const ANONYMOUS = 'no credential';

/** Chooses the version of a request, first match wins: force header, consumer rule, weight. */
export function choose(state: RouteState, live: Live, requester: Requester): Choice {
  const { declared } = state;
  const { sticky } = live.draw;
  const presented = presentedOf(declared.consumerKey, requester);
  const credential = credentialOf(state, presented);
  const sent = sticky.kind === 'consumer' ? credential : stickyKeyOf(state, sticky, requester);
  const issued = sent === null && sticky.kind === 'cookie' ? (state.cookie?.issue(schemeOf(requester)) ?? null) : null;
  const key = issued === null ? sent : issued.id;
  const setCookie = issued === null ? null : issued.setCookie;
  const proxysId = key === null ? proxysIdOf(requester) : null;
  const draw = drawn(live.draw, key, proxysId, state);
  // Also where no rule applies: it is counted who asks, and told who met what a canary answers.
  const listed = credential === null ? null : state.consumers.find(credential);
  const tally = declared.consumerKey === null ? null : tallyFor(state, listed);
  if (live.canary === null) {
    return {
      track: 'stable',
      by: 'weight',
      draw,
      keyKind: null,
      keyName: null,
      setCookie,
      notice: null,
      consumer: null,
      tally,
      unknownToken: state.tokens !== null && credential === null && !asksWho(live) ? presented : null,
    };
  }
  const { track, by } = chooseTrack(live.order, {
    force: forceOf(state, requester),
    consumer: presented === null ? null : (listed?.rule ?? 'unlisted'),
    hash: draw.hash,
  });
  const consumer = declared.consumerKey === null ? null : presented === null ? ANONYMOUS : (listed?.name ?? NOT_LISTED);
  const { kind } = sticky;
  const keyKind = key === null || kind === 'request' ? null : kind;
  // Other keys are their clients' secrets.
  const keyName = keyKind === 'client-address' ? key : keyKind === 'consumer' ? consumer : null;
  const isKept = by === 'consumer' && track === 'stable';
  const notice = live.notices !== null && isKept ? live.notices.of(listed?.due ?? null) : null;
  // What is forced is a test, whoever makes it.
  const counted = by === 'force' ? null : tally;
  return { track, by, draw, keyKind, keyName, setCookie, notice, consumer, tally: counted, unknownToken: null };
}

/** Those without a credential that says whose it is are counted together. */
function tallyFor({ book }: Pick<RouteState, 'book'>, listed: Listed | null): ConsumerTally {
  return listed === null ? book.none : listed.tally;
}

/**
 * Counts a request for the client of its token, once that is known. While nothing is rolled out, the client of a token decides
 * nothing, so that no request waits for it.
 */
export function tallyLate(state: RouteState, unknownToken: string, ticket: Ticket): void {
  const { tokens, consumers, book } = state;
  const late = new LateTally();
  const isAwaited = tokens?.awaits(unknownToken, () => {
    const clientId = tokens.clientIdOf(unknownToken);
    late.settle(clientId === null ? book.none : consumers.find(clientId).tally);
  });
  if (isAwaited) ticket.tally = late;
}

/** What the requester asks for, if allowed; a force header that does not count is treated as absent. */
export function forceOf(
  { declared, forceGuard }: Pick<RouteState, 'declared' | 'forceGuard'>,
  requester: Pick<Requester, 'fields' | 'address'>,
): string | null {
  const force = forceAsked(declared, requester.fields);
  return force === null || forceGuard === null || forceGuard.admits(requester) ? force : null;
}

/**
 * What the force header asks for: `canary`, `stable` or a version's name. Where it has values of its own, any other value asks for
 * nothing, because the header may have another use.
 */
export function forceAsked(
  { forceHeader, forceWords }: Pick<GatewayRoute, 'forceHeader' | 'forceWords'>,
  fields: Fields,
): string | null {
  const value = headerOf(fields, forceHeader);
  if (value === null || forceWords === undefined) return value;
  const word = value.toLowerCase();
  if (word === forceWords.canary.toLowerCase()) return 'canary';
  return word === forceWords.stable?.toLowerCase() ? 'stable' : null;
}

/** Whether it matters now who the consumer of a request is. */
function asksWho({ canary, draw }: Live): boolean {
  return canary !== null || draw.sticky.kind === 'consumer';
}

/**
 * Whether a request should wait before its version is chosen: its token is seen for the first time. If so, `then` is called, within a
 * second.
 */
export function awaitsToken(
  { declared, live, tokens }: Pick<RouteState, 'declared' | 'live' | 'tokens'>,
  requester: Pick<Requester, 'fields' | 'query' | 'peer'>,
  then: () => void,
): boolean {
  if (tokens === null || !asksWho(live)) return false;
  const presented = presentedOf(declared.consumerKey, requester);
  return presented !== null && tokens.awaits(presented, then);
}

/** What a request has of any other sticky key than its consumer; null where it is drawn by itself, as one without the key is. */
function stickyKeyOf(
  { cookie }: RouteState,
  sticky: Exclude<StickyKey, { readonly kind: 'consumer' }>,
  requester: Requester,
): string | null {
  switch (sticky.kind) {
    case 'header':
      return headerOf(requester.fields, sticky.name);
    case 'cookie':
      return cookie?.read(requester.fields.field('cookie')) ?? null;
    case 'client-address':
      return requester.address;
    case 'request':
      return null;
  }
}

/**
 * The request id that a trusted proxy sent, so that what the proxy sends again goes where it went before. An id of any other client
 * chooses nothing: it could try ids until one means canary, and aim requests that fail at it.
 */
function proxysIdOf({ fields, requestId, peer }: Requester): string | null {
  return peer.isTrusted && fields.field('x-request-id') === requestId ? requestId : null;
}

/**
 * What a request has of the consumer's key; from `Authorization` only the token (RFC 6750 section 2.1), whatever the scheme. From
 * anybody but a trusted proxy, what only proxies may say is nothing.
 */
export function presentedOf(
  key: ConsumerKey | null,
  { fields, query, peer }: Pick<Requester, 'fields' | 'query' | 'peer'>,
): string | null {
  if (key === null) return null;
  if (key.kind === 'query') return parametersOf(query, key.name)[0] ?? null;
  if (key.kind === 'header' && key.from === 'trustedProxies' && !peer.isTrusted) return null;
  const value = headerOf(fields, key.name);
  if (value === null || key.name !== 'authorization') return value;
  return /^bearer /i.test(value) ? value.slice('Bearer '.length).trim() : value;
}

/** Who presents it: the credential itself, or the client id of a verified token. A token that is not verified is nobody's. */
function credentialOf({ tokens }: Pick<RouteState, 'tokens'>, presented: string | null): string | null {
  return presented === null || tokens === null ? presented : tokens.clientIdOf(presented);
}

/** The values of a query parameter; `query` includes its `?`. */
export function parametersOf(query: string, name: string): readonly string[] {
  return query === '' ? [] : new URLSearchParams(query).getAll(name);
}

/** The scheme on the client's side; unless a proxy says otherwise, it is the gateway's own listener, which speaks http. */
function schemeOf({ peer, fields }: Requester): 'http' | 'https' {
  return peer.isTrusted ? firstScheme(fields.field('x-forwarded-proto') ?? '') : 'http';
}

function headerOf(fields: Fields, name: string): string | null {
  return fields.field(name) || null;
}
