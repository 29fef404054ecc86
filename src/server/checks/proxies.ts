import type { Advisory } from './check.ts';

/**
 * Who is believed about clients. Nobody is right for a gateway that clients reach by themselves, and behind a load balancer it is
 * the first thing to set, which nothing else would tell.
 */
export const proxies: Advisory = {
  name: 'proxies',
  timeoutMs: 1_000,
  async run({ loaded }) {
    const { trustedProxies } = loaded.config.gateway;
    if (trustedProxies.length > 0) {
      return [{ level: 'ok', says: `X-Forwarded-* is believed from ${trustedProxies.join(', ')}` }];
    }
    const says =
      'gateway.trustedProxies is empty, so X-Forwarded-* is believed from nobody; behind a load balancer all clients have ' +
      'its address then, and seem to come by http (docs/routes.md)';
    return [{ level: 'ok', says }];
  },
};
