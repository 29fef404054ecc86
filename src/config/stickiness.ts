import { capabilitiesOf } from '../split/capabilities.ts';
import type { ConfiguredRoute } from './config.ts';

/** What it means for the rollouts of a route that keys keep their version. */
export interface Stickiness {
  readonly level: 'ok' | 'warning';
  /** A clause. */
  readonly says: string;
}

/** Null where each request is drawn by itself, and where another router makes the split. */
export function stickinessOf(route: ConfiguredRoute): Stickiness | null {
  const { sticky, source } = route;
  const key = stickyBy(route);
  if (sticky === undefined || sticky.kind === 'request' || key === null) return null;
  const by = `sticky by ${key}`;
  if (source !== undefined) {
    return {
      level: 'warning',
      says: `${by}, and its source ${source} does not count by key: its figures roll nothing back and show no parity; measure the route by the gateway, or leave out sticky`,
    };
  }
  const compared = `${by}, so versions are compared by key and not by request, which takes longer`;
  switch (sticky.kind) {
    case 'client-address':
      return { level: 'warning', says: `${compared}; all clients behind one address are one key` };
    case 'header':
    case 'cookie':
      return { level: 'ok', says: `${compared}; a client that can send another key can choose its version` };
    case 'consumer':
      return { level: 'ok', says: compared };
  }
}

/** What decides which version a request gets: `the header x-user-id`; null where each request is drawn by itself, or by another router. */
function stickyBy(route: ConfiguredRoute): string | null {
  const { sticky } = route;
  if (sticky === undefined || sticky.kind === 'request' || !capabilitiesOf(route).gatewayCarries) return null;
  return wordsFor(sticky);
}

/** What a rollout shows of its route. */
export function routeFactsOf(route: ConfiguredRoute): { readonly sticky: string | null; readonly source: string } {
  return { sticky: stickyBy(route), source: route.source ?? 'gateway' };
}

function wordsFor(sticky: NonNullable<ConfiguredRoute['sticky']>): string {
  switch (sticky.kind) {
    case 'header':
    case 'cookie':
      return `the ${sticky.kind} ${sticky.name}`;
    case 'client-address':
      return "the client's address";
    case 'consumer':
    case 'request':
      return sticky.kind;
  }
}
