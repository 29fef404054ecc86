import { describe, expect, it, onTestFinished } from 'vitest';
import { routeTo, startGateway } from '../support/gateway.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { RecordingUpstream } from '../support/recording-upstream.ts';

const HOST = 'Host: shop.test';
const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const post = (...lines: string[]) => head('POST / HTTP/1.1', HOST, ...lines);
const length = (value: string) => post(`Content-Length: ${value}`);
const coding = (value: string) => post(`Transfer-Encoding: ${value}`);
const line = (request: string, field: string) => head(request, HOST, field);

/** What an attacker wants the upstream to take for a request of somebody else. */
const EVIL = get('/evil');

async function behindGateway() {
  const upstream = new RecordingUpstream();
  const url = `http://127.0.0.1:${await upstream.listen()}`;
  onTestFinished(() => upstream.close());
  const gateway = await startGateway([routeTo(url)]);
  return { port: gateway.port, upstream };
}

/** The section that forbids it and what it is, and the bytes, behind which the evil request stands. */
const inHead: readonly (readonly [string, string])[] = [
  ['RFC 9112 6.3, CL.TE: a length first', `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['RFC 9112 6.3, TE.CL: a coding first', `${post('Transfer-Encoding: chunked', 'Content-Length: 4')}5c\r\n`],
  [
    'RFC 9112 6.3: a length and a coding in GET',
    head('GET / HTTP/1.1', HOST, 'Content-Length: 0', 'TE: x', 'Transfer-Encoding: chunked'),
  ],
  [
    'RFC 9112 6.1, HTTP/1.0: a length and a coding',
    `${head('POST / HTTP/1.0', HOST, 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  [
    'RFC 9112 6.1, TE.TE: chunked and something else',
    `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: x')}0\r\n\r\n`,
  ],
  [
    'RFC 9112 6.1, TE.TE: something else and chunked',
    `${post('Transfer-Encoding: x', 'Transfer-encoding: chunked')}0\r\n\r\n`,
  ],
  ['RFC 9112 6.1, TE.TE: chunked and nothing', `${post('Transfer-Encoding: chunked', 'Transfer-Encoding:')}0\r\n\r\n`],
  ['RFC 9112 6.1: nothing', `${coding('')}0\r\n\r\n`],
  ['RFC 9112 6.1: chunked, identity', `${coding('chunked, identity')}0\r\n\r\n`],
  ['RFC 9112 6.1: chunked that is not the last coding', `${coding('chunked, gzip')}0\r\n\r\n`],
  ['RFC 9112 7: chunked with a parameter', `${coding('chunked;q=1')}0\r\n\r\n`],
  ['RFC 9112 7: chunked in quotes', `${coding('"chunked"')}0\r\n\r\n`],
  ['RFC 9112 7: a name that begins like chunked', `${coding('chunke')}0\r\n\r\n`],
  ['RFC 9110 5.6.1: an empty member before chunked', `${coding(', chunked')}0\r\n\r\n`],
  ['RFC 9110 5.6.1: an empty member after chunked', `${coding('chunked,')}0\r\n\r\n`],
  ['RFC 9110 5.6.3: a vertical tab before chunked', `${coding('\x0bchunked')}0\r\n\r\n`],
  ['RFC 9110 5.5: NUL after chunked', `${coding('chunked\0')}0\r\n\r\n`],
  ['RFC 9110 5.5: a no-break space after chunked', `${coding('chunked\xa0')}0\r\n\r\n`],
  ['RFC 9112 5.1: a space before the colon of a coding', `${post('Transfer-Encoding : chunked')}0\r\n\r\n`],
  ['RFC 9112 5.1: a space before the colon of a length', `${post('Content-Length : 4')}0\r\n\r\n`],
  ['RFC 9112 5.2: a coding on a line that is folded', `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n`],
  ['RFC 9112 5.2: a coding folded into another field', `${post('X: 1', ' Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['RFC 9112 2.2: a coding behind a bare LF', `${post('X: 1\nTransfer-Encoding: chunked')}0\r\n\r\n`],
  ['RFC 9112 2.2: a coding behind a bare CR', `${post('X: 1\rTransfer-Encoding: chunked')}0\r\n\r\n`],
  ['RFC 9112 2.2: a head that ends with a bare LF', `POST / HTTP/1.1\r\n${HOST}\r\n\n`],
  ['RFC 9112 2.2: a line that ends with CR CR LF', `POST / HTTP/1.1\r\n${HOST}\r\r\n\r\n`],
  ['RFC 9112 2.2: space before the first field', `POST / HTTP/1.1\r\n X: 1\r\n${HOST}\r\n\r\n`],
  ['RFC 9110 8.6: no length', `${length('')}abcd`],
  ['RFC 9110 8.6: a negative length', `${length('-4')}abcd`],
  ['RFC 9110 8.6: a length with a fraction', `${length('4.0')}abcd`],
  ['RFC 9110 8.6: a length with an exponent', `${length('4e0')}abcd`],
  ['RFC 9110 8.6: a length in quotes', `${length('"4"')}abcd`],
  ['RFC 9110 8.6: a length with a parameter', `${length('4;')}abcd`],
  ['RFC 9110 8.6: two lengths with a space between', `${length('4 4')}abcd`],
  ['RFC 9110 8.6: two lengths in a list, one absent', `${length('4,')}abcd`],
  ['RFC 9110 8.6: a digit that is none', `${length('\xb2')}abcd`],
  ['RFC 9110 8.6: a length beyond 2^53, which rounds to another', `${length('9007199254740993')}abcd`],
  ['RFC 9110 8.6: a length of 2^64 - 1, which wraps', `${length('18446744073709551615')}abcd`],
  ['RFC 9110 8.6: a length beyond 2^64', `${length('18446744073709551620')}abcd`],
  ['RFC 9112 3.2: a list of Hosts', head('GET / HTTP/1.1', 'Host: shop.test, evil.test')],
  ['RFC 9110 7.2: a port that is none', head('GET / HTTP/1.1', 'Host: shop.test:65536')],
  ['RFC 9110 7.2: a port without a host', head('GET / HTTP/1.1', 'Host: :80')],
  ['RFC 3986 3.2.2: an address that is none', head('GET / HTTP/1.1', 'Host: [::1::2]')],
  ['RFC 9112 3.2: a tab in the Host', head('GET / HTTP/1.1', 'Host: shop\t.test')],
  ['RFC 9112 3.2: an absolute target that disagrees with the Host', head('GET http://evil.test/ HTTP/1.1', HOST)],
  ['RFC 9112 3.2.2: an absolute target of OPTIONS', head('OPTIONS http://shop.test HTTP/1.1', HOST)],
  ['RFC 9112 3.2.3: an authority as the target of GET', head('GET shop.test:80 HTTP/1.1', HOST)],
  ['RFC 9112 3: a space in the target', head('GET /a b HTTP/1.1', HOST)],
  ['RFC 9112 3: a tab after the method', head('GET\t/ HTTP/1.1', HOST)],
  ['RFC 9112 3: a request line without a version', 'GET /\r\n\r\n'],
  ['RFC 9112 3: space before the request line', head(' GET / HTTP/1.1', HOST)],
  ['RFC 9112 2.3: a version in lower case', head('GET / http/1.1', HOST)],
  ['RFC 9112 2.3: a version of three digits', head('GET / HTTP/1.10', HOST)],
  ['RFC 9112 2.3: a version of another protocol', head('PUT / RTSP/1.1', HOST)],
  ['RFC 9113 3.4: the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['RFC 9110 9.1: a method in lower case', line('get / HTTP/1.1', 'X: 1')],
  ['RFC 9110 9.1: a method of 9,000 letters', line(`${'G'.repeat(9_000)} / HTTP/1.1`, 'X: 1')],
  ['RFC 9110 5.6.2: a method with a control character', line('GE\x01T / HTTP/1.1', 'X: 1')],
  ['RFC 9110 5.6.2: a method in quotes', line('"GET" / HTTP/1.1', 'X: 1')],
  ['RFC 9110 5.1: a line without a colon', line('GET / HTTP/1.1', 'X')],
  ['RFC 9110 5.1: an empty field name', line('GET / HTTP/1.1', ': 1')],
  ['RFC 9110 5.1: a control character in a field name', line('GET / HTTP/1.1', 'X\x01: 1')],
  ['RFC 9110 5.1: a field name that is not ASCII', line('GET / HTTP/1.1', 'X\xe9: 1')],
  ['RFC 9110 5.1: a field name with parentheses', line('GET / HTTP/1.1', 'X(1): 1')],
  ['RFC 9110 5.5: DEL in a value', line('GET / HTTP/1.1', 'X: a\x7f')],
  ['RFC 9110 5.5: ESC in a value', line('GET / HTTP/1.1', 'X: a\x1b')],
  ['RFC 9110 5.5: a vertical tab in a value', line('GET / HTTP/1.1', 'X: a\x0b')],
  ['RFC 3986 2: NUL in the target', line('GET /a\0 HTTP/1.1', 'X: 1')],
  ['RFC 3986 2: DEL in the target', line('GET /a\x7f HTTP/1.1', 'X: 1')],
  ['RFC 3986 3.3: dot-dot, half of it encoded', line('GET /a/.%2e/b HTTP/1.1', 'X: 1')],
  ['RFC 3986 3.3: dot-dot with a path parameter', line('GET /a/..;x=1/b HTTP/1.1', 'X: 1')],
  ['RFC 3986 3.3: dot-dot at the end', line('GET /a/.. HTTP/1.1', 'X: 1')],
];

describe('a head that could mean two things is a 400, and nothing behind it is read', () => {
  it.each(inHead)('%s', async (_name, bytes) => {
    const { port, upstream } = await behindGateway();
    const connection = await openRaw(port);
    connection.write(bytes + EVIL);
    expect((await connection.answer()).status).toBe(400);
    expect(await connection.ending).toBe('end');
    expect(await connection.rest()).toHaveLength(0);
    expect(upstream.take()).toEqual([]);
  });
});

/** Chunked bodies that are none. */
const inBody: readonly (readonly [string, string])[] = [
  ['RFC 9112 7.1: a size of more than 64 bits', '10000000000000004\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a size with 0x', '0x4\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a size with a sign', '+4\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a negative size', '-4\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a size with an underscore', '4_0\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: space before a size', ' 4\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: space after a size', '4 \r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: no size', '\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a bare LF after a size', '4\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a bare CR after a size', '4\rabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a bare LF after the data', '4\r\nabcd\n0\r\n\r\n'],
  ['RFC 9112 7.1: nothing after the data', '4\r\nabcd0\r\n\r\n'],
  ['RFC 9112 7.1: data longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1: a bare LF after the last size', '0\n\r\n'],
  ['RFC 9112 7.1: a bare LF at the end', '0\r\n\n'],
  ['RFC 9112 7.1.1: a bare LF in an extension', '4;a\nb\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1.1: a bare CR in an extension', '4;a\rb\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1.1: NUL in an extension', '4;a\0b\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1.1: an extension without a name', '4;\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1.1: an extension whose quotes hold a CRLF', '4;a="\r\nabcd\r\n0\r\n\r\n'],
  ['RFC 9112 7.1.1: an extension beyond 16 KiB', `4;a=${'x'.repeat(17_000)}\r\nabcd\r\n0\r\n\r\n`],
  ['RFC 9112 7.1.2: space before the colon of a trailer', '0\r\nX : 1\r\n\r\n'],
  ['RFC 9112 7.1.2: a trailer on two lines', '0\r\nX: 1\r\n 2\r\n\r\n'],
  ['RFC 9112 7.1.2: a trailer that ends with a bare LF', '0\r\nX: 1\n\r\n'],
  ['RFC 9112 7.1.2: trailers beyond 16 KiB', `0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`],
  ['RFC 9110 6.5.1: a framing field in the trailers', '0\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n'],
];

describe('a chunked body that is none breaks the connection, and is whole to nobody', () => {
  it.each(inBody)('%s', async (_name, body) => {
    const { port, upstream } = await behindGateway();
    const connection = await openRaw(port);
    connection.write(coding('chunked') + body + EVIL);
    expect(await connection.ending).not.toBe('ours');
    const said = (await connection.rest()).toString('latin1');
    expect(said).not.toMatch(/^HTTP\/1\.1 [23]/);
    expect(upstream.take().filter(({ isWhole, head: seen }) => isWhole || seen.includes('/evil'))).toEqual([]);
  });
});

describe('what looks like smuggling and is none', () => {
  it.each([
    ['RFC 9110 5.5: blanks around a length', `${length('  4\t')}abcd`, 'Content-Length: 4', 'abcd'],
    ['RFC 9110 8.6: a length that begins with 0', `${length('04')}abcd`, 'Content-Length: 4', 'abcd'],
    [
      'RFC 9112 7: a coding in capitals',
      `${coding('CHUNKED')}4\r\nabcd\r\n0\r\n\r\n`,
      'transfer-encoding: chunked',
      'abcd|',
    ],
    [
      'RFC 9112 7.1: a size that begins with 0',
      `${coding('chunked')}0004\r\nabcd\r\n0\r\n\r\n`,
      'transfer-encoding: chunked',
      'abcd|',
    ],
    [
      'RFC 9112 7.1.1: extensions',
      `${coding('chunked')}4;a="b;c"\r\nabcd\r\n0;x\r\n\r\n`,
      'transfer-encoding: chunked',
      'abcd|',
    ],
    [
      'RFC 3875 4.1.18: framing with underscores',
      `${post('Transfer_Encoding: chunked', 'Content-Length: 4')}abcd`,
      'Content-Length: 4',
      'abcd',
    ],
  ])('%s goes up in our own framing', async (_name, bytes, framing, body) => {
    const { port, upstream } = await behindGateway();
    const connection = await openRaw(port);
    connection.write(bytes);
    await connection.answer();
    connection.close();
    const [seen, ...more] = upstream.take();
    expect(more).toEqual([]);
    expect(seen?.body).toBe(body);
    const framings = seen?.head.split('\r\n').filter((field) => /^(?:content.length|transfer.encoding):/i.test(field));
    expect(framings).toEqual([framing]);
  });

  it('RFC 9112 9.6: what follows a request that ends its connection is not read, and the request is answered', async () => {
    const { port, upstream } = await behindGateway();
    const connection = await openRaw(port);
    connection.write(get('/last', 'Connection: close') + EVIL);
    const answer = await connection.answer();
    expect(answer.headers).toContainEqual(['Connection', 'close']);
    expect(await connection.ending).toBe('end');
    expect(upstream.take().map(({ head: seen }) => seen.split(' ')[1])).toEqual(['/last']);
  });
});
