import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, httpUpstream, rawUpstream } from '../support/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An upstream that answers each request head by what `answer` says, and what it received of every connection. */
async function scripted(answer: (socket: Socket, request: number) => void) {
  const received: string[] = [];
  let requests = 0;
  const upstream = await using(
    rawUpstream((socket, head) => {
      const at = received.push(head) - 1;
      answer(socket, ++requests);
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        received[at] += text;
        if (text.includes('\r\n\r\n') && /^[A-Z]+ \//.test(text)) answer(socket, ++requests);
      });
    }),
  );
  return { ...upstream, received, requests: () => requests };
}

describe('the bytes that an upstream gets', () => {
  it('are the request line, Host first, the fields as they came, ours, and our own framing last', async () => {
    const upstream = await scripted((socket) => socket.write(OK));
    const gateway = await startGateway([routeTo(upstream.url)]);
    await askRaw(
      gateway.port,
      'POST /a HTTP/1.1\r\nX-b: 2\r\ncontent-length: 2\r\nHost: shop.test\r\nx-A: 1\r\nX-b: 3\r\nX-Request-Id: r\r\n\r\nhi',
    );
    expect(upstream.received[0]?.replace(/serin-[\da-f]{12}/, 'serin-itself')).toBe(
      [
        'POST /a HTTP/1.1',
        `Host: 127.0.0.1:${upstream.port}`,
        'X-b: 2',
        'x-A: 1',
        'X-b: 3',
        'X-Request-Id: r',
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Host: shop.test',
        'X-Forwarded-Proto: http',
        'Via: 1.1 serin-itself',
        'Content-Length: 2',
        '',
        'hi',
      ].join('\r\n'),
    );
  });

  it('keep `Content-Length: 0`, and have no framing where the client had none', async () => {
    const upstream = await scripted((socket) => socket.write(OK));
    const gateway = await startGateway([routeTo(upstream.url)]);
    await askRaw(gateway.port, 'POST /empty HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n');
    expect(upstream.received[0]).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
    await askRaw(gateway.port, 'POST /none HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect(upstream.received.join('')).toMatch(/POST \/none(?!.*content-length).*\r\n\r\n$/is);
  });

  it('RFC 9110 6.5: carry the trailers of a request, less those that trailers may not be', async () => {
    const trailers: string[][] = [];
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.resume();
        incoming.on('end', () => {
          trailers.push(incoming.rawTrailers);
          outgoing.end(incoming.headers.trailer);
        });
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    const answer = await askRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: shop.test\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nAuthorization: spoofed\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n',
    );
    expect(trailers).toEqual([['X-Sum', '7']]);
    expect(answer.body.toString()).toBe('X-Sum');
  });

  it('docs/failures.md: have no identity field that an outsider spelled with underscores', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const answer = await askRaw(
      gateway.port,
      get('/echo', 'X_Forwarded_For: 6.6.6.6', 'x_real-ip: 6.6.6.6', 'X_Mine: 1'),
    );
    const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
    expect(rawHeaders).not.toContain('6.6.6.6');
    expect(rawHeaders).toContain('X_Mine');
  });
});

describe('RFC 9110 10.1.1: an expectation', () => {
  const head = 'POST / HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';

  it('is forwarded, and the body waits for the 100 of the upstream', async () => {
    const sockets: Socket[] = [];
    const upstream = await scripted((socket) => void sockets.push(socket));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(head);
    await expect.poll(() => sockets.length).toBe(1);
    expect(upstream.received[0]).toMatch(/\r\nExpect: 100-continue\r\n\r\n$/);
    sockets[0]?.write('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await connection.answer()).status).toBe(100);
    connection.write('hello');
    await expect.poll(() => upstream.received[0]).toMatch(/hello$/);
    sockets[0]?.write(OK);
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });

  it('that the upstream refuses gets the refusal alone, and no body is sent', async () => {
    const upstream = await scripted((socket) => socket.write('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(head);
    expect((await connection.answer()).status).toBe(417);
    connection.close();
    expect(upstream.received[0]).not.toContain('hello');
  });

  it('about which the upstream keeps silent is met after a second', async () => {
    const upstream = await scripted(() => {});
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(head);
    expect((await connection.answer()).status).toBe(100);
    connection.write('hello');
    await expect.poll(() => upstream.received[0]).toMatch(/hello$/);
    connection.close();
  });
});

describe('a connection to the upstream', () => {
  /** Two requests, one after the other, and on how many connections they arrived. */
  async function connectionsFor(answer: string, method = 'GET') {
    const upstream = await scripted((socket) => socket.write(answer, 'latin1'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    for (let request = 0; request < 2; request++) {
      await askRaw(gateway.port, `${method} / HTTP/1.1\r\nHost: shop.test\r\n\r\n`, method);
    }
    return upstream.received.length;
  }

  it.each([
    ['a length', OK, 'GET', 1],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\n\r\n', 'GET', 1],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'HEAD', 1],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET', 1],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n', 'GET', 1],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 2\r\n\r\nok', 'GET', 2],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 'GET', 2],
    ['a body to HEAD', OK, 'HEAD', 2],
    ['bytes after its end', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`, 'GET', 2],
  ])('after an answer with %s', async (_name, answer, method, connections) => {
    expect(await connectionsFor(answer, method)).toBe(connections);
  });

  it('that speaks without being asked is closed, and what it said answers nobody', async () => {
    const sockets: Socket[] = [];
    const upstream = await scripted((socket) => {
      if (!sockets.includes(socket)) sockets.push(socket);
      socket.write(OK);
    });
    const gateway = await startGateway([routeTo(upstream.url)]);
    await askRaw(gateway.port, get('/1'));
    const closed = new Promise((resolve) => sockets[0]?.once('close', resolve));
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await closed;
    expect((await askRaw(gateway.port, get('/2'))).body.toString()).toBe('ok');
  });
});

describe('RFC 9112 9.3.1: a pooled connection that its upstream closed', () => {
  /** Answers the first request of its first connection, and ends that connection at the second without a word. */
  const stale = () => {
    let isFirst = true;
    return scripted((socket, request) => {
      if (isFirst && request === 2) {
        isFirst = false;
        socket.destroy();
      } else {
        socket.write(OK);
      }
    });
  };

  it.each([
    ['GET', get('/')],
    ['PUT with a body', 'PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi'],
  ])('is replaced once for %s', async (_name, request) => {
    const upstream = await stale();
    const gateway = await startGateway([routeTo(upstream.url)]);
    for (let count = 0; count < 2; count++) expect((await askRaw(gateway.port, request)).status).toBe(200);
    expect(upstream.requests()).toBe(3);
    expect((await gateway.totals())[0]?.outcomes).toMatchObject({ '2xx': 2, unanswered: 0 });
  });

  it('is a 502 for POST, which may have been carried out', async () => {
    const upstream = await stale();
    const gateway = await startGateway([routeTo(upstream.url)]);
    const post = 'POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi';
    expect((await askRaw(gateway.port, post)).status).toBe(200);
    expect((await askRaw(gateway.port, post)).status).toBe(502);
    expect(upstream.requests()).toBe(2);
  });

  it('is not replaced when it was new: the upstream has failed', async () => {
    const upstream = await scripted((socket) => socket.destroy());
    const gateway = await startGateway([routeTo(upstream.url)]);
    expect((await askRaw(gateway.port, get('/'))).status).toBe(502);
    expect(upstream.requests()).toBe(1);
  });
});

describe('an upstream head that leaves doubt is a 502', () => {
  it.each([
    ['RFC 9112 4: no reason and no space is fine', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', 200],
    ['RFC 9112 4: HTTP/2.0 in the status line', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9112 4: a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9112 4: a status that begins with 0', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9112 2.2: a bare LF after a field', 'HTTP/1.1 200 OK\r\nX: 1\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9112 2.2: a bare CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9112 5.1: space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok', 502],
    ['RFC 9112 5.2: obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9110 5.1: an empty field name', 'HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nok', 502],
    ['RFC 9110 5.5: DEL in a value', 'HTTP/1.1 200 OK\r\nX: a\x7fb\r\nContent-Length: 2\r\n\r\nok', 502],
    [
      'RFC 9112 6.3: two lengths that agree',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
      502,
    ],
    ['RFC 9112 6.3: a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok', 502],
    ['RFC 9110 8.6: a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok', 502],
    ['RFC 9110 8.6: a length beyond any', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok', 502],
    [
      'RFC 9112 6.1: a coding before chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      502,
    ],
    ['RFC 9112 6.1: a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 502],
    [
      'RFC 9112 6.1: chunked twice',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      502,
    ],
    ['a head beyond 64 KiB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(66_000)}\r\n\r\n`, 502],
    ['interim answers without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(40), 502],
  ])('%s', async (_name, bytes, status) => {
    const upstream = await using(cannedUpstream(bytes));
    const gateway = await startGateway([routeTo(upstream.url)], { timeouts: { answerMs: 1_000 } });
    const connection = await openRaw(gateway.port);
    connection.write('GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n');
    expect((await connection.answer()).status).toBe(status);
    connection.close();
  });

  it.each([
    ['a chunk size with a sign', '+2\r\nok\r\n0\r\n\r\n'],
    ['a chunk size in 0x', '0x2\r\nok\r\n0\r\n\r\n'],
    ['a chunk size of too many digits', '0000000000002\r\nok\r\n0\r\n\r\n'],
    ['a chunk size with a space', '2 \r\nok\r\n0\r\n\r\n'],
    ['a bare LF after the size', '2\nok\r\n0\r\n\r\n'],
    ['data longer than its size', '1\r\nok\r\n0\r\n\r\n'],
    ['an extension beyond any', `2;${'x'.repeat(300)}\r\nok\r\n0\r\n\r\n`],
    ['a trailer that is none', '2\r\nok\r\n0\r\nX : 1\r\n\r\n'],
  ])('RFC 9112 7.1: %s breaks the answer off', async (_name, body) => {
    const sockets: Socket[] = [];
    const upstream = await scripted((socket) => {
      sockets.push(socket);
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    });
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    await connection.takeThrough('\r\n\r\n');
    sockets[0]?.write(body);
    expect(await connection.ending).toBe('reset');
    expect((await gateway.totals())[0]?.outcomes.unanswered).toBe(1);
  });

  it('bytes that come one by one are read all the same', async () => {
    const answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n3;e\r\nay!\r\n0\r\nX: 1\r\n\r\n';
    const upstream = await scripted((socket) => {
      const bytes = answer.split('');
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
    });
    const gateway = await startGateway([routeTo(upstream.url)]);
    const got = await askRaw(gateway.port, get('/'));
    expect([got.body.toString(), got.trailers, fieldOf(got.headers, 'trailer')]).toEqual(['okay!', [['X', '1']], 'X']);
  });
});
