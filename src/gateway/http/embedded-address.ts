import { isIP } from 'node:net';

/**
 * The IPv4 addresses that a packet to an IPv6 address may reach: the forms in which an IPv6 address embeds one. An IPv4
 * address yields itself; a name yields none. Translators with a prefix of their own cannot be known.
 */
export function ipv4Within(address: string): readonly string[] {
  if (isIP(address) === 4) return [address];
  const groups = groupsOf(address);
  if (!groups) return [];
  const at = (index: number): number => groups[index] ?? 0;
  const ipv4 = (index: number): string => dotted(at(index), at(index + 1));
  const begins = (...prefix: readonly number[]): boolean => prefix.every((group, index) => at(index) === group);
  const found: string[] = [];
  // `::` and `::1` are none of these (RFC 4291 2.5.5.1).
  if (begins(0, 0, 0, 0, 0, 0, 0) && at(7) < 2) return [];
  // IPv4-compatible and IPv4-mapped (RFC 4291 2.5.5), and IPv4-translated (RFC 2765 2.1).
  if (begins(0, 0, 0, 0, 0, 0) || begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0)) found.push(ipv4(6));
  // NAT64 (RFC 6052 2.1).
  if (begins(0x64, 0xff9b, 0, 0, 0, 0)) found.push(ipv4(6));
  // 6to4 (RFC 3056 2).
  if (begins(0x2002)) found.push(ipv4(1));
  // Teredo (RFC 4380 4): the server, and the client with its bits inverted.
  if (begins(0x2001, 0)) found.push(ipv4(2), dotted(at(6) ^ 0xffff, at(7) ^ 0xffff));
  // ISATAP (RFC 5214 6.1).
  if ((at(4) === 0 || at(4) === 0x200) && at(5) === 0x5efe) found.push(ipv4(6));
  return found;
}

/** The eight groups of an IPv6 address without a zone; null for anything else. */
function groupsOf(address: string): readonly number[] | null {
  // The URL parser writes every address in one way (RFC 5952), and without dots.
  const written = isIP(address) === 6 ? URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) : undefined;
  if (written === undefined) return null;
  const [left = [], right] = written.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const filled =
    right === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return filled.map((group) => Number.parseInt(group, 16));
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
