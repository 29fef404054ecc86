import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CertificateAuthority } from '../support/certificates.ts';
import { orderTo, routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POST = 'POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello';

const authority = new CertificateAuthority('an authority of the house');

/** A connection as the upstream saw it. */
interface Seen {
  readonly socket: TLSSocket;
  readonly name: unknown;
  readonly protocol: unknown;
  readonly isResumed: boolean;
  heard: string;
}

/** An upstream that speaks TLS as `host`, and answers everything that looks like the end of a request. */
async function tlsUpstream(answer: (socket: TLSSocket) => void, host = 'localhost') {
  const connections: Seen[] = [];
  const raw = new Set<Socket>();
  const server = createServer({ ...authority.certify(host), ALPNProtocols: ['http/1.1'] }, (socket) => {
    const { servername: name, alpnProtocol: protocol } = socket;
    const connection: Seen = { socket, name, protocol, isResumed: socket.isSessionReused(), heard: '' };
    connections.push(connection);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      connection.heard += chunk.toString('latin1');
      if (/\r\n\r\n(?:hello)?$/.test(connection.heard)) answer(socket);
    });
  });
  server.on('connection', (socket: Socket) => raw.add(socket));
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of raw) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}`, port, connections };
}

/** Passes bytes on without a look at them, so that a connection can be cut beneath TLS. */
async function relayTo(port: number) {
  const sockets: Socket[] = [];
  const relay = createTcpServer((client) => {
    const server = connect(port, '127.0.0.1');
    sockets.push(client);
    for (const socket of [client, server]) socket.on('error', () => {});
    client.pipe(server).pipe(client);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  onTestFinished(() => void relay.close());
  return { url: `https://localhost:${(relay.address() as AddressInfo).port}`, sockets };
}

describe('an https upstream', () => {
  it('gets its requests over TLS by the name in its URL, on one connection', async () => {
    const upstream = await tlsUpstream((socket) => socket.write(OK));
    const gateway = await startGateway([routeTo(upstream.url)], { upstreamCa: authority.cert });
    for (const request of [get('/1'), POST, get('/3')]) {
      const answer = await askRaw(gateway.port, request);
      expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
    }
    expect(upstream.connections).toHaveLength(1);
    const [first] = upstream.connections;
    expect([first?.name, first?.protocol]).toEqual(['localhost', 'http/1.1']);
    expect(first?.heard).toMatch(
      new RegExp(`^GET /1 HTTP/1.1\r\nHost: localhost:${upstream.port}\r\n.*POST /a .*\r\n\r\nhelloGET /3 `, 's'),
    );
  });

  it('RFC 8446 2.2: resumes its session on the next connection', async () => {
    const upstream = await tlsUpstream((socket) => socket.write(OK.replace('\r\n', '\r\nConnection: close\r\n')));
    const gateway = await startGateway([routeTo(upstream.url)], { upstreamCa: authority.cert });
    for (let request = 0; request < 2; request++) expect((await askRaw(gateway.port, get('/'))).status).toBe(200);
    expect(upstream.connections.map(({ isResumed }) => isResumed)).toEqual([false, true]);
  });

  it('passes the probe of preflight when its authority is trusted, and not otherwise', async () => {
    const upstream = await tlsUpstream((socket) => socket.write(OK));
    const trusting = await startGateway([], { upstreamCa: authority.cert });
    expect(await trusting.probe(`${upstream.url}/healthz`, 2_000)).toBeNull();
    const other = await startGateway([]);
    expect(await other.probe(`${upstream.url}/healthz`, 2_000)).toMatch(
      /cannot be trusted: its certificate is from an authority that is not trusted \(\w+\); .* named in gateway\.upstreamCa\.$/,
    );
  });

  it('streams a body of any size both ways', async () => {
    const body = Buffer.alloc(2_000_000, 'x');
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    const upstream = await tlsUpstream(() => {});
    const gateway = await startGateway([routeTo(upstream.url)], { upstreamCa: authority.cert });
    const connection = await openRaw(gateway.port);
    connection.write(`PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${body.length}\r\n\r\n`);
    connection.write(body);
    await expect
      .poll(() => upstream.connections[0]?.heard.endsWith('x'.repeat(body.length)), { timeout: 15_000 })
      .toBe(true);
    upstream.connections[0]?.socket.write(Buffer.concat([Buffer.from(head), body]));
    expect((await connection.answer()).body.equals(body)).toBe(true);
    connection.close();
  });
});

describe('RFC 9110 4.3.4: an https upstream whose certificate does not hold', () => {
  it.each([
    ['it is for another name', authority.cert, 'other.test'],
    ['nobody knows its authority', undefined, 'localhost'],
    ['another authority has signed it', new CertificateAuthority('somebody else').cert, 'localhost'],
  ])('because %s: is a 502, hears nothing of the request, and its canary fails over', async (_name, ca, host) => {
    const upstream = await tlsUpstream((socket) => socket.write(OK), host);
    const trust = ca === undefined ? {} : { upstreamCa: ca };
    const gateway = await startGateway([routeTo(upstream.url)], trust);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    const stable = await startToy('v1');
    const failing = await startGateway([routeTo(stable.url)], trust);
    await failing.setSplit(orderTo(stable.url, upstream.url, { canaryBps: 10_000, failover: 'stable' }));
    const answer = await askRaw(failing.port, POST);
    expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([200, 'v1']);
    expect((await failing.totals()).find(({ track }) => track === 'canary')?.outcomes.unanswered).toBe(1);
    expect(upstream.connections.every(({ heard }) => heard === '')).toBe(true);
  });

  it('because it speaks no TLS at all: is a 502', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url.replace('http:', 'https:'))]);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    expect(toy.counts().requests).toBe(0);
  });
});

describe('RFC 9112 9.8: a TLS session that is cut within an answer gives a broken answer, never a clean end', () => {
  const cuts = {
    'by a reset': (socket: Socket) => socket.resetAndDestroy(),
    'by the end of its connection, without a closure alert': (socket: Socket) => socket.destroy(),
  };
  const answers = {
    'of a known length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart',
    'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
  };

  it.each(
    Object.entries(answers).flatMap(([kind, bytes]) =>
      Object.entries(cuts).map(([how, cut]) => [kind, how, bytes, cut] as const),
    ),
  )('%s, %s', async (_kind, _how, bytes, cut) => {
    const upstream = await tlsUpstream((socket) => socket.write(bytes));
    const relay = await relayTo(upstream.port);
    const gateway = await startGateway([routeTo(relay.url)], { upstreamCa: authority.cert });
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('part');
    for (const socket of relay.sockets) cut(socket);
    expect(await connection.ending).toBe('reset');
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes.unanswered).toBe(1);
  });
});
