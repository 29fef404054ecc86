import type { Advisory } from './check.ts';
import { isLoopback } from './loopback.ts';

/**
 * Which proxies are trusted. None is right for a gateway that clients reach directly; behind a load balancer, this is the first
 * setting to make, and nothing else would tell the operator.
 */
export const proxies: Advisory = {
  name: 'proxies',
  timeoutMs: 1_000,
  async run({ loaded }) {
    const { trustedProxies, listen } = loaded.config.gateway;
    if (trustedProxies.length > 0) {
      return [{ level: 'ok', says: `X-Forwarded-* is trusted from ${trustedProxies.join(', ')}` }];
    }
    // A load balancer on another machine cannot be in front of it.
    if (isLoopback(listen.host)) return [];
    return [{ level: 'ok', says: 'X-Forwarded-* is trusted from nobody; gateway.trustedProxies names load balancers' }];
  },
};
