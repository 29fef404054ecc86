import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { TextReading } from './read-text.ts';

/** A pattern that every route host matches, along with some invalid texts. */
export const HOST = /^(\[[^\]]+\]|(?!\*$)[^:/?#@[\]]+)$/;

const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

const no = (reason: string): TextReading<string> => ({ ok: false, reason });

/**
 * Parses the host of a route: a name, a wildcard for all names below one (`*.example.com`), or an address. The output
 * has the form of requests: lower case, international names in A-labels (RFC 5891), no trailing root dot.
 */
export function readRouteHost(text: string): TextReading<string> {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return no(`is a URL; a route takes only the host: ${hostOfUrl(text)}`);
  if (/[/?#]/.test(text)) return no('is not only a host; the path goes into `path`');
  if (text.includes('@')) return no('must not have user information');
  if (isIPv6(text)) return no(`is an IPv6 address, which needs its brackets: [${text}]`);
  const port = /^(?:\[[^\]]*\]|[^[:]*)(:\d*)$/.exec(text)?.[1];
  if (port !== undefined) {
    return no(`has a port; a route takes requests for every port, so leave out ${port}`);
  }
  if (text.startsWith('[')) return readIPv6(text);
  if (text === '*') return no('is a wildcard for everything; a route without `host` takes every host');
  const [wildcard, name] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text];
  if (name.includes('*')) return no('has a wildcard that is not its whole first label, as in *.example.com');
  const read = readName(name);
  return read.ok ? { ok: true, value: wildcard + read.value } : read;
}

function hostOfUrl(text: string): string {
  const url = URL.parse(text);
  return url === null || url.hostname === '' ? 'example.com' : url.hostname;
}

function readIPv6(text: string): TextReading<string> {
  const url = /^\[[^\]]*\]$/.test(text) && isIPv6(text.slice(1, -1)) ? URL.parse(`http://${text}`) : null;
  return url ? { ok: true, value: url.hostname } : no('is not an IPv6 address in brackets, such as [2001:db8::1]');
}

function readName(text: string): TextReading<string> {
  const foreign = /[\0-\x7f]/.exec(text.replace(/[A-Za-z\d._-]/g, ''))?.[0];
  if (foreign !== undefined) return no(`has a character that no host name has: ${JSON.stringify(foreign)}`);
  const ascii = domainToASCII(text);
  const isInternational = /[^\0-\x7f]/.test(text);
  // An all-digit last label makes the URL parser read an address, which requests may spell differently.
  if (/(^|\.)\d+\.?$/.test(text) && !isIPv4(text))
    return no('has a number as its last label, and is not an IPv4 address');
  if (ascii === '' && isInternational) return no('is not an internationalised name (RFC 5891)');
  const name = (isInternational ? ascii : text.toLowerCase()).replace(/\.$/, '');
  const labels = name.split('.');
  if (labels.includes('')) return no('has an empty label');
  if (name.length > LONGEST_NAME) return no(`is longer than the ${LONGEST_NAME} characters that a name may have`);
  if (labels.some((label) => label.length > LONGEST_LABEL)) {
    return no(`has a label of more than ${LONGEST_LABEL} characters`);
  }
  return { ok: true, value: name };
}
