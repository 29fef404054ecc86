import { type LookupAddress, lookup } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import { AddressRanges } from '../http/address-ranges.ts';
import { ipv4Within } from '../http/embedded-address.ts';
import type { ListenerName, OwnListeners } from './own-listeners.ts';

/** Where no upstream may be: link-local networks, and the addresses of cloud metadata services that hand out credentials. */
const FORBIDDEN = new AddressRanges(
  [
    '169.254.0.0/16',
    'fe80::/10',
    // Alibaba, Azure, Oracle Classic.
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    // AWS (its services on the machine), Google, Oracle, Scaleway, Akamai, Alibaba.
    'fd00:ec2::/32',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd00:a9fe:a9fe::1',
    'fd00:100::100:200',
    // NAT64 for local use (RFC 8215): each network chooses where the IPv4 address is in it (RFC 6052 2.2).
    '64:ff9b:1::/48',
  ],
  'addresses that no upstream may have',
);

/** Whether an upstream may not be at this address. A name is never forbidden itself: what it resolves to is checked. */
export function isForbiddenAddress(address: string): boolean {
  const plain = plainAddress(address);
  return FORBIDDEN.includes(plain) || ipv4Within(plain).some((ipv4) => FORBIDDEN.includes(ipv4));
}

/** Without the brackets of a URL and without a zone. */
function plainAddress(address: string): string {
  return address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
}

/** The error code of a lookup for a name with a forbidden address. */
export const FORBIDDEN_ADDRESS = 'ERR_FORBIDDEN_ADDRESS';

/** The error code of a lookup when our own code threw; `cause` is what it threw. */
export const FAILED_LOOKUP = 'ERR_FAILED_LOOKUP';

/**
 * The resolver of a dial: it connects to exactly the addresses that were checked, so the name cannot mean
 * another machine by then (DNS rebinding). One forbidden address rejects the name.
 */
export function lookupUnless(isForbidden: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
      if (error) return callback(error, '', 4);
      let forbidden: boolean;
      try {
        forbidden = addresses.some(({ address }) => isForbidden(address));
      } catch (cause) {
        return callback(Object.assign(new Error('the resolver failed', { cause }), { code: FAILED_LOOKUP }), '', 4);
      }
      if (forbidden) {
        const thrown = Object.assign(new Error(`${hostname} is not where an upstream may be`), {
          code: FORBIDDEN_ADDRESS,
        });
        return callback(thrown, '', 4);
      }
      if (options.all) return callback(null, [...addresses]);
      const [first] = addresses;
      callback(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}

/** For metrics sources. */
export const lookupAllowed: LookupFunction = lookupUnless(isForbiddenAddress);

const SHOWN: Readonly<Record<ListenerName, string>> = {
  control: 'control API',
  gateway: 'gateway',
  readiness: 'listener for load balancers',
};

/** Why no upstream may be at an address and port, in one sentence; null if one may be. What a name resolves to is checked. */
export function refusedPlace(address: string, port: number, own: OwnListeners): string | null {
  if (isForbiddenAddress(address)) return `${address} is a link-local or metadata address, where no upstream may be.`;
  const listener = own.find(plainAddress(address), port);
  if (listener === null) return null;
  const host = isIPv6(plainAddress(address)) ? `[${plainAddress(address)}]` : address;
  return `${host}:${port} is Serin's own ${SHOWN[listener]}, where no upstream may be.`;
}
