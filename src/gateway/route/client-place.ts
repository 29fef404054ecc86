import { isPlainHost } from '../http/host-name.ts';

/** Scheme, host and prefix as the client sees them, read from the request that the upstream was sent. */
export interface ClientPlace {
  /** `https://shop.test:8443`; null for a client that named no host. */
  readonly origin: string | null;
  /** Its host as in the `Host` header for the upstream, in lower case, without a default port. */
  readonly place: string;
  /** The name alone; null if there is none. */
  readonly hostname: string | null;
  /** What was stripped from the path before the upstream saw it; no trailing slash. */
  readonly prefix: string;
}

/**
 * Reads it from the lines sent to the upstream: answers are mapped to what the upstream knows about the client, and a
 * request costs nothing extra when its answer names no place.
 */
export function clientPlace(lines: string): ClientPlace {
  const host = firstOf(fieldIn(lines, 'X-Forwarded-Host'));
  const scheme = firstScheme(fieldIn(lines, 'X-Forwarded-Proto'));
  const isNamed = host !== '' && isPlainHost(host);
  return {
    origin: isNamed ? `${scheme}://${host}` : null,
    place: fieldIn(lines, 'Host')
      .toLowerCase()
      .replace(/:(?:80|443)?$/, ''),
    hostname: isNamed ? host.replace(/:\d*$/, '').toLowerCase() : null,
    prefix: fieldIn(lines, 'X-Forwarded-Prefix'),
  };
}

/** The value of a line that Serin wrote itself; empty if there is none. */
function fieldIn(lines: string, name: string): string {
  const mark = `${name}: `;
  const at = lines.startsWith(mark) ? 0 : lines.lastIndexOf(`\n${mark}`) + 1;
  if (at === 0 && !lines.startsWith(mark)) return '';
  return lines.slice(at + mark.length, lines.indexOf('\r\n', at));
}

/** What an `X-Forwarded-Proto` says about the client's side. */
export function firstScheme(forwardedProto: string): 'http' | 'https' {
  return firstOf(forwardedProto).toLowerCase() === 'https' ? 'https' : 'http';
}

/** A chain of proxies lists what each received; the first received it from the client. */
function firstOf(list: string): string {
  return list.split(',', 1)[0]?.trim() ?? '';
}
