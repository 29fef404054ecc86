import { isIP } from 'node:net';
import { AddressRanges } from '../gateway/address-ranges.ts';
import { hostMatches, hostName } from '../gateway/host-name.ts';

/** Why an operator may not name the upstream of a URL, in one sentence; null where one may. */
export type OperatorUpstreams = (url: string) => string | null;

/**
 * An upstream is read through the gateway by whoever reaches it, so operators name those only that the file allows them. A name
 * is allowed by a name: what it resolves to is up to whoever has its domain.
 */
export function operatorUpstreams(places: readonly string[]): OperatorUpstreams {
  const isNetwork = (place: string): boolean => isIP(place.split('/')[0] ?? '') !== 0;
  const networks = new AddressRanges(places.filter(isNetwork), 'upstreams');
  const hosts = places.filter((place) => !isNetwork(place));
  const allowed = places.length === 0 ? 'none' : places.join(', ');
  return (url) => {
    const host = hostName(URL.parse(url)?.hostname ?? '');
    const address = host.replace(/^\[|\]$/g, '');
    const isAllowed = networks.includes(address) || hosts.some((pattern) => hostMatches(pattern, host));
    if (isAllowed) return null;
    return `an operator may not have an upstream at ${host}; serin.yaml allows operators ${allowed}: add it to \`upstreams\` there, or let an admin do this`;
  };
}
