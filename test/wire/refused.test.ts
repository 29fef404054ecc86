import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, openRaw } from '../support/raw-client.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;
const HOST = 'Host: shop.test';

/** Name (with the section that forbids it), the bytes, the status. */
const refused: readonly (readonly [string, string, number])[] = [
  ['RFC 9112 3.2: no Host', lines('GET / HTTP/1.1'), 400],
  ['RFC 9112 3.2: two Hosts', lines('GET / HTTP/1.1', HOST, 'Host: other.test'), 400],
  ['RFC 9112 3.2: two Hosts that agree', lines('GET / HTTP/1.1', HOST, 'HOST: shop.test'), 400],
  ['RFC 9112 3.2: a Host that is none', lines('GET / HTTP/1.1', 'Host: shop.test/evil'), 400],
  ['RFC 9110 4.2.4: a Host with userinfo', lines('GET / HTTP/1.1', 'Host: user@shop.test'), 400],
  ['RFC 9112 2.3: HTTP/2.0 in a request line', lines('GET / HTTP/2.0', HOST), 400],
  ['RFC 9112 2.3: HTTP/0.9 in a request line', lines('GET / HTTP/0.9', HOST), 400],
  ['RFC 9112 2.3: HTTP/1.2 in a request line', lines('GET / HTTP/1.2', HOST), 400],
  ['RFC 9112 5.2: obs-fold', lines('GET / HTTP/1.1', HOST, 'X-Fold: a', ' b'), 400],
  ['RFC 9112 5.1: whitespace before the colon', lines('GET / HTTP/1.1', 'Host : shop.test'), 400],
  ['RFC 9112 2.2: bare LF', 'GET / HTTP/1.1\nHost: shop.test\n\n', 400],
  ['RFC 9112 2.2: bare CR in a value', lines('GET / HTTP/1.1', HOST, 'X-A: b\rc'), 400],
  ['RFC 9110 5.5: NUL in a value', lines('GET / HTTP/1.1', HOST, 'X-A: b\0c'), 400],
  ['RFC 9110 5.1: a field name that is no token', lines('GET / HTTP/1.1', HOST, 'X A: b'), 400],
  [
    'RFC 9112 6.1: Content-Length with Transfer-Encoding',
    `${lines('POST / HTTP/1.1', HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  [
    'RFC 9112 6.1: Transfer-Encoding with Content-Length',
    `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Content-Length: 3')}0\r\n\r\n`,
    400,
  ],
  [
    'RFC 9112 6.3: two Content-Lengths',
    `${lines('POST / HTTP/1.1', HOST, 'Content-Length: 3', 'Content-Length: 4')}abc`,
    400,
  ],
  [
    'RFC 9112 6.3: two Content-Lengths that agree',
    `${lines('POST / HTTP/1.1', HOST, 'Content-Length: 3', 'Content-Length: 3')}abc`,
    400,
  ],
  ['RFC 9112 6.3: a list of Content-Lengths', `${lines('POST / HTTP/1.1', HOST, 'Content-Length: 3, 3')}abc`, 400],
  ['RFC 9110 8.6: a signed Content-Length', `${lines('POST / HTTP/1.1', HOST, 'Content-Length: +3')}abc`, 400],
  ['RFC 9110 8.6: a hexadecimal Content-Length', `${lines('POST / HTTP/1.1', HOST, 'Content-Length: 0x3')}abc`, 400],
  [
    'RFC 9112 6.1: a coding before chunked',
    `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
    400,
  ],
  [
    'RFC 9112 6.1: chunked twice',
    `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked, chunked')}0\r\n\r\n`,
    400,
  ],
  [
    'RFC 9112 6.1: chunked in two lines',
    `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  [
    'RFC 9112 6.1: a coding that hides chunked',
    `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: xchunked')}0\r\n\r\n`,
    400,
  ],
  ['RFC 9112 6.1: identity', `${lines('POST / HTTP/1.1', HOST, 'Transfer-Encoding: identity')}abc`, 400],
  [
    'RFC 9112 6.1: Transfer-Encoding in HTTP/1.0',
    `${lines('POST / HTTP/1.0', HOST, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  ['RFC 9112 3.2.2: absolute-form', lines('GET http://shop.test/ HTTP/1.1', HOST), 400],
  ['RFC 9112 3.2.3: authority-form', lines('CONNECT shop.test:443 HTTP/1.1', HOST), 400],
  ['RFC 9112 3.2.4: asterisk-form of another method', lines('GET * HTTP/1.1', HOST), 400],
  ['RFC 9112 3.2: a fragment in the target', lines('GET /a#b HTTP/1.1', HOST), 400],
  ['RFC 3986 2: a byte in the target that is not ASCII', lines('GET /caf\xe9 HTTP/1.1', HOST), 400],
  ['RFC 3986 3.3: a dot-dot segment', lines('GET /a/../b HTTP/1.1', HOST), 400],
  ['RFC 3986 3.3: an encoded dot-dot segment', lines('GET /a/%2e%2E/b HTTP/1.1', HOST), 400],
  ['RFC 3986 3.3: an encoded slash', lines('GET /a%2Fb HTTP/1.1', HOST), 400],
  ['RFC 3986 3.3: an encoded backslash', lines('GET /a%5cb HTTP/1.1', HOST), 400],
  ['RFC 3986 3.3: a backslash', lines('GET /a\\b HTTP/1.1', HOST), 400],
  ['RFC 6585 5: a head beyond 16 KiB', lines('GET / HTTP/1.1', HOST, `X-Long: ${'x'.repeat(17_000)}`), 431],
  [
    'RFC 6585 5: more than 100 header fields',
    lines('GET / HTTP/1.1', HOST, ...Array.from({ length: 100 }, (_, i) => `X-${i}: 1`)),
    431,
  ],
  ['RFC 9110 15.5.15: a target beyond 8 KiB', lines(`GET /${'x'.repeat(8_192)} HTTP/1.1`, HOST), 414],
];

describe('a request about which two servers could differ is refused, and its connection closed', () => {
  it.each(refused)('%s', async (_name, bytes, status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(bytes);
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    expect(fieldOf(answer.headers, 'content-type')).toBe('application/problem+json');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status });
    expect(await connection.ending).toBe('end');
    expect(toy.counts().requests).toBe(0);
  });

  it('RFC 9112 7.1: a chunk size that is no number breaks the connection and never reaches the next request', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(
      `${lines('POST /echo HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}zz\r\n\r\nGET /next HTTP/1.1\r\n${HOST}\r\n\r\n`,
    );
    await connection.ending;
    expect(toy.counts().requests).toBe(0);
  });

  it('RFC 9110 10.1.1: an expectation that nobody knows is a 417', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    expect((await askRaw(gateway.port, lines('GET / HTTP/1.1', HOST, 'Expect: miracles'))).status).toBe(417);
    expect(toy.counts().requests).toBe(0);
  });

  it('docs/failures.md: a head that dribbles is cut off by a 408', async () => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)], { timeouts: { headersMs: 200 } });
    const connection = await openRaw(gateway.port);
    connection.write('GET / HTTP/1.1\r\nHost:');
    expect((await connection.answer()).status).toBe(408);
    await connection.ending;
  });
});

describe('what looks like a refused form and is none', () => {
  it.each([
    ['OPTIONS *', lines('OPTIONS * HTTP/1.1', HOST), 204],
    ['dots that make no segment', lines('GET /a..b/...c HTTP/1.1', HOST), 200],
    ['separators and dots in the query', lines('GET /a?next=../b%2f%5c\\ HTTP/1.1', HOST), 200],
    ['an HTTP/1.0 request without a Host', lines('GET / HTTP/1.0'), 200],
    ['a Host with a port', lines('GET / HTTP/1.1', 'Host: SHOP.test:8080'), 200],
    ['a Host that is an IPv6 address', lines('GET / HTTP/1.1', 'Host: [::1]:8080'), 200],
    [
      'an upgrade to something else than WebSocket',
      lines('GET / HTTP/1.1', HOST, 'Connection: Upgrade', 'Upgrade: h2c'),
      200,
    ],
  ])('%s', async (_name, bytes, status) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url)]);
    const connection = await openRaw(gateway.port);
    connection.write(bytes);
    expect((await connection.answer()).status).toBe(status);
    connection.close();
  });
});
