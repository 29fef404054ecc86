import { createMiddleware } from 'hono/factory';
import { problemAnswer } from './problem-answer.ts';
import { requestUrl } from './request-url.ts';

/** Orchestrators use their own names; these answers contain nothing of value. */
const FOR_ANY_HOST: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/**
 * Refuses requests for a host that is not this server's (RFC 9110 section 15.5.20). A page can point its own name to
 * this server's address (DNS rebinding), and then read responses as same-origin: only the name gives it away. An
 * address cannot be pointed anywhere else.
 */
export function ownNames(isOwn: (name: string) => boolean) {
  return createMiddleware(async (c, next) => {
    const hostname = requestUrl(c)?.hostname;
    if (hostname === undefined) {
      return problemAnswer(c, 'malformed', 'the Host of the request is neither a name nor an address');
    }
    if (!isAddressOrLocalhost(hostname) && !isOwn(hostname) && !FOR_ANY_HOST.has(c.req.path)) {
      const detail = `this server does not answer for the host ${hostname}; if it should, add the name to control.hosts in serin.yaml; it counts as soon as the file is read again`;
      return problemAnswer(c, 'misdirected', detail);
    }
    await next();
    return undefined;
  });
}

/** `hostname` in WHATWG URL form: IPv4 in four decimal numbers, IPv6 in brackets. */
function isAddressOrLocalhost(hostname: string): boolean {
  return /^(\d{1,3}(\.\d{1,3}){3}|\[.*\]|(.+\.)?localhost\.?)$/.test(hostname);
}
