import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, fieldOf, get } from '../support/raw-client.ts';

/** What the upstream is asked, or what the gateway says instead. */
async function asked(target: string, route: Partial<GatewayRoute> = {}): Promise<string | [number, string]> {
  const toy = await startToy('v1');
  const gateway = await startGateway([routeTo(toy.url, route)]);
  const answer = await askRaw(gateway.port, get(target));
  if (answer.status === 200) return (JSON.parse(answer.body.toString()) as Echo).url;
  const { detail } = JSON.parse(answer.body.toString()) as { readonly detail: string };
  const counts = (await gateway.totals()).flatMap(({ outcomes }) => Object.values(outcomes));
  expect(counts.every((count) => count === 0)).toBe(true);
  return [answer.status, detail];
}

describe('an encoded slash in a path', () => {
  it.each([
    ['/echo/projects/group%2Fname', '/echo/projects/group%2Fname'],
    ['/echo/@scope%2fname/-/1.tgz?a=%2F', '/echo/@scope%2fname/-/1.tgz?a=%2F'],
    ['/echo/a%5Cb', '/echo/a%5Cb'],
    ['/echo/%252f', '/echo/%252f'],
  ])('%s goes on untouched on a route that passes it', async (target, seen) => {
    expect(await asked(target, { encodedSlash: 'pass' })).toBe(seen);
  });

  it('does not end a segment for the route: it is matched in its raw bytes', async () => {
    const route = { encodedSlash: 'pass', prefix: '/web' } as const;
    expect(await asked('/web/echo/a%2Fb', route)).toBe('/echo/a%2Fb');
    expect(await asked('/web%2Fecho/a', route)).toEqual([404, expect.stringMatching(/No route/)]);
  });

  it.each(['/echo/a%2F..%2Fb', '/echo/..%2fb', '/echo/a%5c%2e%2e'])(
    'cannot hide a .. segment, which is refused on every route: %s',
    async (target) => {
      expect(await asked(target, { encodedSlash: 'pass' })).toEqual([400, expect.stringMatching(/has a \.\. segment/)]);
    },
  );

  it.each(['/echo/a%2Fb', '/echo/a%5cb'])('is refused elsewhere, and the reason is said: %s', async (target) => {
    expect(await asked(target)).toEqual([400, expect.stringMatching(/encoded slash or backslash.*encodedSlash: pass/)]);
  });
});

describe('a refusal of a target names what is wrong with it', () => {
  it.each([
    ['/echo/caf\xc3\xa9', /^The request target has the byte 0xC3, which has to be percent-encoded: %C3\.$/],
    ['/echo?q=caf\xc3\xa9', /^The request target has the byte 0xC3, which has to be percent-encoded: %C3\.$/],
    ['/echo?q=\x80', /has the byte 0x80/],
    ['/echo#top', /has a #/],
    ['/echo?a#top', /has a #/],
    ['/echo/a\\b', /has a backslash/],
    ['/echo/../b', /has a \.\. segment/],
  ])('%s is a 400 that says so', async (target, reason) => {
    expect(await asked(target)).toEqual([400, expect.stringMatching(reason)]);
  });
});

describe('the sticky cookie', () => {
  /** The Set-Cookie of a first visit, less its value. */
  async function issued(sticky: Partial<GatewayRoute['sticky']>, proto: string | null, trusted: boolean) {
    const toy = await startToy('v1');
    const route = routeTo(toy.url, { sticky: { kind: 'cookie', name: 'serin', ...sticky } as GatewayRoute['sticky'] });
    const gateway = await startGateway([route], { trustedProxies: trusted ? ['127.0.0.1'] : [] });
    const { headers } = await askRaw(
      gateway.port,
      get('/', ...(proto === null ? [] : [`X-Forwarded-Proto: ${proto}`])),
    );
    return fieldOf(headers, 'set-cookie')?.replace(/=[^;]*/, '') ?? '';
  }

  const plain = 'serin; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax';

  it.each([
    ['a client that comes by http', null, true, plain],
    ['a trusted proxy that says http', 'http', true, plain],
    ['a trusted proxy that says https', 'https', true, `${plain}; Secure`],
    ['a chain whose first proxy says https', 'HTTPS, http', true, `${plain}; Secure`],
    ['an outsider who says https', 'https', false, plain],
  ])('is Secure when the client comes by https: %s', async (_what, proto, trusted, cookie) => {
    expect(await issued({}, proto, trusted)).toBe(cookie);
  });

  it.each([
    [{ sameSite: 'strict' }, 'serin; Max-Age=31536000; Path=/; HttpOnly; SameSite=Strict'],
    [{ sameSite: 'none' }, 'serin; Max-Age=31536000; Path=/; HttpOnly; SameSite=None; Secure'],
    [{ name: '__Host-v' }, '__Host-v; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax; Secure'],
  ] as const)('has the SameSite of its route, and Secure where browsers want it: %o', async (sticky, cookie) => {
    expect(await issued(sticky, null, false)).toBe(cookie);
  });
});
