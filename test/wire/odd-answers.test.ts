import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { cannedUpstream, rawUpstream } from '../support/upstream.ts';

const sized = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', 'ok'].join('\r\n');
const chunked = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', '2', 'ok', '0', '', ''].join('\r\n');

describe('an answer that could mean two things is a 502', () => {
  it.each([
    ['RFC 9112 6.3: a length, then a coding', chunked('Content-Length: 2', 'Transfer-Encoding: chunked')],
    ['RFC 9112 6.3: a coding, then a length', chunked('Transfer-Encoding: chunked', 'Content-Length: 2')],
    ['RFC 9112 6.3: two lengths', sized('Content-Length: 2', 'Content-Length: 3')],
    ['RFC 9110 8.6: no length', sized('Content-Length: ')],
    ['RFC 9110 8.6: a negative length', sized('Content-Length: -2')],
    ['RFC 9110 8.6: a hexadecimal length', sized('Content-Length: 0x2')],
    ['RFC 9110 8.6: a length with a parameter', sized('Content-Length: 2;')],
    ['RFC 9110 8.6: a length of 2^64 + 2, which wraps', sized('Content-Length: 18446744073709551618')],
    ['RFC 9112 6.1: identity', sized('Transfer-Encoding: identity')],
    ['RFC 9112 6.1: no coding', chunked('Transfer-Encoding: ')],
    ['RFC 9112 6.1: chunked, then another coding', chunked('Transfer-Encoding: chunked, gzip')],
    [
      'RFC 9112 6.1: chunked and another coding on lines of their own',
      chunked('Transfer-Encoding: chunked', 'Transfer-Encoding: gzip'),
    ],
    ['RFC 9110 5.6.3: a vertical tab before chunked', chunked('Transfer-Encoding: \x0bchunked')],
    ['RFC 9112 5.1: space before the colon of a coding', chunked('Transfer-Encoding : chunked')],
    ['RFC 9112 5.2: a coding that is folded', chunked('Transfer-Encoding:', ' chunked')],
    ['RFC 9112 2.2: a coding behind a bare LF', chunked('X: 1\nTransfer-Encoding: chunked')],
    ['RFC 9110 5.5: NUL in a value', sized('X: a\0b', 'Content-Length: 2')],
    ['RFC 9110 5.1: a line without a colon', sized('X', 'Content-Length: 2')],
    ['RFC 9112 4: two spaces after the version', sized('Content-Length: 2').replace(' 200', '  200')],
    ['RFC 9112 4: no space after the version', sized('Content-Length: 2').replace(' 200', '200')],
    ['RFC 9112 4: a status of four digits', sized('Content-Length: 2').replace('200', '2000')],
    ['RFC 9112 2.3: a version in lower case', sized('Content-Length: 2').replace('HTTP', 'http')],
    ['RFC 9112 4: a control character in the reason', sized('Content-Length: 2').replace('OK', 'O\x01K')],
    ['RFC 9112 2.2: an empty line before the status line', `\r\n${sized('Content-Length: 2')}`],
  ])('%s', async (_name, bytes) => {
    const upstream = await using(cannedUpstream(bytes, 'end'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/1') + get('/2'));
    expect([(await connection.answer()).status, (await connection.answer()).status]).toEqual([502, 502]);
    connection.close();
    await expect.poll(async () => (await gateway.totals())[0]?.outcomes.unanswered).toBe(2);
  });
});

describe('RFC 9112 6.3: an answer that has no body, whatever its head says', () => {
  /** Answers the first request of its first connection with the bytes, and everything else by `next`. */
  async function firstAnswer(bytes: string) {
    const sockets: Socket[] = [];
    const upstream = await using(
      rawUpstream((socket) => {
        if (sockets.push(socket) === 1) socket.write(bytes, 'latin1');
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
      }),
    );
    return { url: upstream.url, connections: () => sockets.length };
  }

  it.each([
    ['204 with a body', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil'],
    ['204 in chunks', 'GET', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n'],
    ['304 with a body', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil'],
    ['304 in chunks', 'GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n'],
    ['HEAD with a body', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  ])('%s: the body goes to nobody, and its connection carries nothing more', async (_name, method, bytes) => {
    const upstream = await firstAnswer(bytes);
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(`${method} / HTTP/1.1\r\nHost: shop.test\r\n\r\n`);
    const answer = await connection.answer(method);
    expect(fieldOf(answer.headers, 'transfer-encoding')).toBeNull();
    connection.write(get('/next'));
    expect((await connection.answer()).body.toString()).toBe('next');
    expect(upstream.connections()).toBe(2);
    connection.close();
  });
});

describe('RFC 9110 15.2: interim answers', () => {
  const INTERIM = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
  const FINAL = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it.each([
    ['32 pass', 32, 200],
    ['one more is a flood, and a 502', 33, 502],
  ])('%s', async (_name, count, status) => {
    const upstream = await using(cannedUpstream(INTERIM.repeat(count) + FINAL));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    for (let interim = 0; interim < 32; interim++) expect((await connection.answer()).status).toBe(103);
    expect((await connection.answer()).status).toBe(status);
    connection.close();
  });

  it('lose the fields of the hop, and have no framing', async () => {
    const bytes =
      'HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\nLink: </a>\r\n\r\n';
    const upstream = await using(cannedUpstream(bytes + FINAL));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    expect((await connection.answer()).headers).toEqual([['Link', '</a>']]);
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });

  it('without a final one are no answer', async () => {
    const upstream = await using(cannedUpstream(INTERIM, 'end'));
    const gateway = await startGateway([routeTo(upstream.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/'));
    expect((await connection.answer()).status).toBe(103);
    expect((await connection.answer()).status).toBe(502);
    connection.close();
  });
});

describe('RFC 9110 6.5.1: trailers of an answer', () => {
  it('pass, less those that trailers may not be', async () => {
    const forbidden = [
      'Content-Length: 9',
      'Transfer-Encoding: chunked',
      'Set-Cookie: a=1',
      'X-Serin-Version: forged',
      'Connection: close',
    ];
    const upstream = await using(
      cannedUpstream(
        ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '2', 'ok', '0', ...forbidden, 'X-Sum: 7', '', ''].join(
          '\r\n',
        ),
      ),
    );
    const gateway = await startGateway([routeTo(upstream.url)]);
    expect((await askRaw(gateway.port, get('/'))).trailers).toEqual([['X-Sum', '7']]);
  });
});
