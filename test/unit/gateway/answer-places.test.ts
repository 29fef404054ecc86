import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { GatewayRoute } from '../../../src/gateway/gateway.ts';
import { readFieldLines } from '../../../src/gateway/http/field-lines.ts';
import { answerPlaces } from '../../../src/gateway/route/answer-places.ts';
import type { Destination } from '../../../src/gateway/route/destinations.ts';
import type { UpstreamHead } from '../../../src/gateway/upstream/upstream-client.ts';
import { routeTo } from '../../support/gateway.ts';

const destination = (base: string) =>
  ({ authority: 'up.test:9001', hostname: 'up.test', protocol: 'http:', basePath: base }) as Destination;
const [stable, canary] = [destination('/v1'), destination('/v2')];

const LINES =
  'Host: up.test:9001\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: shop.test\r\nX-Forwarded-Proto: https\r\n';

/** A field of an answer of `/v2/a` as the client sees it, whose request came by /web. */
function mapped(
  field: string,
  { lines = `${LINES}X-Forwarded-Prefix: /web\r\n`, more = {} as Partial<GatewayRoute>, path = '/v2/a' } = {},
) {
  const rawHeaders = readFieldLines(`${field}\r\n`) ?? [];
  const head = { rawHeaders, namesPlaces: true } as unknown as UpstreamHead;
  const places = answerPlaces(routeTo('http://up.test:9001/v1', { prefix: '/web', ...more }), [stable, canary]);
  const placed = { destination: canary, request: { path, headers: lines } };
  return places?.map(head, placed).rawHeaders[1];
}

it('versions that share an origin are told apart by their paths', () => {
  expect(mapped('Location: http://up.test:9001/v2/login')).toBe('https://shop.test/web/login');
  expect(mapped('Location: http://up.test:9001/v1/login')).toBe('https://shop.test/web/login');
  expect(mapped('Location: /v2')).toBe('/web');
  expect(mapped('Location: /v2?a=b')).toBe('/web?a=b');
  expect(mapped('Location: /v22')).toBe('/v22');
});

it('what lies beside the path of the upstream has no place in the route: only its origin is put right', () => {
  expect(mapped('Location: http://up.test:9001/status')).toBe('https://shop.test/status');
  expect(mapped('Location: http://up.test:9001')).toBe('https://shop.test/');
});

it('a client that named no host gets a path', () => {
  const lines = LINES.replace('shop.test', '');
  expect(mapped('Location: http://up.test:9001/v2/login', { lines: `${lines}X-Forwarded-Prefix: /web\r\n` })).toBe(
    '/web/login',
  );
  expect(mapped('Set-Cookie: a=1; Domain=up.test', { lines })).toBe('a=1');
});

it('a name below which the upstream is goes with its host, and that of the client stays', () => {
  expect(mapped('Set-Cookie: a=1; Domain=.test')).toBe('a=1; Domain=.test');
  expect(mapped('Set-Cookie: a=1; Domain=up.test; Path=/v2')).toBe('a=1; Domain=shop.test; Path=/web');
  expect(mapped('Set-Cookie: a=1; Domain=nup.test')).toBe('a=1; Domain=nup.test');
});

it('a client cannot say what only Serin writes', () => {
  const forged = `Host: up.test:9001\r\nX-A: X-Forwarded-Host: evil.test\r\n${LINES.slice(LINES.indexOf('X-Forwarded-For'))}`;
  expect(
    mapped('Location: http://up.test:9001/v2/b', {
      lines: `${forged}X-Forwarded-Prefix: /web\r\nVia: 1.1 serin-x\r\n`,
    }),
  ).toBe('https://shop.test/web/b');
});

describe('an answer that names very many places to a request with a long path', () => {
  const path = `/v2/${'a/'.repeat(3_900)}`;
  /** How many URLs are parsed for a field. */
  const parsed = (field: string) => {
    const parse = vi.spyOn(URL, 'parse');
    onTestFinished(() => parse.mockRestore());
    const value = mapped(field, { path });
    const { length } = parse.mock.calls;
    parse.mockRestore();
    return { value, length };
  };

  it.each([
    ['targets below', `<a>,`],
    ['targets above', `<../a>,`],
    ['targets of the upstream', '<http://up.test:9001/v2/a>,'],
  ])('keeps a Link of 9,000 %s as it is, and looks at none of them', (_what, target) => {
    const value = target.repeat(9_000);
    expect(parsed(`Link: ${value}`)).toEqual({ value, length: 0 });
  });

  it('is looked at for a hundred, and what means the same for both paths is not even parsed', () => {
    expect(parsed('Link: <../b>, </v2/c>, <d>')).toEqual({ value: '<../b>, </web/c>, <d>', length: 2 });
    expect(parsed(`Link: ${'<a/b>,'.repeat(100)}`).length).toBe(0);
    expect(parsed(`Link: ${'<../b>,'.repeat(100)}`).length).toBe(200);
  });

  it('is looked at for a hundred in all its lines together', () => {
    const parse = vi.spyOn(URL, 'parse');
    onTestFinished(() => parse.mockRestore());
    mapped('Location: ../b\r\n'.repeat(4_000).trimEnd(), { path });
    expect(parse.mock.calls.length).toBe(200);
  });
});

it('a path that only a reference from above leads into is mapped all the same', () => {
  expect(mapped('Location: v2/x', { path: '/v2' })).toBe('/web/x');
});
