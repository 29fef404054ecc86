import { createHmac, type KeyObject, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { Echo, ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { callerOf, toy } from '../support/cast.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { part } from '../support/issuer.ts';
import { type OidcIssuer, oidcKey, startOidcIssuer } from '../support/oidc-issuer.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: by-list }
spec:
  internal: { requests: 0 }
  consumers: { default: stable }
  steps:
    - { consumers: listed, dwell: 1h }
  judge: { block: 1s, warmUp: 0s }
`;
const AUDIENCE = 'https://api.test';
const [FIRST, SECOND, THIRD, FOURTH] = [oidcKey('k1'), oidcKey('k2'), oidcKey('k3'), oidcKey('k4')];

let toys: readonly ToyUpstream[];
let issuer: OidcIssuer;
let home: Home;
let server: ServerProcess;
const sentTokens: string[] = [];

const run = (...args: string[]) =>
  serinHere(args, { env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: home.token(), ACME_KEY: 'k-acme' } });

/** The version that answers, and how long it took; the token has to come to it as it was sent. */
async function ask(token: string): Promise<{ readonly version: string | null; readonly ms: number }> {
  sentTokens.push(token);
  const from = performance.now();
  const response = await fetchOnce(`${server.gatewayUrl}/shop/echo`, { authorization: `Bearer ${token}` });
  const { rawHeaders } = (await response.json()) as Echo;
  expect(rawHeaders).toContain(`Bearer ${token}`);
  return { version: response.headers.get('x-serin-version'), ms: performance.now() - from };
}

const versionOf = async (token: string) => (await ask(token)).version;
const tokenOf = (client: string, audience = AUDIENCE) => issuer.token(client, audience);

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

function signed(head: object, claims: object, key: KeyObject): string {
  const text = `${part(head)}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

beforeAll(async () => {
  toys = await Promise.all([toy('v1'), toy('v2')]);
  issuer = await startOidcIssuer(['acme-web', 'another'], FIRST);
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [by-list.yaml]
routes:
  - name: shop
    path: /shop
    stable: { url: "${toys[0]?.url}", version: v1 }
    policy: by-list
    consumerKey: { jwt: { jwks: "${issuer.url}/jwks", issuer: "${issuer.url}", audience: "${AUDIENCE}" } }
`);
  home.write('by-list.yaml', POLICY);
  server = await startServerProcess(home);
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  for (const one of toys) await one.close();
  await issuer.close();
  home.remove();
});

describe('consumers by the tokens of a real provider', { shuffle: false }, () => {
  it('are listed by client id, and by no key', async () => {
    const add = ['consumers', 'add', 'shop', 'acme', '--to', 'canary', '--reason', 'they are ready'];
    const byKey = await run(...add, '--key-env', 'ACME_KEY');
    expect([byKey.code, byKey.stderr]).toEqual([2, expect.stringMatching(/by their client ids.*--client-id/)]);
    expect(await run(...add, '--client-id', 'acme-web')).toMatchObject({ code: 0 });
    const { stdout } = await serin(['doctor', '--config', home.configFile]);
    expect(stdout).toMatch(/ok +consumers +route shop: the key set at \S+\/jwks has 1 key to verify tokens with/);
  });

  it('get the version of their client, also the first time', async () => {
    const caller = callerOf(() => ({ url: server.controlUrl, token: home.token() }));
    const body = { route: 'shop', canaryUrl: toys[1]?.url, version: 'v2', reason: 'ready' };
    const { id } = await caller.post<RolloutView>('/api/v1/rollouts', body);
    await expect.poll(async () => (await caller.rollout(id))?.stage, { timeout: 30_000 }).toBe('step-1');
    await expect.poll(async () => versionOf(await tokenOf('acme-web')), { timeout: 10_000 }).toBe('v2');
    const token = await tokenOf('acme-web');
    expect([await versionOf(token), await versionOf(token)]).toEqual(['v2', 'v2']);
    expect(await versionOf(await tokenOf('another'))).toBe('v1');
  });

  it("and nobody else's by a token that is for others, expired, forged or swapped", async () => {
    const own = await tokenOf('acme-web');
    const [, claimed = '', signature = ''] = own.split('.');
    const claims = claimsOf(own);
    const head = { alg: 'RS256', kid: 'k1', typ: 'at+jwt' };
    const [, others = '', othersSignature = ''] = (await tokenOf('another')).split('.');
    const pem = FIRST.publicKey.export({ type: 'spki', format: 'pem' });
    const withHmac = `${part({ alg: 'HS256', kid: 'k1' })}.${claimed}`;
    const past = Math.floor(Date.now() / 1_000) - 3_600;
    const tokens = {
      'for another audience': await tokenOf('acme-web', 'https://other.test'),
      expired: signed(head, { ...claims, exp: past }, FIRST.privateKey),
      'of another issuer': signed(head, { ...claims, iss: 'https://login.test' }, FIRST.privateKey),
      'signed by somebody else': signed(head, claims, SECOND.privateKey),
      'alg none': `${part({ alg: 'none' })}.${claimed}.`,
      'HS256 with the public key': `${withHmac}.${createHmac('sha256', pem).update(withHmac).digest('base64url')}`,
      'with the signature of another': [own.split('.')[0], claimed, othersSignature].join('.'),
      'with the claims of another': [own.split('.')[0], others, signature].join('.'),
      'the client id itself': 'acme-web',
    };
    const versions = Object.entries(tokens).map(async ([what, token]) => [what, await versionOf(token)] as const);
    const found = Object.fromEntries(await Promise.all(versions));
    expect(found).toEqual(Object.fromEntries(Object.keys(tokens).map((what) => [what, 'v1'])));
    // The same, were it valid, would be the canary's.
    expect(await versionOf(signed(head, { ...claims, exp: past + 7_200 }, FIRST.privateKey))).toBe('v2');
  });

  it('go on when the keys rotate: the new key is fetched, and what the old one signed ends', async () => {
    const old = await tokenOf('acme-web');
    expect(await versionOf(old)).toBe('v2');
    issuer.rotate(SECOND);
    expect(await versionOf(await tokenOf('acme-web'))).toBe('v2');
    expect(await versionOf(old)).toBe('v1');
  });

  it('wait a second for a provider that is slow, once', async () => {
    const known = await tokenOf('acme-web');
    issuer.rotate(THIRD, SECOND);
    issuer.mood = { slowMs: 2_000 };
    const before = issuer.keySetRequests;
    const token = await tokenOf('acme-web');
    const first = await ask(token);
    expect([first.version, first.ms > 900, first.ms < 2_000]).toEqual(['v1', true, true]);
    const later = await Promise.all([ask(token), ask(await tokenOf('another')), ask(known)]);
    expect(later.map(({ version }) => version)).toEqual(['v1', 'v1', 'v2']);
    expect(Math.max(...later.map(({ ms }) => ms))).toBeLessThan(900);
    await expect.poll(() => versionOf(token), { timeout: 5_000 }).toBe('v2');
    expect(issuer.keySetRequests).toBe(before + 1);
  });

  it('do not notice a provider that is down, unless their key is new', async () => {
    const [cached, known] = [await tokenOf('acme-web'), await tokenOf('acme-web')];
    expect(await versionOf(cached)).toBe('v2');
    issuer.mood = 'down';
    issuer.rotate(FOURTH);
    const asked: Awaited<ReturnType<typeof ask>>[] = [];
    // Keys that are not known have the key set asked for three times, and then every ten seconds.
    const isTold = async (): Promise<boolean> => {
      asked.push(await ask(await tokenOf('acme-web')));
      return server.output().includes('"msg":"consumerKeysUnavailable"');
    };
    await expect.poll(isTold, { timeout: 20_000, interval: 250 }).toBe(true);
    asked.push(await ask(await tokenOf('acme-web')));
    expect(new Set(asked.map(({ version }) => version))).toEqual(new Set(['v1']));
    expect(Math.max(...asked.map(({ ms }) => ms))).toBeLessThan(900);
    expect([await versionOf(cached), await versionOf(known)]).toEqual(['v2', 'v2']);
  });

  it('are counted by what became of their tokens, of which nothing is logged', async () => {
    const text = await (await fetch(`${server.controlUrl}/metrics`)).text();
    const counts = [
      ...text.matchAll(/serin_consumer_tokens_total\{http_route="shop",outcome="([\w-]+)"\} ([1-9]\d*)/g),
    ];
    const outcomes = ['verified', 'cached', 'malformed', 'bad-signature', 'wrong-issuer', 'wrong-audience', 'expired'];
    expect(counts.map(([, outcome]) => outcome)).toEqual(expect.arrayContaining([...outcomes, 'no-key', 'late']));
    expect(text).toMatch(/serin_consumer_keys\{http_route="shop"\} 2/);
    const parts = sentTokens.flatMap((token) => token.split('.')).filter((one) => one.length > 20);
    expect(parts.filter((one) => server.output().includes(one) || text.includes(one))).toEqual([]);
  });
});
