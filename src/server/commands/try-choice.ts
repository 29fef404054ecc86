import type { ConsumerKey, GatewayRoute, StickyKey } from '../../gateway/gateway.ts';
import type { Refusal } from '../../gateway/http/refuse.ts';
import { type Fields, forceAsked, presentedOf } from '../../gateway/route/choose.ts';
import { cookieValues } from '../../gateway/route/sticky-cookie.ts';
import type { IncomingHead } from '../../gateway/serve/admit.ts';

/** What in a request would decide its version during a rollout; credentials are never shown. */
export function choiceLines(route: GatewayRoute, { headers }: IncomingHead, query: string): readonly string[] {
  const fields: Fields = { field: (lower) => headers[lower]?.toString() };
  const force = forceAsked(route, fields);
  const guard = route.forceRule
    ? `, if the client may force one${route.unfollowedForce === 'ignore' ? '' : '; else such a client is answered 412'}`
    : '';
  // As a proxy's: who asks is not known.
  const peer = { isTrusted: true };
  const hasKey = presentedOf(route.consumerKey, { fields, query, peer }) !== null;
  return [
    ...(force
      ? [`${route.forceHeader}: ${asIsSaid(route, fields, force)}, which counts while a rollout allows it${guard}`]
      : []),
    ...(route.consumerKey
      ? [
          `the ${route.consumerKey.kind === 'query' ? 'query' : 'header'} ${route.consumerKey.name} ${hasKey ? namesOne(route.consumerKey) : 'is absent: no consumer'}`,
        ]
      : []),
    `by weight, ${stickyLine(route.sticky, { fields, hasKey })}`,
  ];
}

function namesOne(key: ConsumerKey): string {
  if (key.kind === 'jwt') return `has a token, which names a consumer by its ${key.rule.claim} once it is verified`;
  return key.kind === 'header' && key.from === 'trustedProxies'
    ? 'names a consumer, if a trusted proxy sends it'
    : 'names a consumer';
}

/** The refusal of a force header that can only be followed during a rollout, if it applies to every client. */
export function unfollowedForce(route: GatewayRoute, { headers }: IncomingHead): Refusal | null {
  if (route.unfollowedForce === 'ignore' || route.forceRule) return null;
  const fields: Fields = { field: (lower) => headers[lower]?.toString() };
  const force = forceAsked(route, fields);
  const stable = ['stable', route.stable.version.toLowerCase()];
  if (!force || stable.includes(force.toLowerCase())) return null;
  const detail = route.forceWords
    ? `${route.forceHeader}: ${asIsSaid(route, fields, force)}, and ${route.name} has none unless a rollout runs.`
    : `The stable of ${route.name} is not ${force}, so ${route.forceHeader} counts only while a rollout has a version of that name.`;
  return { status: 412, detail };
}

/** `beta asks for the canary` where the header has values of its own, else `v2 asks for one`. */
function asIsSaid({ forceHeader, forceWords }: GatewayRoute, fields: Fields, force: string): string {
  return forceWords ? `${fields.field(forceHeader) ?? force} asks for the ${force}` : `${force} asks for one`;
}

function stickyLine(
  sticky: StickyKey,
  { fields, hasKey }: { readonly fields: Fields; readonly hasKey: boolean },
): string {
  const anew = 'so it is drawn anew for each request';
  switch (sticky.kind) {
    case 'header':
      return fields.field(sticky.name)
        ? `the same for each value of ${sticky.name}`
        : `and the request lacks ${sticky.name}, ${anew}`;
    case 'cookie': {
      const has = cookieValues(fields.field('cookie') ?? '', sticky.name).length > 0;
      return has ? `the same for each cookie ${sticky.name} that Serin signed` : `and the answer sets ${sticky.name}`;
    }
    case 'consumer':
      return hasKey ? 'the same for each consumer' : `and there is no consumer, ${anew}`;
    case 'client-address':
      return 'the same for each client address';
    case 'request':
      return `and the route asks for no stickiness, ${anew}`;
  }
}
