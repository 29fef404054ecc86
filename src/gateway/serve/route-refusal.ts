import type { Refusal } from '../http/refuse.ts';
import { parametersOf } from '../route/choose.ts';
import type { RouteState } from '../route/route-state.ts';
import type { GatewayRequest } from './admit.ts';
import type { HeadReader } from './plain/head-reader.ts';
import { asksForNone } from './unfollowed-force.ts';

const ENCODED_SLASH: Refusal = {
  status: 400,
  detail: 'The path has an encoded slash or backslash, which this route does not take (encodedSlash: pass).',
};

/** Why a request is refused at the route that it matches, before anything of it is counted; null when it is not. */
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

/** Whether the reference path has to see a plain request, because it may refuse it. */
export function isDoubtfulAt(state: RouteState, head: HeadReader): boolean {
  const { declared, deciding } = state;
  if (asksForNone(state, head)) return true;
  if (deciding.isOdd) return true;
  if (head.target.hasEncodedSlash && declared.encodedSlash !== 'pass') return true;
  for (const name of deciding.names) if (head.repeats(name)) return true;
  const { consumerKey } = declared;
  return consumerKey?.kind === 'query' && parametersOf(head.target.query, consumerKey.name).length > 1;
}
