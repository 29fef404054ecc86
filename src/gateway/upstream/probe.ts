import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { DEFAULT_WELL, formatStatuses, isWell, type StatusPattern } from '../../policy/well-statuses.ts';
import { certificateFault } from '../../problem/certificate.ts';
import type { Via } from '../http/via.ts';
import type { OwnListeners } from './own-listeners.ts';
import { type HttpPlace, httpPlace, ownRequest } from './own-request.ts';
import { refusedPlace } from './upstream-address.ts';
import type { UpstreamTrust } from './upstream-trust.ts';

export interface ProbeOptions {
  readonly timeoutMs: number;
  /** Null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
  readonly own: OwnListeners;
  /** The healthy statuses; 2xx if absent. */
  readonly well?: readonly StatusPattern[];
  /** The sending gateway's; null when the sender is not a gateway. */
  readonly via: Via | null;
}

/**
 * Sends a GET to every address that a URL's host resolves to. Null when each gave a healthy answer; otherwise one
 * sentence that names the address, what came back, and the fix where the file can help.
 */
export async function probe(url: string, options: ProbeOptions): Promise<string | null> {
  const { timeoutMs, own } = options;
  const place = httpPlace(url);
  if (place === null) return `${url} is not an http or https URL.`;
  const { host, port } = place;
  const addresses = await resolve(host, timeoutMs);
  if (typeof addresses === 'string') return addresses;
  for (const address of addresses) {
    const refused = refusedPlace(address, port, own);
    if (refused !== null) return refused;
  }
  const findings = await Promise.all(addresses.map((address) => ask(place, address, options)));
  const areWell = isLoopback(host) ? findings.includes(null) : findings.every((finding) => finding === null);
  return areWell ? null : (findings.find((finding) => finding !== null) ?? null);
}

/** `localhost` has two addresses of one machine (RFC 6761 section 6.3), and most servers there listen on only one. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** The addresses of a host, or a sentence that says why there are none. */
async function resolve(host: string, timeoutMs: number): Promise<readonly string[] | string> {
  if (isIP(host) !== 0) return [host];
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`${host} was not resolved within ${timeoutMs} ms.`), timeoutMs);
  try {
    const found = lookup(host, { all: true }).then((all) => [...new Set(all.map(({ address }) => address))]);
    const addresses = await Promise.race([found, late.promise]);
    return addresses.length === 0 ? `${host} has no address.` : addresses;
  } catch (error) {
    return `${host} could not be resolved (${reasonOf(error)}).`;
  } finally {
    clearTimeout(timer);
  }
}

function ask(
  target: HttpPlace,
  address: string,
  { timeoutMs, trust, via, well = DEFAULT_WELL }: ProbeOptions,
): Promise<string | null> {
  const { url, isTls, host, port } = target;
  const place = `${address}:${port}`;
  const { promise, resolve: finish } = Promise.withResolvers<string | null>();
  const request = ownRequest(
    target,
    { agent: 'serin-preflight', timeoutMs, trust, via },
    { method: 'GET', host: address, ...(isTls && isIP(host) === 0 ? { servername: host } : {}) },
  );
  request.once('response', (answer) => {
    const status = answer.statusCode ?? 0;
    request.destroy();
    if (status === 508 && via?.refusalOf(answer.headers.via)) {
      finish(`${place} leads back to this gateway: requests would go round for ever.`);
      return;
    }
    finish(isWell(status, well) ? null : `${place} ${unwell(status, url.pathname, well)}`);
  });
  request.on('error', (error) => {
    const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
    const code = reasonOf(error);
    const fault = certificateFault(code, 'gateway.upstreamCa');
    const failed = fault === null ? `${place} did not answer (${code}).` : `${place} cannot be trusted: ${fault}.`;
    finish(isLate ? `${place} did not answer within ${timeoutMs} ms.` : failed);
  });
  request.end();
  return promise;
}

/** What came back, what would be healthy, and how the file can change that. */
function unwell(status: number, path: string, well: readonly StatusPattern[]): string {
  const came = `answered ${status} to GET ${path}, and ${formatStatuses(well)} is well`;
  if (status >= 500) return `${came}.`;
  const instead = `health: { path: ${path}, status: ${status} }`;
  if (status === 404) {
    return `${came}. If it has no such page, name one that it has in the route's health, or say that this is well: ${instead}.`;
  }
  const why = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return `${came}${why}. The route's health names another path, or says that this is well: ${instead}.`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
