import type { Advisory } from './check.ts';

/**
 * Which proxies are trusted. None is right for a gateway that clients reach directly; behind a load balancer this is the first
 * setting to make, and nothing else would tell the operator.
 */
export const proxies: Advisory = {
  name: 'proxies',
  timeoutMs: 1_000,
  async run({ loaded }) {
    const { trustedProxies } = loaded.config.gateway;
    if (trustedProxies.length > 0) {
      return [{ level: 'ok', says: `X-Forwarded-* is trusted from ${trustedProxies.join(', ')}` }];
    }
    const says =
      'gateway.trustedProxies is empty, so X-Forwarded-* is never trusted: behind a load balancer every client has the ' +
      'address of the balancer and appears to use http (docs/routes.md)';
    return [{ level: 'ok', says }];
  },
};
