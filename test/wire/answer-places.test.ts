import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayOptions, GatewayRoute } from '../../src/gateway/gateway.ts';
import { orderTo, routeTo, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream, rawUpstream } from '../support/upstream.ts';

const HOST = 'shop.test:8080';

/** An upstream that answers 302 with the header lines of its request's `x-answer`, `{own}` and `{other}` being two authorities. */
async function redirecting(other: () => string) {
  return using(
    httpUpstream((incoming, outgoing) => {
      const lines = JSON.parse(String(incoming.headers['x-answer'])) as string[];
      const own = `127.0.0.1:${incoming.socket.localPort}`;
      const pairs = lines.map((line) => {
        const at = line.indexOf(': ');
        return [
          line.slice(0, at),
          line
            .slice(at + 2)
            .replaceAll('{own}', own)
            .replaceAll('{other}', other()),
        ] as const;
      });
      outgoing.writeHead(302, pairs.flat());
      outgoing.end();
    }),
  );
}

interface Setting {
  readonly route?: Partial<GatewayRoute>;
  /** Of both upstreams. */
  readonly base?: string;
  readonly options?: Partial<Pick<GatewayOptions, 'trustedProxies'>>;
  readonly asked?: string;
  readonly lines?: readonly string[];
  /** By the canary instead of the stable. */
  readonly canary?: boolean;
}

/** What a client gets whose upstream answers with these lines. */
async function got(answer: readonly string[], setting: Setting = {}): Promise<readonly string[]> {
  const { route, base = '', options = {}, asked = '/web/a/b', lines = [] } = setting;
  let canaryPort = 0;
  const stable = await redirecting(() => `127.0.0.1:${canaryPort}`);
  const canary = await redirecting(() => `127.0.0.1:${stable.port}`);
  canaryPort = canary.port;
  const gateway = await startGateway([routeTo(`${stable.url}${base}`, { prefix: '/web', ...route })], options);
  await gateway.setSplit(orderTo(`${stable.url}${base}`, `${canary.url}${base}`));
  const head = [`GET ${asked} HTTP/1.1`, `Host: ${HOST}`, `X-Answer: ${JSON.stringify(answer)}`, ...lines];
  const force = setting.canary ? ['X-Version: canary'] : [];
  const { headers } = await askRaw(gateway.port, [...head, ...force, '', ''].join('\r\n'));
  const names = new Set(answer.map((line) => line.slice(0, line.indexOf(':'))));
  return headers.filter(([name]) => names.has(name)).map(([name, value]) => `${name}: ${value}`);
}

describe('what an answer says of its upstream is said of the route', () => {
  it.each([
    ['the upstream itself', 'http://{own}/login?a=b#c', `http://${HOST}/web/login?a=b#c`],
    ['its root', 'http://{own}', `http://${HOST}/web/`],
    ['the other version', 'http://{other}/login', `http://${HOST}/web/login`],
    ['by the other scheme, which a proxy told it', 'https://{own}/login', `http://${HOST}/web/login`],
    ['without a scheme', '//{own}/login', `http://${HOST}/web/login`],
    ['in capitals', 'HTTP://{own}/Login', `http://${HOST}/web/Login`],
    ['a path', '/items/', '/web/items/'],
    ['a path that has the prefix already', '/web/items', '/web/items'],
    ['a path that only begins like it', '/website', '/web/website'],
    ['the root', '/', '/web/'],
    ['a path beside the request', 'c?d=e', 'c?d=e'],
    ['a path above it', '../c', '../c'],
    ['a path above the root', '../../../c', '/web/c'],
    ['a query', '?page=2', '?page=2'],
    ['somebody else', 'https://login.example.com/web', 'https://login.example.com/web'],
    ['somebody with the same name and another port', 'http://127.0.0.1:1/login', 'http://127.0.0.1:1/login'],
    ['another kind of place', 'mailto:a@example.com', 'mailto:a@example.com'],
    ['bytes beyond ASCII', '/caf\xe9', '/web/caf\xe9'],
  ])('Location: %s', async (_what, location, mapped) => {
    expect(await got([`Location: ${location}`])).toEqual([`Location: ${mapped}`]);
  });

  it('by the canary as well as by the stable', async () => {
    expect(await got(['Location: http://{own}/login'], { canary: true })).toEqual([
      `Location: http://${HOST}/web/login`,
    ]);
  });

  it('Content-Location, Refresh and Link too', async () => {
    const answer = [
      'Content-Location: http://{own}/items/7',
      'Refresh: 5; url=http://{own}/next',
      'refresh: 0;URL="/next"',
      'Refresh: 30',
      'Link: <http://{own}/items?page=2>; rel="next", </items?page=9>; rel=last; title="<a>, <b>", <https://cdn.example.com/a>; rel=x',
    ];
    expect(await got(answer)).toEqual([
      `Content-Location: http://${HOST}/web/items/7`,
      `Refresh: 5; url=http://${HOST}/web/next`,
      'refresh: 0;URL="/web/next"',
      'Refresh: 30',
      `Link: <http://${HOST}/web/items?page=2>; rel="next", </web/items?page=9>; rel=last; title="<a>, <b>", <https://cdn.example.com/a>; rel=x`,
    ]);
  });

  it('Path and Domain of cookies', async () => {
    const answer = [
      'Set-Cookie: a=/x; Path=/; HttpOnly',
      'set-cookie: b=1; path=/account ;Secure',
      'Set-Cookie: c=1; Path=/web/account',
      'Set-Cookie: d=1; Domain=127.0.0.1; Path=/account',
      'Set-Cookie: e=1; Domain=.shop.test',
      'Set-Cookie: f=1; Domain=example.com',
      'Set-Cookie: __Host-g=1; Path=/; Secure',
      'Set-Cookie: h=1',
    ];
    expect(await got(answer)).toEqual([
      'Set-Cookie: a=/x; Path=/web; HttpOnly',
      'set-cookie: b=1; path=/web/account;Secure',
      'Set-Cookie: c=1; Path=/web/account',
      'Set-Cookie: d=1; Domain=shop.test; Path=/web/account',
      'Set-Cookie: e=1; Domain=.shop.test',
      'Set-Cookie: f=1; Domain=example.com',
      'Set-Cookie: __Host-g=1; Path=/; Secure',
      'Set-Cookie: h=1',
    ]);
  });

  it('below a path of the upstream', async () => {
    const answer = [
      'Location: http://{own}/v2/login',
      'Content-Location: /v2',
      'Link: </v20/a>, </else>',
      'Refresh: 1;/v2/b?c',
    ];
    expect(await got(answer, { base: '/v2' })).toEqual([
      `Location: http://${HOST}/web/login`,
      'Content-Location: /web',
      'Link: </v20/a>, </else>',
      'Refresh: 1;/web/b?c',
    ]);
  });

  it('where the request was for the prefix alone, and a relative path means another place to the client', async () => {
    expect(await got(['Location: login'], { asked: '/web' })).toEqual(['Location: /web/login']);
  });

  it('by the scheme and the host that the client sees, which a trusted proxy tells', async () => {
    const lines = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: www.shop.test', 'X-Forwarded-Prefix: /outer/'];
    const answer = ['Location: http://{own}/login', 'Set-Cookie: a=1; Path=/; Domain=127.0.0.1'];
    expect(await got(answer, { lines, options: { trustedProxies: ['127.0.0.1'] } })).toEqual([
      'Location: https://www.shop.test/outer/web/login',
      'Set-Cookie: a=1; Path=/outer/web; Domain=www.shop.test',
    ]);
    expect(await got(answer, { lines })).toEqual([
      `Location: http://${HOST}/web/login`,
      'Set-Cookie: a=1; Path=/web; Domain=shop.test',
    ]);
  });

  it('where the upstream hears the Host of the client, and answers by it', async () => {
    const route = { hostHeader: 'preserve' } as const;
    expect(await got([`Location: http://${HOST}/items/`], { route })).toEqual([`Location: http://${HOST}/web/items/`]);
    expect(await got([`Location: http://${HOST}/items/`])).toEqual([`Location: http://${HOST}/items/`]);
  });

  it('its paths as they are where the route rewrites nothing', async () => {
    const answer = ['Location: http://{own}/web/login', 'Link: </x>', 'Set-Cookie: a=1; Path=/; Domain=127.0.0.1'];
    expect(await got(answer, { route: { rewrite: false } })).toEqual([
      `Location: http://${HOST}/web/login`,
      'Link: </x>',
      'Set-Cookie: a=1; Path=/; Domain=shop.test',
    ]);
  });

  it('nothing of it where the route says keep', async () => {
    const answer = ['Location: /login', 'Set-Cookie: a=1; Path=/'];
    expect(await got(answer, { route: { redirects: 'keep' } })).toEqual(answer);
  });

  it('in an interim answer and in a refused upgrade', async () => {
    const upstream = await using(
      rawUpstream((socket, head) => {
        const isUpgrade = /^upgrade:/im.test(head);
        socket.end(
          `${isUpgrade ? '' : 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'}` +
            'HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        );
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url, { prefix: '/web' })]);
    const connection = await openRaw(gateway.port);
    connection.write(get('/web/a'));
    expect(fieldOf((await connection.answer()).headers, 'link')).toBe('</web/a.css>; rel=preload');
    expect(fieldOf((await connection.answer()).headers, 'location')).toBe('/web/login');
    connection.close();
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAA',
    ];
    const refused = await askRaw(gateway.port, get('/web/a', ...upgrade));
    expect([refused.status, fieldOf(refused.headers, 'location')]).toEqual([302, '/web/login']);
  });
});

describe('X-Forwarded-Prefix', () => {
  it.each([
    ['what rewriting takes away', { prefix: '/web' }, [], [], ['/web']],
    ['nothing where it takes nothing', {}, [], [], []],
    ['nothing where nothing is rewritten', { prefix: '/web', rewrite: false }, [], [], []],
    ['nothing of an outsider', { prefix: '/web' }, [], ['X-Forwarded-Prefix: /evil'], ['/web']],
    [
      'what a trusted proxy took away before',
      { prefix: '/web' },
      ['127.0.0.1'],
      ['X-Forwarded-Prefix: /outer'],
      ['/outer/web'],
    ],
    ['that alone where the route takes nothing', {}, ['127.0.0.1'], ['X-Forwarded-Prefix: /outer/'], ['/outer']],
    ['nothing that is no path', { prefix: '/web' }, ['127.0.0.1'], ['X-Forwarded-Prefix: /a, /b'], ['/web']],
  ] as const)('tells the upstream %s', async (_what, route, trustedProxies, lines, told) => {
    const toy = await startToy('v1');
    const gateway = await startGateway([routeTo(toy.url, route)], { trustedProxies });
    const answer = await askRaw(gateway.port, get('/web/echo', ...lines));
    const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
    const said = rawHeaders.filter(
      (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'x-forwarded-prefix',
    );
    expect(said).toEqual(told);
  });
});
