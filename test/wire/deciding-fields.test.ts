import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayRoute } from '../../src/gateway/gateway.ts';
import { hashClientId, hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import { forceToken } from '../../src/gateway/route/force-guard.ts';
import { orderTo, routeTo, SECRET, startGateway, startToy, using } from '../support/gateway.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const KEY = { kind: 'header', name: 'x-api-key' } as const;

/** A route on which `acme` is listed for the canary, and what the upstream sees of a request to it. */
async function started(route: Partial<GatewayRoute> = {}, trustedProxies: readonly string[] = []) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const gateway = await startGateway([routeTo(stable.url, { consumerKey: KEY, ...route })], { trustedProxies });
  await gateway.setSplit(orderTo(stable.url, canary.url, { consumerDefault: 'stable' }));
  await gateway.setConsumers('shop', new Map([[hashConsumerKey(SECRET, 'shop', 'acme'), 'canary']]));
  const ask = async (target: string, ...lines: string[]) => {
    const answer = await askRaw(gateway.port, get(target, ...lines));
    const echo = answer.status === 200 ? (JSON.parse(answer.body.toString()) as Echo) : null;
    const seen = (name: string) =>
      echo?.rawHeaders.filter((_, at) => at % 2 === 1 && echo.rawHeaders[at - 1]?.toLowerCase() === name) ?? null;
    return { answer, version: fieldOf(answer.headers, 'x-serin-version'), seen };
  };
  const counted = async () =>
    (await gateway.totals()).flatMap(({ outcomes }) => Object.values(outcomes)).reduce((a, b) => a + b, 0);
  return { gateway, ask, counted };
}

describe('a force token', () => {
  it.each(['X-Serin-Force-Token', 'x-serin-force-token', 'X_Serin_Force_Token'])(
    'counts, and reaches no upstream, which could use it: %s',
    async (name) => {
      const { ask } = await started({ forceRule: { from: [], tokens: 'accepted' } });
      const token = forceToken(SECRET, 'shop', Math.floor(Date.now() / 1_000) + 600);
      const { answer, version } = await ask('/echo', `${name}: ${token}`, 'X-Version: canary');
      expect([answer.status, version]).toEqual([200, name.includes('_') ? 'v1' : 'v2']);
      expect(answer.body.toString()).not.toContain(token);
    },
  );

  it('does not pass as a trailer either', async () => {
    const { gateway } = await started({ forceRule: { from: [], tokens: 'accepted' } });
    const connection = await openRaw(gateway.port);
    connection.write(
      'POST /echo HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Serin-Force-Token\r\n\r\n' +
        '1\r\na\r\n0\r\nX-Serin-Force-Token: 1.secret\r\n\r\n',
    );
    const answer = await connection.answer();
    connection.close();
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.not.stringContaining('1.secret')]);
  });
});

describe('what chose the version reaches the upstream', () => {
  it.each([
    ['the key of the consumer', 'x-api-key', 'X-Api-Key: acme'],
    ['the sticky header', 'x-user', 'X-User: u7'],
    ['the force header', 'x-version', 'X-Version: stable'],
    ['the authorization', 'authorization', 'Authorization: Bearer acme'],
    ['the cookie', 'cookie', 'Cookie: serin=1'],
    ['the origin', 'origin', 'Origin: http://evil.test'],
    ['the precondition', 'if-match', 'If-Match: "1"'],
  ])('although Connection nominates it: %s', async (_what, name, line) => {
    const { ask } = await started({ sticky: { kind: 'header', name: 'x-user' } });
    const { seen } = await ask('/echo', line, `Connection: close, ${name.toUpperCase()}, x-else`, 'X-Else: 1');
    expect([seen(name), seen('x-else')]).toEqual([[line.slice(line.indexOf(':') + 2)], []]);
  });

  it('and nothing passes for it: X_Api_Key is X-Api-Key to CGI and its heirs', async () => {
    const { ask } = await started();
    const { seen, version } = await ask('/echo', 'X-Api-Key: acme', 'X_Api_Key: other', 'X_Else: 1');
    expect([version, seen('x-api-key'), seen('x_api_key'), seen('x_else')]).toEqual(['v2', ['acme'], [], ['1']]);
  });
});

describe('a consumer that a proxy names', () => {
  const ID = { kind: 'header', name: 'x-client-id', from: 'trustedProxies' } as const;
  const LISTED = new Map([[hashClientId(SECRET, 'shop', 'acme'), 'canary' as const]]);

  it('is the one whom a trusted proxy names', async () => {
    const { gateway, ask } = await started({ consumerKey: ID }, ['127.0.0.1']);
    await gateway.setConsumers('shop', LISTED);
    expect((await ask('/echo', 'X-Client-Id: acme')).version).toBe('v2');
    expect((await ask('/echo', 'X-Client-Id: another')).version).toBe('v1');
    expect((await ask('/echo', 'X-Client-Id: acme', 'X-Client-Id: acme')).answer.status).toBe(400);
  });

  it('is nobody where anybody else names it, and the field passes as it came', async () => {
    const { gateway, ask } = await started({ consumerKey: ID }, ['10.0.0.0/8']);
    await gateway.setConsumers('shop', LISTED);
    const { version, seen } = await ask('/echo', 'X-Client-Id: acme', 'X-Forwarded-For: 10.0.0.1');
    expect([version, seen('x-client-id')]).toEqual(['v1', ['acme']]);
  });
});

describe('a key whose name has an underscore', () => {
  it('is not disguised by a hyphen either', async () => {
    const { ask } = await started({ consumerKey: { kind: 'header', name: 'x_api_key' } });
    const { seen, version } = await ask('/echo', 'X-Api-Key: other', 'X_Api_Key: acme');
    expect([version, seen('x-api-key'), seen('x_api_key')]).toEqual(['v2', [], ['acme']]);
  });
});

describe('what comes too late to choose', () => {
  it('does not pass as a trailer: some servers put those among the headers', async () => {
    const upstream = await using(
      httpUpstream((incoming, outgoing) => {
        incoming.resume().once('end', () => outgoing.end(JSON.stringify(incoming.rawTrailers)));
      }),
    );
    const gateway = await startGateway([routeTo(upstream.url, { consumerKey: KEY })]);
    const answer = await askRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: shop.test\r\nX-Api-Key: acme\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '1\r\na\r\n0\r\nX-Api-Key: other\r\nX_Api_Key: other\r\nX-Version: canary\r\nX-Sum: 1\r\n\r\n',
    );
    expect(JSON.parse(answer.body.toString())).toEqual(['X-Sum', '1']);
  });
});

describe('what chooses the version is said once', () => {
  it.each([
    [
      'two Authorization lines',
      {},
      '/echo',
      ['Authorization: Bearer acme', 'Authorization: Bearer other'],
      /one Authorization/,
    ],
    ['two that agree', {}, '/echo', ['authorization: a', 'AUTHORIZATION: a'], /one Authorization/],
    ['two keys of consumers', {}, '/echo', ['X-Api-Key: acme', 'x-api-key: other'], /one x-api-key header/],
    ['two force headers', {}, '/echo', ['X-Version: stable', 'X-Version: canary'], /one x-version header/],
    [
      'two sticky headers',
      { sticky: { kind: 'header', name: 'x-user' } },
      '/echo',
      ['X-User: 1', 'X-User: 2'],
      /one x-user header/,
    ],
    [
      'two force tokens',
      { forceRule: { from: [], tokens: 'accepted' } },
      '/echo',
      ['X-Serin-Force-Token: 1.a', 'X-Serin-Force-Token: 2.b'],
      /one x-serin-force-token header/,
    ],
    [
      'two keys in the query',
      { consumerKey: { kind: 'query', name: 'key' } },
      '/echo?key=acme&a=b&%6bey=other',
      [],
      /one key, by/,
    ],
  ] as const)('%s are refused, and counted for no version', async (_what, route, target, lines, detail) => {
    const { ask, counted } = await started(route);
    const { answer } = await ask(target, ...lines);
    expect([answer.status, String(answer.body)]).toEqual([400, expect.stringMatching(detail)]);
    expect([fieldOf(answer.headers, 'connection'), await counted()]).toEqual(['close', 0]);
  });

  it('in an upgrade too', async () => {
    const { ask, counted } = await started();
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAA',
    ];
    const { answer } = await ask('/', ...upgrade, 'X-Api-Key: acme', 'X-Api-Key: other');
    expect([answer.status, await counted()]).toEqual([400, 0]);
  });

  it('on the route that chooses by it, and on no other', async () => {
    const { ask } = await started({ consumerKey: null });
    expect((await ask('/echo', 'X-Api-Key: a', 'X-Api-Key: b')).seen('x-api-key')).toEqual(['a', 'b']);
  });

  it('cookies apart: of several lines and values the first that Serin signed is the one', async () => {
    const { ask } = await started({ sticky: { kind: 'cookie', name: 'serin' } });
    const cookie = (fieldOf((await ask('/echo')).answer.headers, 'set-cookie') ?? '').split(';')[0] ?? '';
    const { answer, seen } = await ask('/echo', 'Cookie: serin=forged', `Cookie: a=1; ${cookie}`);
    expect(fieldOf(answer.headers, 'set-cookie')).toBeNull();
    expect(seen('cookie')).toEqual(['serin=forged', `a=1; ${cookie}`]);
  });
});
