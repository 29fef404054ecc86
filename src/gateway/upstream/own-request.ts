import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Via } from '../http/via.ts';
import type { UpstreamTrust } from './upstream-trust.ts';

/** The place that an http or https URL names. */
export interface HttpPlace {
  readonly url: URL;
  readonly isTls: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** Null for what is no http or https URL. */
export function httpPlace(text: string): HttpPlace | null {
  const url = URL.parse(text);
  return url && ['http:', 'https:'].includes(url.protocol) ? placeOf(url) : null;
}

export function placeOf(url: URL): HttpPlace {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { url, isTls, host, port: Number(url.port) || (isTls ? 443 : 80) };
}

interface OwnRequestRules {
  readonly agent: 'serin-preflight' | 'serin-probe' | 'serin-keys';
  readonly timeoutMs: number;
  /** Null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
  /** The sending gateway's; null when the sender is not a gateway. */
  readonly via: Via | null;
}

interface OwnRequestOptions extends Pick<RequestOptions, 'host' | 'lookup' | 'method'> {
  /** The name that the certificate must have, where `host` is an address. */
  readonly servername?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request of Serin itself, with a connection of its own. The caller handles its answer and its errors, and ends it. */
export function ownRequest(
  { url, isTls, host, port }: HttpPlace,
  { agent, timeoutMs, trust, via }: OwnRequestRules,
  { headers, ...options }: OwnRequestOptions,
): ClientRequest {
  return (isTls ? httpsRequest : httpRequest)({
    host,
    port,
    ...(isTls && trust ? { ca: trust.ca } : {}),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, 'user-agent': agent, ...(via ? { via: via.after('1.1') } : {}), ...headers },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    ...options,
  });
}
