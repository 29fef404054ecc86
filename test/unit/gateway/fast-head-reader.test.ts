import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/gateway/http/limits.ts';
import { Via } from '../../../src/gateway/http/via.ts';
import { DecidingFields } from '../../../src/gateway/route/deciding-fields.ts';
import { HeadReader } from '../../../src/gateway/serve/plain/head-reader.ts';
import { routeTo } from '../../support/gateway.ts';

const HOST = 'Host: shop.test';
const deciding = new DecidingFields(routeTo('http://up.test'));
const DROPPED = { hearsay: 'dropped', requestId: 'r1', deciding } as const;
const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;

function read(text: string) {
  const reader = new HeadReader(DEFAULT_LIMITS, new Via());
  const reading = reader.read(Buffer.from(text, 'latin1'));
  return { reader, reading };
}

describe('a plain head', () => {
  it('is read with what routing and framing need', () => {
    const text = head('POST /a/b?c=d HTTP/1.1', HOST, 'Content-Length: 12', 'Connection: close', 'X-Request-Id: r1');
    const { reader, reading } = read(`${text}body`);
    expect(reading).toBe('whole');
    expect(reader).toMatchObject({
      method: 'POST',
      target: { path: '/a/b', query: '?c=d', hasEncodedSlash: false },
      host: 'shop.test',
      bodyLength: 12,
      connection: 'close',
      requestId: 'r1',
      end: text.length,
    });
  });

  it('says of the next head nothing of the one before', () => {
    const { reader } = read(head('POST / HTTP/1.1', HOST, 'Content-Length: 1', 'Connection: close', 'X-Request-Id: r'));
    expect(reader.read(Buffer.from(head('GET / HTTP/1.1', 'Host: other.test')))).toBe('whole');
    expect(reader).toMatchObject({ host: 'other.test', bodyLength: null, connection: 'keep', requestId: null });
    expect(reader.field('content-length')).toBeUndefined();
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('may say %s', (method) => {
    const { reader, reading } = read(head(`${method} / HTTP/1.1`, HOST));
    expect([reading, reader.method]).toEqual(['whole', method]);
  });

  it.each([
    ['TE: trailers', head('GET / HTTP/1.1', HOST, 'TE: trailers')],
    ['an empty value', head('GET / HTTP/1.1', HOST, 'X-Empty: ')],
    ['obs-text in a value', head('GET / HTTP/1.1', HOST, 'X-Name: caf\xe9')],
    ['a tab within a value', head('GET / HTTP/1.1', HOST, 'X-Name: a\tb')],
    ['a Host with a port', head('GET / HTTP/1.1', 'Host: SHOP.test:8080')],
    ['a Host that is an address', head('GET / HTTP/1.1', 'Host: [::1]:80')],
  ])('may have %s', (_name, text) => {
    expect(read(text).reading).toBe('whole');
  });

  it('finds a field in any case, and notices one that is there twice', () => {
    const { reader } = read(head('GET / HTTP/1.1', HOST, 'x-UsEr: 7', 'Accept: a', 'ACCEPT: b'));
    expect([reader.field('x-user'), reader.isAmbiguous]).toEqual(['7', false]);
    expect([reader.field('x-other'), reader.isAmbiguous]).toEqual([undefined, false]);
    expect([reader.field('accept'), reader.isAmbiguous]).toEqual(['a', true]);
  });
});

describe('the lines that go on', () => {
  const text = head(
    'GET / HTTP/1.1',
    'X-a: 1',
    HOST,
    'x-B: 2',
    'X-a: 3',
    'Content-Length: 0',
    'X-Forwarded-For: 9.9.9.9',
    'X-Real-IP: 9.9.9.9',
    'Connection: keep-alive',
    'Keep-Alive: 5',
    'Proxy-Connection: x',
    'TE: trailers',
    'Last: caf\xe9',
  );

  it('keep their bytes and their order, less what belongs to the hop, the framing or nobody believed', () => {
    expect(read(text).reader.forwardedLines(DROPPED)).toBe('X-a: 1\r\nx-B: 2\r\nX-a: 3\r\nLast: caf\xe9\r\n');
  });

  it('have what a trusted peer says, except what is said anew', () => {
    const lines = 'X-a: 1\r\nx-B: 2\r\nX-a: 3\r\nX-Real-IP: 9.9.9.9\r\nLast: caf\xe9\r\n';
    expect(read(text).reader.forwardedLines({ hearsay: 'believed', requestId: 'r1', deciding })).toBe(lines);
  });

  it('know many more names than there are places to remember them', () => {
    const reader = new HeadReader(DEFAULT_LIMITS, new Via());
    for (let round = 0; round < 100; round++) {
      const lines = Array.from({ length: 90 }, (_, at) => `N${round * 90 + at}: ${at}`);
      const bytes = Buffer.from(head('GET / HTTP/1.1', HOST, ...lines));
      expect(reader.read(bytes)).toBe('whole');
      expect(reader.forwardedLines(DROPPED)).toBe(`${lines.join('\r\n')}\r\n`);
    }
  });
});

describe('a head that is not whole', () => {
  const text = head('POST /a%20b?c HTTP/1.1', HOST, 'Content-Length: 3', 'X-A: b c', 'X-Empty: ');

  it('is partial at every length, never doubtful', () => {
    for (let length = 0; length < text.length; length++) {
      expect([length, read(text.slice(0, length)).reading]).toEqual([length, 'partial']);
    }
    expect(read(text).reading).toBe('whole');
  });

  it('is doubtful as soon as it cannot become plain', () => {
    for (const start of ['get', 'GET  ', 'GET /\n', 'GET / HTTP/1.0', 'GET / HTTP/1.1\n', 'GET / HTTP/1.1\r\n ']) {
      expect([start, read(start).reading]).toEqual([start, 'doubtful']);
    }
  });
});

/** Name and bytes of what must go to the reference path, whether that serves or refuses it. */
const doubtful: readonly (readonly [string, string])[] = [
  ['RFC 9112 2.2: an empty line before the request', `\r\n${head('GET / HTTP/1.1', HOST)}`],
  ['RFC 9112 2.2: bare LF', 'GET / HTTP/1.1\nHost: shop.test\n\n'],
  ['RFC 9112 2.2: bare CR in a value', head('GET / HTTP/1.1', HOST, 'X-A: b\rc')],
  ['RFC 9110 5.5: NUL in a value', head('GET / HTTP/1.1', HOST, 'X-A: b\0c')],
  ['RFC 9110 5.5: DEL in a value', head('GET / HTTP/1.1', HOST, 'X-A: b\x7fc')],
  ['RFC 9112 5.1: whitespace before the colon', head('GET / HTTP/1.1', HOST, 'X-A : b')],
  ['RFC 9112 5.2: obs-fold', head('GET / HTTP/1.1', HOST, 'X-A: b', ' c')],
  ['RFC 9110 5.5: a value without a space before it', head('GET / HTTP/1.1', HOST, 'X-A:b')],
  ['RFC 9110 5.5: a value with two spaces before it', head('GET / HTTP/1.1', HOST, 'X-A:  b')],
  ['RFC 9110 5.5: a value with a blank behind it', head('GET / HTTP/1.1', HOST, 'X-A: b\t')],
  ['RFC 9110 5.1: an empty name', head('GET / HTTP/1.1', HOST, ': b')],
  ['RFC 9110 5.1: a line without a colon', head('GET / HTTP/1.1', HOST, 'X-A')],
  ['RFC 9112 3: two spaces in the request line', head('GET  / HTTP/1.1', HOST)],
  ['RFC 9112 3.2: no Host', head('GET / HTTP/1.1', 'X-A: b')],
  ['RFC 9112 3.2: an empty Host', head('GET / HTTP/1.1', 'Host: ')],
  ['RFC 9112 3.2: two Hosts', head('GET / HTTP/1.1', HOST, HOST)],
  ['RFC 9112 3.2: a list of Hosts', head('GET / HTTP/1.1', 'Host: a.test, b.test')],
  ['RFC 9110 4.2.4: a Host with userinfo', head('GET / HTTP/1.1', 'Host: user@shop.test')],
  ['RFC 9112 3.2.2: absolute-form', head('GET http://shop.test/ HTTP/1.1', HOST)],
  ['RFC 9112 3.2.4: asterisk-form', head('OPTIONS * HTTP/1.1', HOST)],
  ['RFC 9112 2.3: HTTP/1.0', head('GET / HTTP/1.0', HOST)],
  ['RFC 9112 2.3: HTTP/2.0', head('GET / HTTP/2.0', HOST)],
  ['RFC 9110 9: a method that is not everyday', head('BREW / HTTP/1.1', HOST)],
  ['RFC 9110 9.3.6: CONNECT', head('CONNECT shop.test:443 HTTP/1.1', HOST)],
  ['RFC 9112 6.1: Transfer-Encoding', head('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked')],
  ['RFC 9110 10.1.1: Expect', head('POST / HTTP/1.1', HOST, 'Expect: 100-continue')],
  ['RFC 9110 7.8: Upgrade', head('GET / HTTP/1.1', HOST, 'Upgrade: websocket')],
  ['RFC 9110 6.6.2: Trailer', head('GET / HTTP/1.1', HOST, 'Trailer: X')],
  ['RFC 9110 10.1.4: TE other than trailers', head('GET / HTTP/1.1', HOST, 'TE: gzip')],
  ['RFC 9110 7.6.1: Connection that nominates', head('GET / HTTP/1.1', HOST, 'Connection: X-A')],
  ['RFC 9110 7.6.1: two Connections', head('GET / HTTP/1.1', HOST, 'Connection: close', 'Connection: close')],
  ['two request ids', head('GET / HTTP/1.1', HOST, 'X-Request-Id: a', 'X-Request-Id: a')],
  ['RFC 9110 8.6: two lengths', head('POST / HTTP/1.1', HOST, 'Content-Length: 1', 'Content-Length: 1')],
  ...['', '+1', '-1', '0x1', '1, 1', '1 1', '1e1', '٣', '1'.repeat(16)].map(
    (length) =>
      [`RFC 9110 8.6: the length "${length}"`, head('POST / HTTP/1.1', HOST, `Content-Length: ${length}`)] as const,
  ),
  ...['/a#b', '/caf\xe9', '/a/../b', '/a/%2e%2E/b', '/a%2F../b', '/a\\b', '/..'].map(
    (target) => [`RFC 3986: the target ${target}`, head(`GET ${target} HTTP/1.1`, HOST)] as const,
  ),
  ['RFC 6585 5: a head beyond the limit', head('GET / HTTP/1.1', HOST, `X-Long: ${'x'.repeat(17_000)}`)],
  ['RFC 6585 5: an endless line', `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(17_000)}`],
  [
    'RFC 6585 5: too many fields',
    head('GET / HTTP/1.1', HOST, ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`)),
  ],
  ['RFC 9110 15.5.15: a target beyond the limit', head(`GET /${'x'.repeat(8_192)} HTTP/1.1`, HOST)],
];

describe('anything else is doubtful', () => {
  it.each(doubtful)('%s', (_name, text) => {
    expect(read(text).reading).toBe('doubtful');
  });
});
