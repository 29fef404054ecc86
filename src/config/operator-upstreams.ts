import { isIP } from 'node:net';
import { AddressRanges } from '../gateway/http/address-ranges.ts';
import { hostMatches, hostName } from '../gateway/http/host-name.ts';

/** Why an operator may not use the upstream of a URL, in one sentence; null if it is allowed. */
export type OperatorUpstreams = (url: string) => string | null;

/**
 * Every client of the gateway can read what an upstream answers, so operators may only use those that the file allows. A name
 * is only allowed by a name: what it resolves to is up to the owner of its domain.
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
    return `an operator may not use an upstream at ${host}; serin.yaml allows operators ${allowed}: add it to \`upstreams\` there, or ask an admin`;
  };
}
