import type { ConfiguredSource } from '../config/sources.ts';
import { lookupAllowed } from '../gateway/upstream/upstream-address.ts';
import { resolveSecret } from '../identity/secrets.ts';
import type { Endpoint } from '../metrics/http.ts';

/** How a declared source is reached. Throws Problem('invalid-input') when a secret is not there. */
export function endpointOf(source: ConfiguredSource, env: NodeJS.ProcessEnv): Endpoint {
  const { auth, ca } = source;
  const tenant = source.kind === 'prometheus' ? source.tenant : undefined;
  const read = (reference: string) => resolveSecret(reference, env);
  return {
    url: source.url,
    timeoutMs: source.timeout,
    maxAnswerBytes: source.maxAnswerBytes,
    headers: {
      ...(auth?.bearer ? { authorization: `Bearer ${read(auth.bearer)}` } : {}),
      ...(auth?.basic ? { authorization: basic(auth.basic.username, read(auth.basic.password)) } : {}),
      ...(tenant ? { [tenant.header]: tenant.value } : {}),
    },
    tls: {
      ...(ca ? { ca: read(ca) } : {}),
      ...(auth?.certificate ? { cert: read(auth.certificate.cert), key: read(auth.certificate.key) } : {}),
    },
    lookup: lookupAllowed,
  };
}

/** RFC 7617. */
function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
