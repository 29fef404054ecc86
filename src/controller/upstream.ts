import { Problem } from '../problem/problem.ts';
import type { Upstream } from '../split/order.ts';

/**
 * The upstream a URL names. Its version is the given name, else the last segment of the path, else the host.
 * Throws Problem('invalid-input') for anything but a plain http(s) URL: no user info, query or fragment.
 */
export function canaryUpstream(text: string, version?: string): Upstream {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalid(`${text} is no http or https URL`);
  if (url.username || url.password) throw invalid('an upstream URL carries no user name or password');
  if (url.search || url.hash) throw invalid('an upstream URL carries no query and no fragment');
  const name = version ?? url.pathname.split('/').filter(Boolean).at(-1) ?? url.host;
  return { url: url.href, version: name };
}

/** Where a version's health check is: `/path` on its origin, `path` below the upstream's own path. */
export function healthUrl(upstream: Upstream, healthPath: string): string {
  if (healthPath.startsWith('/')) {
    // Not resolved as a reference, because //elsewhere would then be another host.
    return Object.assign(new URL(upstream.url), { pathname: healthPath }).href;
  }
  return `${upstream.url.replace(/\/$/, '')}/${healthPath}`;
}

function invalid(message: string): Problem {
  return new Problem('invalid-input', message, { issues: [{ path: 'canaryUrl', message }] });
}
