import { certificateFault } from '../problem/certificate.ts';
import { errorCode } from '../problem/error-code.ts';
import { Problem } from '../problem/problem.ts';

/** OpenSSL's message for bytes that are not TLS. */
const NO_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);
/** A TLS server closes the connection on anything else, with or without an alert. */
const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const NO_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);

const NAME_IT = 'name its address with --server or SERIN_SERVER';

/** Why no answer came back, and what to do. `what` describes the failure if it is already known. */
export function unreachable(server: string, what: string | null, cause: unknown): Problem {
  if (what !== null) return new Problem('unavailable', `${server} ${what}`, { cause });
  const code = cause instanceof Error ? errorCode(cause.cause) : null;
  return new Problem('unavailable', `cannot reach Serin at ${server}${reasonOf(server, code)}`, { cause });
}

function reasonOf(server: string, code: string | null): string {
  if (code === null) return `: start it with \`serin serve\`, or ${NAME_IT}`;
  const certificate = certificateFault(code, 'the file of NODE_EXTRA_CA_CERTS');
  if (certificate !== null) return `: ${certificate}`;
  if (NO_TLS.has(code)) return `: there is no TLS there (${code}); use ${server.replace(/^https:/, 'http:')}`;
  if (NO_NAME.has(code)) return `: the name ${new URL(server).hostname} is not found (${code}); ${NAME_IT}`;
  if (server.startsWith('http:') && (CLOSED.has(code) || code.startsWith('HPE_'))) {
    return `: it closed the connection or answered no HTTP (${code}); if it takes https only, use ${overTls(server)}, else ${NAME_IT}`;
  }
  return ` (${code}): start it with \`serin serve\`, or ${NAME_IT}`;
}

export function overTls(server: string): string {
  return server.replace(/^http:/, 'https:');
}
