import { describe, expect, it } from 'vitest';
import { isForbiddenAddress, lookupAllowed } from '../../../src/gateway/upstream/upstream-address.ts';

describe('docs/failures.md: SSRF through an upstream', () => {
  it.each([
    ['169.254.169.254', true],
    ['169.254.0.1', true],
    ['100.100.100.200', true],
    ['fe80::1', true],
    ['fe80::1%eth0', true],
    ['febf::1', true],
    ['fd00:ec2::254', true],
    ['::ffff:169.254.169.254', true],
    ['::ffff:a9fe:a9fe', true],
    ['[::ffff:a9fe:a9fe]', true],
    ['::a9fe:a9fe', true],
    ['64:ff9b::169.254.169.254', true],
    ['2002:a9fe:a9fe::1', true],
    ['127.0.0.1', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['10.0.0.1', false],
    ['169.253.255.255', false],
    ['fec0::1', false],
    ['fd00:ec3::254', false],
    ['fd20:ce::253', false],
    ['fd00:42::43', false],
    ['64:ff9b::10.0.0.1', false],
    ['2002:a00:1::1', false],
    ['2001:db8::1', false],
    ['::', false],
    ['192.0.0.191', false],
    ['100.64.0.1', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['fd12:3456:789a::1', false],
    ['metadata.example', false],
  ])('%s is forbidden: %s', (address, isForbidden) => {
    expect(isForbiddenAddress(address)).toBe(isForbidden);
  });

  it.each([
    ['AWS EKS Pod Identity', 'fd00:ec2::23'],
    ['AWS, all of its services on the machine', 'fd00:ec2::253'],
    ['AWS ECS', '169.254.170.2'],
    ['Google', 'fd20:ce::254'],
    ['Oracle', 'fd00:c1::a9fe:a9fe'],
    ['Oracle Classic', '192.0.0.192'],
    ['Azure', '168.63.129.16'],
    ['Alibaba', 'fd00:100::100:200'],
    ['Scaleway', 'fd00:42::42'],
    ['Akamai', 'fd00:a9fe:a9fe::1'],
    ['OpenStack', 'fe80::a9fe:a9fe'],
  ])('the metadata address of %s is forbidden: %s', (_, address) => {
    expect(isForbiddenAddress(address)).toBe(true);
    expect(isForbiddenAddress(new URL(`http://${address.includes(':') ? `[${address}]` : address}`).hostname)).toBe(
      true,
    );
  });

  // 169.254.169.254 is a9fe:a9fe, 100.100.100.200 is 6464:64c8, 168.63.129.16 is a83f:8110.
  it.each([
    ['IPv4-mapped', '::ffff:100.100.100.200'],
    ['IPv4-mapped, in hexadecimal', '::ffff:a83f:8110'],
    ['IPv4-mapped, in full', '0:0:0:0:0:ffff:a9fe:a9fe'],
    ['IPv4-translated', '::ffff:0:a9fe:a9fe'],
    ['IPv4-compatible', '::100.100.100.200'],
    ['NAT64', '64:ff9b::100.100.100.200'],
    ['NAT64 in full', '0064:ff9b:0:0:0:0:a83f:8110'],
    ['NAT64 for local use, by a prefix of 96', '64:ff9b:1::a9fe:a9fe'],
    ['NAT64 for local use, by a prefix of 48', '64:ff9b:1:a9fe:a9:fe00::'],
    ['6to4', '2002:6464:64c8::1'],
    ['Teredo, the server', '2001:0:a9fe:a9fe:0:0:0:0'],
    ['Teredo, the client', '2001:0:5ef5:79fd:0:0:5601:5601'],
    ['ISATAP', 'fd12:3456:789a::5efe:a9fe:a9fe'],
    ['ISATAP, globally unique', '2001:db8::200:5efe:a9fe:a9fe'],
  ])('a metadata address within another is forbidden: %s, %s', (_, address) => {
    expect(isForbiddenAddress(address)).toBe(true);
    expect(isForbiddenAddress(new URL(`http://[${address}]`).hostname)).toBe(true);
  });

  it.each([
    ['http://0xa9.0xfe.0xa9fe', true],
    ['http://2852039166', true],
    ['http://0251.0376.0251.0376', true],
    ['http://[::ffff:169.254.169.254]', true],
    ['http://0x7f.1', false],
  ])('the host of %s, in whatever spelling, is forbidden: %s', (url, isForbidden) => {
    expect(isForbiddenAddress(new URL(url).hostname)).toBe(isForbidden);
  });

  it('the resolver of a dial gives what the name resolves to', async () => {
    const found = await new Promise((resolve, reject) =>
      lookupAllowed('localhost', { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
    );
    expect(found).toContainEqual(expect.objectContaining({ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) }));
  });

  it('the resolver of a dial refuses an address that an upstream may not have', async () => {
    const failed = new Promise((_resolve, reject) => lookupAllowed('169.254.169.254', {}, (error) => reject(error)));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_FORBIDDEN_ADDRESS' });
  });
});
