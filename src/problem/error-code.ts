/** The code of a system or library error (`ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`); null when it has none. */
export function errorCode(thrown: unknown): string | null {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
}
