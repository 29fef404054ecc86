import type { Configuration } from 'openid-client';

export interface WantedSignIn {
  readonly issuer: string;
  readonly clientId: string;
  /** Separated by spaces. */
  readonly scope: string;
}

/** The scopes that Serin names, and `offline_access` where the provider knows it: by that it gives a refresh token. */
export function wantedSignIn(
  provider: Configuration,
  {
    issuer,
    clientId,
    scopes,
  }: { readonly issuer: string; readonly clientId: string; readonly scopes: readonly string[] },
): WantedSignIn {
  const known = provider.serverMetadata().scopes_supported ?? [];
  const all = new Set([...scopes, ...(known.includes('offline_access') ? ['offline_access'] : [])]);
  return { issuer, clientId, scope: [...all].join(' ') };
}

/** Without it `offline_access` is to be ignored (OpenID Connect Core 1.0 section 11). */
export function prompted({ scope }: WantedSignIn): { readonly prompt?: 'consent' } {
  return scope.split(' ').includes('offline_access') ? { prompt: 'consent' } : {};
}
