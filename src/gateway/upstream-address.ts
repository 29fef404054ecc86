import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Where no upstream may be: link-local networks, and the addresses at which clouds tell a machine its credentials.
 * IPv4 ranges hold for their IPv4-mapped forms as well (BlockList), and are repeated for the other embeddings.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addAddress('100.100.100.200', 'ipv4');
FORBIDDEN.addAddress('168.63.129.16', 'ipv4');
FORBIDDEN.addAddress('192.0.0.192', 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
// IPv4-compatible (RFC 4291 2.5.5.1), NAT64 (RFC 6052 2.1) and 6to4 (RFC 3056) forms of 169.254.0.0/16.
FORBIDDEN.addSubnet('::169.254.0.0', 112, 'ipv6');
FORBIDDEN.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6');
FORBIDDEN.addSubnet('2002:a9fe::', 32, 'ipv6');

/** Whether an upstream may not be at this address. A name is none: it is judged by what it resolves to. */
export function isForbiddenAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(plain);
  return family !== 0 && FORBIDDEN.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/** The code of the error that `lookupAllowed` gives for a name with a forbidden address. */
export const FORBIDDEN_ADDRESS = 'ERR_FORBIDDEN_ADDRESS';

/**
 * The resolver of a dial: the connection goes to exactly the addresses that were checked, so that a name cannot mean
 * another machine by then (DNS rebinding). One forbidden address condemns the name.
 */
export const lookupAllowed: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    if (error) return callback(error, '', 4);
    if (addresses.some(({ address }) => isForbiddenAddress(address))) {
      const forbidden = Object.assign(new Error(`${hostname} is not where an upstream may be`), {
        code: FORBIDDEN_ADDRESS,
      });
      return callback(forbidden, '', 4);
    }
    if (options.all) return callback(null, [...addresses]);
    const [first] = addresses;
    callback(null, first?.address ?? '', first?.family ?? 4);
  });
};
