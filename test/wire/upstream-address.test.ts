import { describe, expect, it } from 'vitest';
import { OwnListeners } from '../../src/gateway/upstream/own-listeners.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, get } from '../support/raw-client.ts';
import { cannedUpstream } from '../support/upstream.ts';

describe('docs/failures.md: SSRF through an upstream', () => {
  it.each(['http://169.254.169.254', 'http://[::ffff:169.254.169.254]', 'http://[fe80::1]', 'http://[fd00:ec2::254]'])(
    '%s is refused at the dial, whoever named it',
    async (url) => {
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url)], { timeouts: { connectMs: 60_000 } });
      await gateway.setSplit(orderTo(toy.url, url, { canaryBps: 10_000 }));
      expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    },
  );

  it.each(['http://[fd00:ec2::23]', 'http://[64:ff9b:1::a9fe:a9fe]', 'http://[2002:a9fe:a9fe::1]'])(
    '%s is refused by the probe',
    async (url) => {
      const gateway = await startGateway([]);
      expect(await gateway.probe(url, 1_000)).toMatch(
        /is a link-local or metadata address, where no upstream may be\.$/,
      );
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
    expect(await gateway.probe(redirect.url, 1_000)).toMatch(/answered 302 .*redirects are not followed/);
    expect(await gateway.probe(redirect.url, 1_000, [302])).toBeNull();
  });
});

describe('the own listeners are no upstream', () => {
  /** What listens beside a gateway in the same process, and every way to name it. */
  async function ownListener() {
    const control = await startToy('control');
    const { port } = new URL(control.url);
    const own = new OwnListeners();
    own.add('127.0.0.1', Number(port), 'control');
    return { own, port };
  }

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433'])(
    'under the name %s, at the dial of requests, of tunnels and at the probe',
    async (host) => {
      const { own, port } = await ownListener();
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url)], { own });
      await gateway.setSplit(orderTo(toy.url, `http://${host}:${port}`, { canaryBps: 10_000 }));
      expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
      expect((await askRaw(gateway.port, get('/', ...upgrade))).status).toBe(502);
      expect(await gateway.probe(`http://${host}:${port}/`, 1_000)).toMatch(
        new RegExp(`\\S:${port} is Serin's own control API, where no upstream may be\\.$`),
      );
      const unaware = await startGateway([routeTo(`http://${host}:${port}`)]);
      expect((await askRaw(unaware.port, get('/'))).status).toBe(200);
    },
  );

  it('the gateway itself is one of them, as a stable and as a canary', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    await gateway.setSplit(orderTo(toy.url, gateway.url, { canaryBps: 10_000 }));
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    await gateway.setSplit(orderTo(gateway.url, null, { epoch: 2 }));
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    expect(await gateway.probe(gateway.url, 1_000)).toMatch(/^127\.0\.0\.1:\d+ is Serin's own gateway,/);
  });
});
