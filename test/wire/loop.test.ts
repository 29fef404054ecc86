import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream, listening } from '../support/upstream.ts';

/** Another port of this machine that leads to the gateway: what no list of own addresses can know. */
async function detour(port: () => number) {
  let connections = 0;
  const forwarder = await using(
    listening(
      createServer((client) => {
        connections++;
        const onward = connect(port(), '127.0.0.1');
        client.pipe(onward).pipe(client);
        for (const socket of [client, onward]) socket.on('error', () => socket.destroy());
        client.once('close', () => onward.destroy());
      }),
    ),
  );
  return { ...forwarder, connections: () => connections };
}

/** A gateway whose canary is the gateway itself, by a detour. */
async function loop() {
  let port = 0;
  const back = await detour(() => port);
  const stable = await startToy('v1');
  const gateway = await startGateway([routeTo(stable.url)]);
  port = gateway.port;
  await gateway.setSplit(orderTo(stable.url, back.url));
  return { gateway, back, stable };
}

describe('a request that comes back is a loop', () => {
  it('and is refused with 508 at its second coming: one forced request stays one', async () => {
    const { gateway, back, stable } = await loop();
    const answer = await askRaw(gateway.port, get('/a', 'X-Version: canary'));
    expect([answer.status, fieldOf(answer.headers, 'content-type')]).toEqual([508, 'application/problem+json']);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      status: 508,
      title: 'Loop Detected',
      detail: expect.stringContaining('through this gateway before'),
    });
    expect([back.connections(), stable.counts().requests]).toEqual([1, 0]);
  });

  it('which is charged once, to the version whose address it is, and the second coming to nobody', async () => {
    const { gateway } = await loop();
    await askRaw(gateway.port, get('/a', 'X-Version: canary'));
    const counts = async () =>
      (await gateway.totals()).map(({ version, outcomes }) => [
        version,
        Object.values(outcomes).reduce((a, b) => a + b, 0),
      ]);
    await expect.poll(counts).toEqual([
      ['v1', 0],
      ['v2', 1],
    ]);
  });

  it('an upgrade that comes back too', async () => {
    const { gateway, back } = await loop();
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAA',
    ];
    expect((await askRaw(gateway.port, get('/a', 'X-Version: canary', ...upgrade))).status).toBe(508);
    expect(back.connections()).toBe(1);
  });

  it('and one whose Via Connection nominates', async () => {
    const { gateway, back } = await loop();
    const answer = await askRaw(gateway.port, get('/a', 'X-Version: canary', 'Connection: close, via'));
    expect([answer.status, back.connections()]).toEqual([508, 1]);
  });

  it('found before a rollout begins: the preflight of such a canary says so', async () => {
    const { gateway, back } = await loop();
    expect(await gateway.probe(`${back.url}/healthz`, 2_000)).toBe(
      `127.0.0.1:${back.port} leads back to this gateway: requests would go round for ever.`,
    );
    expect(back.connections()).toBe(1);
  });
});

describe('Via', () => {
  it('is told to the upstream behind what came, with the version of HTTP that was received', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const said = async (request: string) => {
      const { rawHeaders } = JSON.parse((await askRaw(gateway.port, request)).body.toString()) as Echo;
      return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'via');
    };
    const [own = ''] = await said(get('/echo'));
    expect(own).toMatch(/^1\.1 serin-[\da-f]{12}$/);
    expect(await said(get('/echo', 'Via: 1.0 fred, 1.1 serin-0123456789ab'))).toEqual([
      '1.0 fred, 1.1 serin-0123456789ab',
      own,
    ]);
    expect(await said('GET /echo HTTP/1.0\r\nHost: shop.test\r\n\r\n')).toEqual([own.replace('1.1', '1.0')]);
  });

  it('of another gateway is no loop: two may stand one behind the other', async () => {
    const toy = await startToy('v1');
    const inner = await startGateway([routeTo(toy.url)]);
    const outer = await startGateway([routeTo(inner.url)]);
    const answer = await askRaw(outer.port, get('/echo'));
    const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
    expect([answer.status, rawHeaders.filter((name) => name.toLowerCase() === 'via')]).toEqual([200, ['Via', 'Via']]);
  });

  it('is what tells a loop from a 508 of the upstream itself, which passes as any other answer', async () => {
    const upstream = await using(
      httpUpstream((_, outgoing) => outgoing.writeHead(508, { 'content-length': '0' }).end()),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    for (const path of ['/1', '/2']) {
      connection.write(get(path));
      expect((await connection.answer()).status).toBe(508);
    }
    connection.close();
    expect(await gateway.probe(upstream.url, 2_000)).toContain(`127.0.0.1:${upstream.port} answered 508`);
  });
});
