import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** The authorities that verify the certificates of TLS upstreams. */
export interface UpstreamTrust {
  /** In PEM. */
  readonly ca: string[];
  /** The same, read once for all dials. */
  readonly context: SecureContext;
}

/**
 * The authorities that Node trusts, including `NODE_EXTRA_CA_CERTS`, and those of `ca` (PEM, any number of
 * certificates). Null leaves all of it to Node's defaults.
 */
export function upstreamTrust(ca: string | undefined): UpstreamTrust | null {
  if (ca === undefined) return null;
  const all = [...getCACertificates('default'), ca];
  return { ca: all, context: createSecureContext({ ca: all }) };
}
