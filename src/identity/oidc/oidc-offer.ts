/** How people sign in, as the configuration has it. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly loginClientId?: string | undefined;
  readonly scopes: readonly string[];
  readonly label?: string | undefined;
}

/** What everybody may know. A client with a secret is none that `serin login` could be. */
export function oidcOffer(settings: OidcSettings | undefined) {
  if (settings === undefined) return null;
  const { issuer, clientId, clientSecret, loginClientId, scopes, label } = settings;
  return {
    issuer,
    label: label ?? new URL(issuer).host,
    clientId: loginClientId ?? (clientSecret === undefined ? clientId : null),
    scopes,
  };
}
