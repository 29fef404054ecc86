import fc from 'fast-check';
import { issuer } from './issuer.ts';

/** What a client says on one connection: whole requests one after the other, and then something doubtful. */
export interface Conversation {
  readonly requests: readonly string[];
  readonly last: string;
  /** How the last bytes come: in one piece, in one piece with the sentinel behind them, or cut in two at this share. */
  readonly delivery: 'alone' | 'together' | { readonly cutAt: number };
}

/** Who signs the tokens of clients: every other one is `acme`. */
export const ISSUER = issuer();
const signed = new Map<number, string>();

/** Few enough to be within the budget of a gateway. */
function tokenOf(at: number): string {
  const token = signed.get(at) ?? ISSUER.token({ jti: String(at), client_id: at % 2 === 0 ? 'acme' : 'another' });
  signed.set(at, token);
  return token;
}

const TOKEN = "abcXYZ019-_.!#$%&'*+^`|~";
const VISIBLE = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).join('');

const text = (alphabet: string, constraints: { readonly minLength?: number; readonly maxLength: number }) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), ...constraints });

const target = fc.oneof(
  { weight: 6, arbitrary: text('abcdefgh0123456789/-.', { maxLength: 24 }).map((path) => `/${path}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(text('abc/', { maxLength: 8 }), text(VISIBLE, { maxLength: 12 }))
      .map(([path, query]) => `/${path}?${query}`),
  },
  { weight: 1, arbitrary: text(VISIBLE, { maxLength: 12 }).map((path) => `/${path}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '//',
      '/..',
      '/a/../b',
      '/%2e%2e/',
      '/a%2fb',
      '/a%2F..%5cb',
      '/caf\xc3\xa9',
      '/a?caf\xc3\xa9=\xff',
      '/a\\b',
      '/a#b',
      'http://shop.test/',
      'shop.test:80',
      `/${'x'.repeat(8_190)}`,
      `/${'x'.repeat(8_192)}`,
    ),
  },
);

const plainField = fc.oneof(
  fc.constantFrom(
    'Accept: */*',
    'accept-encoding: gzip',
    'Cookie: a=1; b=2',
    'User-Agent: test/1.0 (x)',
    'X-Empty: ',
    'X-Name: caf\xe9\tx',
    'Connection: keep-alive',
    'TE: trailers',
    'Keep-Alive: 5',
    'Proxy-Connection: keep-alive',
    'X-Forwarded-For: 9.9.9.9',
    'x-forwarded-host: evil.test',
    'X-Real-IP: 9.9.9.9',
    'X-Forwarded-Port: 443',
    'Via: 1.1 front, 1.0 serin-other',
    'X-Forwarded-Prefix: /outer/',
    'X-Forwarded-Prefix: no, path',
    'x-original-url: /admin',
    'Forwarded: for=9.9.9.9',
    'X-Request-Id: given-1',
    'traceparent: 00-1-2-01',
    'X-Version: canary',
    'X-Version: stable',
    'X-User: u7',
    'X_Forwarded_For: 9.9.9.9',
    'X_Request_ID: given-3',
    'X_Version: canary',
    'X_Else: 1',
    'X-Serin-Force-Token: 1.a',
    'Authorization: Bearer a',
    `Authorization: Bearer ${issuer('k1').token()}`,
  ),
  fc.nat(300).map((at) => `Authorization: Bearer ${tokenOf(at)}`),
  fc
    .tuple(text(TOKEN, { minLength: 1, maxLength: 12 }), text(`${VISIBLE} `, { maxLength: 20 }))
    .map(([name, value]) => `${name}: ${value.trim()}`),
);

const oddField = fc.constantFrom(
  'Host: other.test',
  'Host: shop.test',
  'Connection: close',
  'Connection: X-User, close',
  'Connection: X-Forwarded-For, Host',
  'Connection: X-Version, X-User',
  'authorization: Bearer b',
  'Connection: Keep-Alive',
  'TE: gzip',
  'Upgrade: h2c',
  'Trailer: X-Sum',
  'Expect: nothing',
  'X-No-Space:1',
  'X-Spaces:   1  ',
  'X-Tab:\t1\t',
  'X-A : 1',
  ' folded: 1',
  'X-A: b\r\n folded',
  'X-A: b\0c',
  'X-A: b\x7fc',
  'X-A: b\rc',
  'X-A: b\nc',
  'Content-Length: 3',
  'Content-Length: 03',
  'Content-Length: +3',
  'Content-Length: 18446744073709551615',
  'Content-Length: 3, 3',
  'Content-Length : 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'transfer-encoding:chunked',
  'X-Request-Id: given-2',
  'Content_Length: 7',
  `X-Long: ${'x'.repeat(16_300)}`,
);

const sizedBody = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: text(`${VISIBLE}\r\n\0`, { maxLength: 40 }).map((content) => ({ kind: 'sized' as const, content })),
  },
  { weight: 1, arbitrary: fc.nat(30_000).map((size) => ({ kind: 'sized' as const, content: 'b'.repeat(size) })) },
);

const body = fc.oneof(
  { weight: 8, arbitrary: sizedBody },
  {
    weight: 1,
    arbitrary: text('abc\r\n', { maxLength: 20 }).map((content) => ({ kind: 'chunked' as const, content })),
  },
);

interface Parts {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body: { readonly kind: 'sized' | 'chunked'; readonly content: string } | null;
}

function render({ method, target: path, fields, body: content }: Parts, host: readonly string[]): string {
  const lines = [`${method} ${path} HTTP/1.1`, ...host, ...fields];
  if (content === null) return `${lines.join('\r\n')}\r\n\r\n`;
  if (content.kind === 'sized') {
    return `${[...lines, `Content-Length: ${content.content.length}`].join('\r\n')}\r\n\r\n${content.content}`;
  }
  const chunk = content.content === '' ? '' : `${content.content.length.toString(16)}\r\n${content.content}\r\n`;
  return `${[...lines, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${chunk}0\r\n\r\n`;
}

const HOST = ['Host: shop.test'];
const method = fc.constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS');
const plainTarget = text('abcdefgh0123456789/-', { maxLength: 24 }).map((path) => `/${path}`);

const nameOf = (field: string): string => field.slice(0, field.indexOf(':')).toLowerCase();
const plainParts = fc.record({
  method,
  target: plainTarget,
  fields: fc.uniqueArray(plainField, { maxLength: 6, selector: nameOf }),
  body: sizedBody,
});

/** Requests that every server reads alike. */
export const plainRequest: fc.Arbitrary<string> = plainParts.map((parts) => render(parts, HOST));

/** Plain but for one thing, which alone decides. */
const flawedRequest: fc.Arbitrary<string> = fc
  .tuple(plainParts, oddField, fc.nat(6))
  .map(([parts, flaw, at]) => render({ ...parts, fields: parts.fields.toSpliced(at, 0, flaw) }, HOST));

/** Requests with something in them that a strict reader has to notice. */
const oddRequest: fc.Arbitrary<string> = fc
  .record({
    method: fc.oneof(
      { weight: 6, arbitrary: method },
      { weight: 1, arbitrary: fc.constantFrom('get', 'TRACE', 'QUERY', 'M-SEARCH', 'CONNECT', 'X') },
    ),
    target,
    fields: fc.array(fc.oneof({ weight: 3, arbitrary: plainField }, { weight: 1, arbitrary: oddField }), {
      maxLength: 6,
    }),
    body,
    host: fc.constantFrom(
      HOST,
      HOST,
      HOST,
      HOST,
      ['host: SHOP.test:80'],
      ['Host: [::1]'],
      ['Host: '],
      ['Host: a b'],
      ['Host: u@shop.test'],
      ['Host: shop.test:65536'],
      ['Host: :80'],
      ['Host: 127.1:80'],
      ['Host: xn--:81'],
      ['Host: [0:0::1]:82'],
      ['Host: [::1::2]'],
      [],
    ),
  })
  .map(({ host, ...parts }) => render(parts, host));

/** The octets that a mutation puts in: what grammars are made of, and some that nothing is made of. */
const octet = fc.oneof(
  fc.constantFrom(...'\r\n\t :,;0123456789abcF/?#\\%.*\0\x7f\x80\xff'.split('')),
  fc.nat(255).map((code) => String.fromCharCode(code)),
);

const mutation = fc.record({
  kind: fc.constantFrom('set', 'insert', 'delete', 'double', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  octet,
});

function mutate(request: string, { kind, at, octet: put }: { kind: string; at: number; octet: string }): string {
  // Most of what can go wrong is in the head.
  const head = request.indexOf('\r\n\r\n') + 4;
  const place = Math.min(request.length - 1, Math.floor(at * Math.min(request.length, head + 4)));
  const [before, after] = [request.slice(0, place), request.slice(place + 1)];
  switch (kind) {
    case 'set':
      return before + put + after;
    case 'insert':
      return before + put + request.slice(place);
    case 'delete':
      return before + after;
    case 'double':
      return before + request.charAt(place) + request.charAt(place) + after;
    default:
      return before;
  }
}

const mutatedRequest: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(plainRequest, oddRequest), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([request, mutations]) => mutations.reduce(mutate, request));

export const conversation: fc.Arbitrary<Conversation> = fc.record({
  requests: fc.array(plainRequest, { maxLength: 8 }),
  last: fc.oneof(
    { weight: 1, arbitrary: plainRequest },
    { weight: 2, arbitrary: oddRequest },
    { weight: 3, arbitrary: flawedRequest },
    { weight: 4, arbitrary: mutatedRequest },
  ),
  delivery: fc.oneof(
    { weight: 4, arbitrary: fc.constant('alone' as const) },
    { weight: 2, arbitrary: fc.constant('together' as const) },
    { weight: 2, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((cutAt) => ({ cutAt })) },
  ),
});

/** How many requests there are in a conversation, its sentinel left out. */
export function sizeOf({ requests }: Conversation): number {
  return requests.length + 1;
}
