import { hasVersion } from '../../split/match.ts';
import type { Refusal } from '../http/refuse.ts';
import { type Fields, forceAsked, forceOf, parametersOf } from '../route/choose.ts';
import type { Peers } from '../route/peer.ts';
import type { RouteState } from '../route/route-state.ts';
import type { GatewayRequest } from './admit.ts';

const ENCODED_SLASH: Refusal = {
  status: 400,
  detail: 'The path has an encoded slash or backslash, which this route does not take (encodedSlash: pass).',
};

/** Why the matched route refuses a request, before any of it is counted; null if it does not. */
export function refusalAt(
  { declared, deciding }: Pick<RouteState, 'declared' | 'deciding'>,
  { rawHeaders, target }: Pick<GatewayRequest, 'rawHeaders' | 'target'>,
): Refusal | null {
  if (target.hasEncodedSlash && declared.encodedSlash !== 'pass') return ENCODED_SLASH;
  const repeated = deciding.repeated(rawHeaders);
  if (repeated !== null) {
    return { status: 400, detail: `The request has more than one ${repeated} header, by which this route chooses.` };
  }
  const { consumerKey } = declared;
  if (consumerKey?.kind === 'query' && parametersOf(target.query, consumerKey.name).length > 1) {
    return { status: 400, detail: `The query has more than one ${consumerKey.name}, by which this route chooses.` };
  }
  return null;
}

/**
 * Whether a request asks for a version that the route does not have now. Answered by another version, a test suite would pass
 * without having tested anything. Who may ask is decided elsewhere.
 */
export function asksForNone({ declared, live }: Pick<RouteState, 'declared' | 'live'>, fields: Fields): boolean {
  if (declared.unfollowedForce === 'ignore') return false;
  const force = forceAsked(declared, fields);
  return force !== null && !hasVersion(live.order, force);
}

/** The refusal of such a request, where its force header counts (RFC 9110 section 15.5.13); otherwise null. */
export function forceRefusal(state: RouteState, incoming: GatewayRequest, peers: Peers): Refusal | null {
  if (!asksForNone(state, incoming)) return null;
  const peer = peers.of(incoming.socket);
  const forwardedFor = incoming.field('x-forwarded-for');
  if (forceOf(state, { fields: incoming, address: peers.clientAddress(peer, forwardedFor) }) === null) return null;
  const { forceHeader } = state.declared;
  return {
    status: 412,
    detail: `The ${forceHeader} header names no version that this route has now, and the request was not sent to another one.`,
  };
}
