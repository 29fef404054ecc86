import type { SplitOrder } from '../../split/order.ts';
import type { GatewayRoute } from '../gateway.ts';
import type { Clock } from '../http/clock.ts';
import { flat } from '../http/flat-text.ts';
import { headerLines } from '../http/headers.ts';
import { type GatewayTimeouts, type RouteTimeouts, timeoutsOf } from '../http/timeouts.ts';
import type { Via } from '../http/via.ts';
import { DecidingFields } from './deciding-fields.ts';
import { ForceGuard } from './force-guard.ts';
import { wayFields } from './request-head.ts';
import { trimmedPrefix } from './route-table.ts';
import { StickyCookie } from './sticky-cookie.ts';

/** What follows from the declaration of a route alone: another declaration replaces all of it. */
export interface DeclaredParts {
  readonly declared: GatewayRoute;
  readonly timeouts: RouteTimeouts;
  readonly cookie: StickyCookie | null;
  readonly deciding: DecidingFields;
  /** What rewriting strips from a path; empty if nothing. */
  readonly stripped: string;
  /** The lines about both that are added to a request that came by HTTP/1.1 and through no proxy. */
  readonly wayLines: string;
  /** Null if every client's force header counts. */
  readonly forceGuard: ForceGuard | null;
}

interface OfGateway {
  readonly timeouts: GatewayTimeouts;
  readonly secret: Uint8Array;
  readonly via: Via;
  readonly clock: Clock;
}

export function declaredParts(declared: GatewayRoute, { timeouts, secret, via, clock }: OfGateway): DeclaredParts {
  const { name, sticky, forceRule } = declared;
  const stripped = declared.rewrite ? trimmedPrefix(declared.prefix) : '';
  return {
    declared,
    timeouts: timeoutsOf(timeouts, declared.timeouts),
    cookie: sticky.kind === 'cookie' ? new StickyCookie(secret, sticky.name, sticky.sameSite) : null,
    deciding: new DecidingFields(declared),
    stripped,
    wayLines: flat(headerLines(wayFields({ stripped, via }, { httpVersion: '1.1', prefix: undefined }))),
    forceGuard: forceRule ? new ForceGuard(forceRule, name, secret, () => clock.wall()) : null,
  };
}

/** What a route does before its first order: everything to the declared stable. */
export function declaredOrder({ name, stable }: GatewayRoute): SplitOrder {
  return {
    route: name,
    epoch: 0,
    rolloutId: null,
    stable,
    canary: null,
    canaryBps: 0,
    consumerDefault: null,
    forceAllowed: false,
    drainMs: 0,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
  };
}
