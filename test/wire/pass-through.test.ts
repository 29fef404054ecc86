import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw, type RawAnswer } from '../support/raw-client.ts';
import { cannedUpstream, httpUpstream, rawUpstream } from '../support/upstream.ts';

const echoOf = (answer: RawAnswer) => JSON.parse(answer.body.toString()) as Echo;

/** Name, value pairs of a field list as [name, value]. */
function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as [string, string]] : []));
}

describe('request heads', () => {
  it('pass with the case, the order and the duplicates they came with', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(gateway.port, get('/echo', 'X-b: 2', 'x-A: 1', 'X-B: 3', 'Cookie: a=1', 'ACCEPT: */*'));
    const seen = pairs(echoOf(answer).rawHeaders).filter(([name]) => /^(x-[ab]|cookie|accept)$/i.test(name));
    expect(seen).toEqual([
      ['X-b', '2'],
      ['x-A', '1'],
      ['X-B', '3'],
      ['Cookie', 'a=1'],
      ['ACCEPT', '*/*'],
    ]);
  });

  it('pass octets above 0x7f untouched', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(gateway.port, get('/echo', 'X-Name: caf\xe9'));
    expect(pairs(echoOf(answer).rawHeaders)).toContainEqual(['X-Name', 'caf\xe9']);
  });

  it('RFC 9110 7.6.1: lose hop-by-hop fields and what Connection nominates', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(
      gateway.port,
      get(
        '/echo',
        'Connection: X-Mine, close',
        'X-Mine: 1',
        'Keep-Alive: 5',
        'TE: trailers',
        'Proxy-Connection: x',
        'X-Kept: 1',
      ),
    );
    const names = pairs(echoOf(answer).rawHeaders).map(([name]) => name.toLowerCase());
    expect(names).toContain('x-kept');
    for (const gone of ['x-mine', 'keep-alive', 'te', 'proxy-connection']) expect(names).not.toContain(gone);
  });

  it('docs/failures.md: Connection: X-Forwarded-For, Host, Authorization takes none of them away', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(
      gateway.port,
      get(
        '/echo',
        'Connection: X-Forwarded-For, Host, Authorization',
        'Authorization: Bearer t',
        'X-Forwarded-For: 6.6.6.6',
      ),
    );
    const seen = pairs(echoOf(answer).rawHeaders);
    expect(seen).toContainEqual(['X-Forwarded-For', '127.0.0.1']);
    expect(seen).toContainEqual(['Authorization', 'Bearer t']);
    expect(seen.filter(([name]) => name.toLowerCase() === 'host')).toHaveLength(1);
  });

  it.each([
    ['upstream', 'the upstream'],
    ['preserve', 'shop.test'],
  ] as const)(
    'hostHeader: %s gives the upstream the Host of %s, and X-Forwarded-Host always',
    async (hostHeader, _host) => {
      const toy = await startToy('v1');
      const gateway = await startGateway([routeTo(toy.url, { hostHeader })]);
      const seen = pairs(echoOf(await askRaw(gateway.port, get('/echo'))).rawHeaders);
      const wanted = hostHeader === 'preserve' ? 'shop.test' : new URL(toy.url).host;
      expect(seen.find(([name]) => name.toLowerCase() === 'host')?.[1]).toBe(wanted);
      expect(seen).toContainEqual(['X-Forwarded-Host', 'shop.test']);
    },
  );

  it('keep x-request-id and traceparent, and make the id where there is none', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const given = pairs(
      echoOf(await askRaw(gateway.port, get('/echo', 'x-REQUEST-id: abc', 'traceparent: 00-1-2-01'))).rawHeaders,
    );
    expect(given).toContainEqual(['x-REQUEST-id', 'abc']);
    expect(given).toContainEqual(['traceparent', '00-1-2-01']);
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const made = pairs(echoOf(await askRaw(gateway.port, get('/echo'))).rawHeaders);
        return made.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
      }),
    );
    expect(ids[0]).toMatch(/^\S{16,}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('targets', () => {
  it.each([
    ['/api/payments', '/payments/v2', true, '/api/payments/7?x=1', '/payments/v2/echo/7?x=1'],
    ['/api', '', true, '/api?x=/../y%2f', '/echo?x=/../y%2f'],
    ['/api/', '/base/', true, '/api/a%20b/', '/base/echo/a%20b/'],
    ['/api', '/base', false, '/api/x?y', '/api/echo/x?y'],
  ])('prefix %s to an upstream at %s (rewrite %s): %s arrives as %s', async (prefix, base, rewrite, asked, seen) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([
      routeTo(`${toy.url}${base.replace(/\/$/, '')}${rewrite ? '/echo' : ''}`, { prefix, rewrite }),
    ]);
    const target = rewrite ? asked : asked.replace('/api/', '/api/echo/');
    expect(echoOf(await askRaw(gateway.port, get(target))).url).toBe(seen);
  });

  it('without a route are answered by the gateway with a 404 problem, and the connection goes on', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url, { prefix: '/api' })]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/apis'));
    const answer = await connection.answer();
    expect(answer.status).toBe(404);
    expect(fieldOf(answer.headers, 'content-type')).toBe('application/problem+json');
    connection.write(get('/api/x'));
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });
});

describe('answer heads', () => {
  it('pass with case, order and duplicates, Set-Cookie included, less what belongs to the hop', async () => {
    const upstream = await using(
      cannedUpstream(
        'HTTP/1.1 299 Fine By Me\r\nx-B: 2\r\nSet-Cookie: a=1\r\nX-b: 3\r\nset-cookie: b=2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const gateway = await startGateway([routeTo(upstream.url, { showVersion: false })]);
    const answer = await askRaw(gateway.port, get('/'));
    expect([answer.status, answer.reason, answer.body.toString()]).toEqual([299, 'Fine By Me', 'ok']);
    const ours = answer.headers.filter(([name]) => !/^(date|connection|keep-alive)$/i.test(name));
    expect(ours).toEqual([
      ['x-B', '2'],
      ['Set-Cookie', 'a=1'],
      ['X-b', '3'],
      ['set-cookie', 'b=2'],
      ['Content-Length', '2'],
    ]);
  });

  it('carry x-serin-version only where the route shows it', async () => {
    const toy = await startToy('v1');
    const shown = await startGateway([routeTo(toy.url)]);
    const hidden = await startGateway([routeTo(toy.url, { showVersion: false })]);
    expect(fieldOf((await askRaw(shown.port, get('/'))).headers, 'x-serin-version')).toBe('v1');
    expect(fieldOf((await askRaw(hidden.port, get('/'))).headers, 'x-serin-version')).toBeNull();
  });

  it('of 1xx pass before the final one', async () => {
    const upstream = await using(
      cannedUpstream(
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    const early = await connection.answer();
    expect([early.status, fieldOf(early.headers, 'link')]).toEqual([103, '</a.css>; rel=preload']);
    expect((await connection.answer()).body.toString()).toBe('ok');
    connection.close();
  });

  it('of 1xx are kept from HTTP/1.0 clients (RFC 9110 section 15.2)', async () => {
    const upstream = await using(
      cannedUpstream('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    expect((await askRaw(gateway.port, 'GET / HTTP/1.0\r\n\r\n')).status).toBe(200);
  });
});

describe('bodies', () => {
  it('in chunks stream up, and the upstream sees the bytes', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(
      gateway.port,
      'POST /echo HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
    );
    const seen = echoOf(answer);
    expect(seen.bodyLength).toBe(11);
    expect(seen.bodySha256).toBe('b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9');
    expect(pairs(seen.rawHeaders).filter(([name]) => name.toLowerCase() === 'transfer-encoding')).toEqual([
      ['transfer-encoding', 'chunked'],
    ]);
  });

  it.each(['POST', 'GET', 'DELETE'])('of a known length go with %s', async (method) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(
      gateway.port,
      `${method} /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello`,
    );
    expect(echoOf(answer)).toMatchObject({ method, bodyLength: 5 });
  });

  it('of a request stream: the upstream has the first part before the client sends the second', async () => {
    const parts: string[] = [];
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.on('data', (chunk: Buffer) => {
          parts.push(chunk.toString());
          outgoing.write(`got ${chunk.toString()}`);
        });
        incoming.on('end', () => outgoing.end());
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write('POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    await connection.takeThrough('got one\r\n');
    connection.write('3\r\ntwo\r\n0\r\n\r\n');
    await connection.takeThrough('got two\r\n');
    expect(parts).toEqual(['one', 'two']);
    connection.close();
  });

  it('of an answer stream: the head and each event reach the client before the next is written', async () => {
    const answers: ServerResponse[] = [];
    const upstream = await using(
      httpUpstream((_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        answers.push(outgoing);
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    expect((await connection.takeThrough('\r\n\r\n')).toString()).toContain('text/event-stream');
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      answers[0]?.write(event);
      expect((await connection.takeThrough(event)).toString()).toContain(event);
    }
    connection.close();
  });

  it('of an answer carry their trailers', async () => {
    const upstream = await using(
      cannedUpstream(
        'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
      ),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const answer = await askRaw(gateway.port, get('/'));
    expect(answer.trailers).toEqual([['X-Sum', '7']]);
    expect(fieldOf(answer.headers, 'trailer')).toBe('X-Sum');
  });

  it('of an answer that ends with its connection become chunks', async () => {
    const upstream = await using(cannedUpstream('HTTP/1.1 200 OK\r\n\r\nuntil the end', 'end'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const answer = await askRaw(gateway.port, get('/'));
    expect(answer.body.toString()).toBe('until the end');
    expect(fieldOf(answer.headers, 'transfer-encoding')).toBe('chunked');
  });

  it('go to HTTP/1.0 clients without chunks, up to the end of the connection', async () => {
    const upstream = await using(
      cannedUpstream('HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n'),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const answer = await askRaw(gateway.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer.body.toString()).toBe('ok');
    expect(fieldOf(answer.headers, 'transfer-encoding')).toBeNull();
  });

  it('are absent from HEAD, 204 and 304, whose heads pass', async () => {
    const upstream = await using(
      rawUpstream((socket, firstHead) => {
        const reply = (head: string): void => {
          const [, status = '200'] = /^\w+ \/(\d+)/.exec(head) ?? [];
          socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n`);
        };
        reply(firstHead);
        socket.on('data', (head: Buffer) => reply(head.toString('latin1')));
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const head = await askRaw(gateway.port, 'HEAD /200 HTTP/1.1\r\nHost: shop.test\r\n\r\n', 'HEAD');
    expect([head.status, fieldOf(head.headers, 'content-length')]).toEqual([200, '5']);
    const notModified = await askRaw(gateway.port, get('/304'));
    expect([notModified.status, fieldOf(notModified.headers, 'content-length')]).toEqual([304, '5']);
    const noContent = await askRaw(gateway.port, get('/204'));
    expect([noContent.status, fieldOf(noContent.headers, 'content-length')]).toEqual([204, null]);
  });

  it('of a compressed answer pass as they are', async () => {
    const upstream = await using(
      cannedUpstream('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00'),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const answer = await askRaw(gateway.port, get('/', 'Accept-Encoding: gzip'));
    expect([...answer.body]).toEqual([0x1f, 0x8b, 0x08, 0x00]);
  });
});

describe('RFC 9110 10.1.1: Expect: 100-continue', () => {
  const head = 'POST /echo HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';

  it('is answered by 100 when the upstream begins to read, and then by the upstream', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(head);
    expect((await connection.answer()).status).toBe(100);
    connection.write('hello');
    expect(echoOf(await connection.answer()).bodyLength).toBe(5);
    connection.close();
  });

  it('is answered by the refusal alone when there is nothing to read for', async () => {
    const gateway = await startGateway([routeTo('http://127.0.0.1:1')]);
    const connection = await openRaw(gateway.port);
    connection.write(head);
    expect((await connection.answer()).status).toBe(502);
    connection.close();
  });
});

describe('a connection', () => {
  it('RFC 9112 9.3.2: answers a pipeline in the order of the requests, whatever the upstream does', async () => {
    const held: ServerResponse[] = [];
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        if (incoming.url === '/1') held.push(outgoing);
        else {
          outgoing.end(incoming.url);
          held.shift()?.end('/1');
        }
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1') + get('/2') + get('/3'));
    const bodies = [await connection.answer(), await connection.answer(), await connection.answer()];
    expect(bodies.map(({ body }) => body.toString())).toEqual(['/1', '/2', '/3']);
    connection.close();
  });

  it('is kept for HTTP/1.0 clients that ask for it, and ends for those that do not', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const kept = await openRaw(gateway.port);
    kept.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect((await kept.answer()).status).toBe(200);
    kept.write('GET / HTTP/1.0\r\n\r\n');
    expect((await kept.answer()).status).toBe(200);
    expect(await kept.ending).toBe('end');
  });

  it('to the upstream is used again', async () => {
    let connections = 0;
    const upstream = await using(httpUpstream((_incoming, outgoing) => outgoing.end('ok')));
    upstream.server.on('connection', () => connections++);
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    for (let request = 0; request < 5; request++) {
      connection.write(get('/'));
      expect((await connection.answer()).status).toBe(200);
    }
    expect(connections).toBe(1);
    connection.close();
    await once(connection.socket, 'close');
  });
});
