const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * What the code of a TLS error says about the peer's certificate, as a clause; null if it says nothing about it. `setting` is
 * where the authority of a private certificate is configured.
 */
export function certificateFault(code: string, setting: string): string | null {
  if (UNTRUSTED.has(code)) {
    return `its certificate is from an authority that is not trusted (${code}); a private authority is named in ${setting}`;
  }
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `its certificate has expired (${code})`;
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid yet (${code})`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for another name (${code})`;
    default:
      return null;
  }
}
