import { describe, expect, it } from 'vitest';
import { isForbiddenAddress, lookupAllowed } from '../../../src/gateway/upstream-address.ts';

describe('failures.md: SSRF through an upstream', () => {
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
    ['fd00:ec2::253', false],
    ['metadata.example', false],
  ])('%s is forbidden: %s', (address, isForbidden) => {
    expect(isForbiddenAddress(address)).toBe(isForbidden);
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
