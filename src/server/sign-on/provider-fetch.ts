import type { CustomFetch } from 'openid-client';
import { FORBIDDEN_ADDRESS, isForbiddenAddress, lookupAllowed } from '../../gateway/upstream/upstream-address.ts';
import type { UpstreamTrust } from '../../gateway/upstream/upstream-trust.ts';

/** How the token and user info endpoints are asked: at no link-local or metadata address, and with the authorities of `gateway.upstreamCa`. */
export function providerFetch(trust: UpstreamTrust | null): CustomFetch {
  let loaded: Promise<CustomFetch> | null = null;
  // On the first sign-in: undici takes 10 MB.
  const load = async (): Promise<CustomFetch> => {
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connect: { lookup: lookupAllowed, ...(trust === null ? {} : { ca: trust.ca }) } });
    return async (url, { body, headers, method, redirect, signal }) => {
      // A dial to an address resolves nothing, so that the lookup does not see it.
      const { hostname } = new URL(url);
      if (isForbiddenAddress(hostname))
        throw Object.assign(new Error(`no provider is at ${hostname}`), { code: FORBIDDEN_ADDRESS });
      const init = { body: body as string | null | undefined, headers, method, redirect, dispatcher };
      const answer = await fetch(url, { ...init, ...(signal ? { signal } : {}) } as Parameters<typeof fetch>[1]);
      return answer as unknown as Response;
    };
  };
  return async (url, options) => {
    loaded ??= load();
    return (await loaded)(url, options);
  };
}
