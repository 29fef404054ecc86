import { describe, expect, it } from 'vitest';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, get } from '../support/raw-client.ts';
import { cannedUpstream } from '../support/upstream.ts';

describe('failures.md: SSRF through an upstream', () => {
  it.each(['http://169.254.169.254', 'http://[::ffff:169.254.169.254]', 'http://[fe80::1]', 'http://[fd00:ec2::254]'])(
    '%s is refused at the dial, whoever named it',
    async (url) => {
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url)], { timeouts: { connectMs: 60_000 } });
      gateway.setSplit(orderTo(toy.url, url, { canaryBps: 10_000 }));
      expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    },
  );

  it('is refused by the probe, which says why', async () => {
    const gateway = await startGateway([]);
    expect(await gateway.probe('http://169.254.169.254/latest/meta-data', 1_000)).toBe(
      '169.254.169.254 is a link-local or metadata address, where no upstream may be.',
    );
    expect(await gateway.probe('http://[::ffff:169.254.169.254]/', 1_000)).toMatch(/where no upstream may be\.$/);
  });

  it('is not followed when the probe is redirected there', async () => {
    const redirect = await using(
      cannedUpstream('HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n'),
    );
    const gateway = await startGateway([]);
    expect(await gateway.probe(redirect.url, 1_000)).toBeNull();
  });
});
