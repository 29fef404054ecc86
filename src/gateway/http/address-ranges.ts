import { BlockList, isIP } from 'node:net';

/** Networks and single addresses of IPv4 and IPv6. */
export class AddressRanges {
  private readonly ranges = new BlockList();

  /** Throws TypeError, which names `field`, on text that is not a network such as 10.0.0.0/8. */
  constructor(cidrs: readonly string[], field: string) {
    for (const cidr of cidrs) {
      const [address = '', bits, more] = cidr.split('/');
      const family = isIP(address);
      const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
      if (family === 0 || more !== undefined || bits === '' || !Number.isInteger(length)) {
        throw new TypeError(`${field}: "${cidr}" is not an address range such as 10.0.0.0/8`);
      }
      this.ranges.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  includes(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.ranges.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}
