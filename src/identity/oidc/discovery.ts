import { isRecord } from '../../policy/is-record.ts';

/** What the discovery document of a provider says (OpenID Connect Discovery 1.0 section 3), as far as Serin needs it. */
export interface ProviderMetadata {
  readonly jwksUri: string;
  /** The whole of it. */
  readonly document: Readonly<Record<string, unknown>>;
}

export type ReadMetadata =
  | { readonly ok: true; readonly metadata: ProviderMetadata }
  /** Continues a sentence that begins with the document. */
  | { readonly ok: false; readonly reason: string };

/** A path of the issuer is kept (section 4). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Reads a discovery document. The issuer has to be the one that is asked, byte by byte (section 4.3). */
export function readMetadata(text: string, issuer: string): ReadMetadata {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'is not JSON' };
  }
  if (!isRecord(document)) return { ok: false, reason: 'is no object' };
  if (document['issuer'] !== issuer) {
    return { ok: false, reason: 'names another issuer than control.oidc.issuer, which must be the same byte by byte' };
  }
  const isOpen = issuer.startsWith('http:');
  const places = ['jwks_uri', 'authorization_endpoint', 'token_endpoint'] as const;
  for (const place of places) {
    const url = URL.parse(String(document[place]));
    if (url?.protocol !== 'https:' && !(isOpen && url?.protocol === 'http:')) {
      return { ok: false, reason: `has no https URL as its ${place}` };
    }
  }
  return { ok: true, metadata: { jwksUri: String(document['jwks_uri']), document } };
}
