import { createHash } from 'node:crypto';
import diagnostics from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import type { GatewayRoute, TokenOutcome, TokenRule } from '../../src/gateway/gateway.ts';
import { hashClientId, hashConsumerKey } from '../../src/gateway/route/consumers.ts';
import { orderTo, routeTo, SECRET, startGateway, startToy, using } from '../support/gateway.ts';
import { hmacToken, type Issuer, issuer, keySet, part, RULE } from '../support/issuer.ts';
import { askRaw, fieldOf, get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

const LISTED = new Map([[hashClientId(SECRET, 'shop', 'acme'), 'canary' as const]]);

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'serin-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'jwks.json');
  writeFileSync(file, text);
  return file;
}

/** A route on which the client `acme` is listed for the canary and everybody else gets the stable. */
async function started(jwks: TokenRule['jwks'], more: Partial<GatewayRoute> = {}, canaryBps = 0) {
  const stable = await startToy('v1');
  const canary = await startToy('v2');
  const consumerKey = { kind: 'jwt', name: 'authorization', rule: { ...RULE, jwks } } as const;
  const gateway = await startGateway([routeTo(stable.url, { consumerKey, ...more })]);
  const consumerDefault = canaryBps === 0 ? 'stable' : 'by-weight';
  await gateway.setSplit(orderTo(stable.url, canary.url, { consumerDefault, canaryBps }));
  await gateway.setConsumers('shop', LISTED, new Map([[hashClientId(SECRET, 'shop', 'acme'), 'acme']]));
  const ask = async (...lines: string[]) => {
    const answer = await askRaw(gateway.port, get('/echo', ...lines));
    const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
    const sent = rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === 'authorization');
    return { version: fieldOf(answer.headers, 'x-serin-version'), sent };
  };
  const bearer = async (token: string) => (await ask(`Authorization: Bearer ${token}`)).version;
  const outcomes = async () => {
    const [totals] = await gateway.tokens();
    return Object.fromEntries(Object.entries(totals?.outcomes ?? {}).filter(([, count]) => count > 0));
  };
  return { gateway, ask, bearer, outcomes };
}

describe('a verified token', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('of %s is its client, also the first time', async (alg) => {
    const one = issuer('k1', alg);
    const { ask, bearer, outcomes } = await started({ file: fileOf(keySet(one)) });
    const token = one.token();
    expect(await bearer(token)).toBe('v2');
    expect(await ask(`authorization: bearer ${token}`)).toEqual({ version: 'v2', sent: [`bearer ${token}`] });
    expect(await bearer(one.token({ client_id: 'another' }))).toBe('v1');
    expect((await ask()).version).toBe('v1');
    expect(await outcomes()).toEqual({ verified: 2, cached: 1 });
  });

  it('waits with a body, and nothing of the request is lost', async () => {
    const one = issuer();
    const { gateway } = await started({ file: fileOf(keySet(one)) });
    const connection = await openRaw(gateway.port);
    for (const [length, pieces] of [
      [5, ['hello']],
      [20_000, ['a'.repeat(9_000), 'b'.repeat(11_000)]],
    ] as const) {
      const head = `POST /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${length}\r\n`;
      connection.write(`${head}Authorization: Bearer ${one.token({ jti: String(length) })}\r\n\r\n`);
      for (const piece of pieces) connection.write(piece);
      const answer = await connection.answer();
      expect([answer.status, fieldOf(answer.headers, 'x-serin-version')]).toEqual([200, 'v2']);
      const bodySha256 = createHash('sha256').update(pieces.join('')).digest('hex');
      expect(JSON.parse(answer.body.toString())).toMatchObject({ bodyLength: length, bodySha256 });
    }
    connection.close();
  });

  it('is awaited on the path that its connection is on', async () => {
    const own = issuer();
    const { gateway, bearer } = await started({ file: fileOf(keySet(own)) });
    let onReference = 0;
    const count = (message: unknown): void => {
      const { server } = message as { readonly server: Server };
      if ((server.address() as AddressInfo | null)?.port === gateway.port) onReference++;
    };
    diagnostics.subscribe('http.server.request.start', count);
    onTestFinished(() => void diagnostics.unsubscribe('http.server.request.start', count));
    expect(await bearer(own.token())).toBe('v2');
    expect(onReference).toBe(inject('fastPath') === 'off' ? 1 : 0);
  });

  it('waits in a pipeline, which is answered in its order', async () => {
    const one = issuer();
    const { gateway } = await started({ file: fileOf(keySet(one)) });
    const connection = await openRaw(gateway.port);
    const asks = ['acme', 'another', 'acme'].map((client, at) =>
      get(`/echo?n=${at}`, `Authorization: Bearer ${one.token({ client_id: client, jti: String(at) })}`),
    );
    connection.write(asks.join(''));
    const versions: unknown[] = [];
    for (const _ of asks) versions.push(fieldOf((await connection.answer()).headers, 'x-serin-version'));
    expect(versions).toEqual(['v2', 'v1', 'v2']);
    connection.close();
  });

  it('opens a tunnel to the version of its client', async () => {
    const one = issuer();
    const { gateway } = await started({ file: fileOf(keySet(one)) });
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAA',
    ];
    // The toy speaks no WebSocket, and answers the handshake as a request.
    const answer = await askRaw(gateway.port, get('/echo', ...upgrade, `Authorization: Bearer ${one.token()}`));
    expect(fieldOf(answer.headers, 'x-serin-version')).toBe('v2');
  });

  it('is said once: a second line is refused on both paths', async () => {
    const one = issuer();
    const consumerKey = {
      kind: 'jwt',
      name: 'x-token',
      rule: { ...RULE, jwks: { file: fileOf(keySet(one)) } },
    } as const;
    const { gateway, ask } = await started({ file: '/none' }, { consumerKey });
    expect((await ask(`X-Token: ${one.token()}`)).version).toBe('v2');
    const twice = get('/echo', `X-Token: ${one.token()}`, `x-token: ${one.token({ client_id: 'another' })}`);
    expect((await askRaw(gateway.port, twice)).status).toBe(400);
  });

  it('is awaited by no request while nothing is rolled out', async () => {
    const one = issuer();
    const { gateway, ask, outcomes } = await started({ file: fileOf(keySet(one)) });
    await gateway.setSplit(orderTo('http://127.0.0.1:1', null, { epoch: 2 }));
    await gateway.setSplit(orderTo((await startToy('v3')).url, null, { epoch: 3 }));
    // Its key is not known, and is asked for.
    const slow = issuer('k2');
    const from = performance.now();
    expect((await ask(`Authorization: Bearer ${slow.token()}`)).version).toBe('v1');
    expect(performance.now() - from).toBeLessThan(900);
    expect((await ask(`Authorization: Bearer ${one.token()}`)).version).toBe('v1');
    await expect.poll(outcomes).toMatchObject({ verified: 1 });
  });
});

const NOW = () => Math.floor(Date.now() / 1_000);

/** Each with what it is counted as. */
const FORGED: readonly (readonly [string, TokenOutcome, (own: Issuer, other: Issuer) => string])[] = [
  ['for another audience', 'wrong-audience', (own) => own.token({ aud: 'https://other.test' })],
  ['for no audience', 'wrong-audience', (own) => own.token({ aud: [] })],
  ['of another issuer', 'wrong-issuer', (own) => own.token({ iss: 'https://issuer.test/' })],
  ['that is expired, tolerance included', 'expired', (own) => own.token({ exp: NOW() - 61 })],
  ['that never expires', 'malformed', (own) => own.token({ exp: undefined })],
  ['that expires at no time', 'malformed', (own) => own.token({ exp: 'tomorrow' })],
  ['of tomorrow', 'not-yet-valid', (own) => own.token({ nbf: NOW() + 120 })],
  ['without a client', 'no-client', (own) => own.token({ client_id: undefined })],
  ['with a list for a client', 'no-client', (own) => own.token({ client_id: ['acme'] })],
  ['with an empty client', 'no-client', (own) => own.token({ client_id: '' })],
  ['with a line end in its client', 'no-client', (own) => own.token({ client_id: 'acme\n' })],
  ['with alg none', 'malformed', (own) => `${own.token({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`],
  ['with alg none and a signature', 'malformed', (own) => own.token({}, { alg: 'none' })],
  ['with HS256 and the public key in PEM', 'malformed', (own) => hmacToken(own, {}, 'pem')],
  ['with HS256 and the public JWK', 'malformed', (own) => hmacToken(own, {}, 'jwk')],
  ['of another key with the same kid', 'bad-signature', (_own, other) => other.token()],
  ['with the algorithm of another key', 'no-key', (own) => own.token({}, { alg: 'RS256' })],
  ['with a kid that nobody has', 'no-key', (own) => own.token({}, { kid: 'k9' })],
  ['with a kid that is no text', 'malformed', (own) => own.token({}, { kid: 1 })],
  ['with a key of its own in its head', 'bad-signature', (_own, other) => other.token({}, { jwk: other.jwk })],
  ['with an extension that must be understood', 'malformed', (own) => own.token({}, { crit: ['x'], x: 1 })],
  ['whose payload is not encoded', 'malformed', (own) => own.token({}, { crit: ['b64'], b64: false })],
  [
    'with the claims of another token',
    'bad-signature',
    (own) => {
      const [head = '', , signature = ''] = own.token({ client_id: 'another' }).split('.');
      const claims = part({ iss: RULE.issuer, aud: RULE.audience[0], client_id: 'acme', exp: NOW() + 600 });
      return [head, claims, signature].join('.');
    },
  ],
  [
    'with the signature of another token',
    'bad-signature',
    (own) => {
      const [head = '', claims = ''] = own.token().split('.');
      return [head, claims, own.token({ client_id: 'another' }).split('.')[2]].join('.');
    },
  ],
  ['with a bit more', 'malformed', (own) => `${own.token()}.`],
  ['above 8 KiB', 'malformed', (own) => own.token({ more: 'x'.repeat(8_000) })],
  ['that is the client id itself', 'malformed', () => 'acme'],
];

describe('a token that is not verified', () => {
  it.each(FORGED)("%s is nobody's, counts as %s, and passes as it came", async (_what, outcome, make) => {
    const own = issuer();
    const { ask, outcomes } = await started({ file: fileOf(keySet(own)) });
    const line = `Bearer ${make(own, issuer())}`;
    for (let time = 0; time < 2; time++) {
      expect(await ask(`Authorization: ${line}`)).toEqual({ version: 'v1', sent: [line] });
    }
    const counts = await outcomes();
    expect(counts[outcome]).toBeGreaterThanOrEqual(1);
    expect(Object.keys(counts).filter((one) => one !== outcome && one !== 'refused-before')).toEqual([]);
  });

  it('is no sticky key: the client is drawn as one without a key', async () => {
    const own = issuer();
    const { bearer } = await started({ file: fileOf(keySet(own)) }, { sticky: { kind: 'consumer' } }, 5_000);
    const times = <T>(make: () => T) => Array.from({ length: 30 }, make);
    const forged = issuer().token();
    const drawn = await Promise.all(times(() => bearer(forged)));
    expect(new Set(drawn)).toEqual(new Set(['v1', 'v2']));
    const token = own.token({ client_id: 'another' });
    expect(new Set(await Promise.all(times(() => bearer(token)))).size).toBe(1);
  });

  it("is not listed, and a key of that hash is nobody's either", async () => {
    const own = issuer();
    const { gateway, bearer } = await started({ file: fileOf(keySet(own)) });
    await gateway.setConsumers('shop', new Map([[hashConsumerKey(SECRET, 'shop', 'acme'), 'canary']]));
    expect(await bearer(own.token())).toBe('v1');
  });
});

describe('an issuer that is silent', () => {
  it('delays the first requests by a second at most, and then nobody', { timeout: 10_000 }, async () => {
    const held: ServerResponse[] = [];
    const slow = await using(httpUpstream((_incoming, outgoing) => void held.push(outgoing)));
    const own = issuer();
    const { gateway, bearer, outcomes } = await started({ url: `${slow.url}/jwks` });
    const timed = async (token: string) => {
      const from = performance.now();
      expect(await bearer(token)).toBe('v1');
      return performance.now() - from;
    };
    const leaving = await openRaw(gateway.port);
    leaving.write(get('/echo', `Authorization: Bearer ${own.token({ jti: 'leaves' })}`));
    const first = await Promise.all([timed(own.token({ jti: '1' })), timed(own.token({ jti: '2' }))]);
    leaving.close();
    expect(Math.max(...first)).toBeLessThan(2_000);
    const later = await Promise.all(['1', '2', '3'].map((jti) => timed(own.token({ jti }))));
    expect(Math.max(...later)).toBeLessThan(500);
    expect(held).toHaveLength(1);
    expect(await outcomes()).toMatchObject({ late: 3, 'no-key': 3 });
    // It answers after all: from now on its tokens count, those that were refused as well.
    held[0]?.end(keySet(own));
    await expect.poll(() => bearer(own.token({ jti: '1' })), { timeout: 3_000 }).toBe('v2');
  });

  it('has no request sent for a client that left while it waited', async () => {
    const held: ServerResponse[] = [];
    const slow = await using(httpUpstream((_incoming, outgoing) => void held.push(outgoing)));
    const own = issuer();
    const { gateway } = await started({ url: `${slow.url}/jwks` });
    const connection = await openRaw(gateway.port);
    connection.write(get('/echo', `Authorization: Bearer ${own.token()}`));
    await expect.poll(() => held.length).toBe(1);
    connection.socket.resetAndDestroy();
    await connection.ending;
    held[0]?.end(keySet(own));
    await expect.poll(async () => (await gateway.tokens())[0]?.keys).toBe(1);
    const requests = (await gateway.totals()).flatMap(({ outcomes }) => Object.values(outcomes));
    expect(requests.reduce((sum, count) => sum + count, 0)).toBe(0);
  });
});
