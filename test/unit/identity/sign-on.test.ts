import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { SignOn } from '../../../src/identity/oidc/sign-on.ts';
import { Problem } from '../../../src/problem/problem.ts';
import { providerFetch } from '../../../src/server/sign-on/provider-fetch.ts';
import { hmacToken, type Issuer, issuer, part, RULE } from '../../support/issuer.ts';
import { SIGN_ON, scriptedSignOn } from '../../support/scripted-provider.ts';

const ADA = { sub: 'u-1', email: 'ada@example.com', groups: ['everybody', 'team'] };
let open: SignOn | undefined;

function start(by: Issuer, settings = SIGN_ON) {
  const started = scriptedSignOn(by, settings);
  open = started.signOn;
  return started;
}

afterEach(() => open?.stop());

/** The outcome in one text: the name and role, the refusal, or the code and sentence of the problem. */
async function told(signOn: SignOn, token: string): Promise<string> {
  try {
    const outcome = await signOn.authenticate(token);
    return 'refused' in outcome ? `refused: ${outcome.refused}` : `${outcome.name} ${outcome.role}`;
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a token of the provider', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('lets somebody in, signed with %s', async (alg) => {
    const by = issuer('k1', alg);
    const { signOn } = start(by);
    const token = by.token(ADA);
    expect(signOn.isToken(token)).toBe(true);
    expect(await signOn.authenticate(token)).toMatchObject({
      name: 'ada@example.com',
      role: 'operator',
      subject: `${RULE.issuer}#u-1`,
    });
  });

  it('lets nobody in that is expired, forged, or for somebody else', async () => {
    const by = issuer('k1', 'RS256');
    const { signOn } = start(by);
    const past = Math.floor(Date.now() / 1_000) - 90;
    const [head = '', claims = '', signature = ''] = by.token(ADA).split('.');
    const others = issuer('k1', 'RS256').token({ ...ADA, groups: ['admins'] });
    const jku = {
      jku: 'https://evil.test/jwks',
      jwk: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
    };
    const cases: Readonly<Record<string, readonly [string, RegExp]>> = {
      expired: [by.token({ ...ADA, exp: past }), /^unauthenticated: .* has expired: sign in again$/],
      'not valid yet': [by.token({ ...ADA, nbf: past + 200 }), /^unauthenticated: .* not valid yet/],
      'without an end': [by.token({ ...ADA, exp: undefined }), /^refused: /],
      'for another audience': [
        by.token({ ...ADA, aud: 'https://other.test' }),
        /^refused: .*for somebody else.*audience/,
      ],
      'of another issuer': [by.token({ ...ADA, iss: 'https://login.test' }), /^refused: .*another issuer/],
      'signed by somebody else': [others, /^refused: .*forged or broken/],
      'with the claims of another': [`${head}.${others.split('.')[1]}.${signature}`, /^refused: .*forged or broken/],
      'alg none': [`${part({ alg: 'none' })}.${claims}.`, /^refused: .*not one that an OpenID provider signs/],
      'HS256 with the public key': [hmacToken(by, ADA, 'pem'), /^refused: .*not one that/],
      'with a key of its own': [
        by.token(ADA, { ...jku, kid: 'k9' }),
        /^refused: .*a key that the OpenID provider does not have/,
      ],
    };
    for (const [what, [token, expected]] of Object.entries(cases)) {
      expect(signOn.isToken(token), what).toBe(true);
      expect(await told(signOn, token), what).toMatch(expected);
    }
    expect(await told(signOn, by.token({ ...ADA, exp: past + 40 }))).toBe('ada@example.com operator');
  });

  it("is no token of Serin's own, and the other way round", () => {
    const { signOn } = start(issuer());
    const own = ['serin_'.padEnd(49, 'a'), `serin_logs_eyJhIjoxfQ.${'a'.repeat(43)}`, 'eyJ', 'a.b.c'];
    expect(own.map((token) => signOn.isToken(token))).toEqual([false, false, false, false]);
    signOn.configure(undefined);
    expect(signOn.isToken(issuer().token(ADA))).toBe(false);
  });
});

describe('whom a token names', () => {
  const by = issuer();
  const named = (claims: object, settings: object = {}) =>
    told(start(by, { ...SIGN_ON, ...settings }).signOn, by.token(claims)).finally(() => open?.stop());
  const admins = { groups: ['admins'] };

  it.each([
    [{ sub: 'u', ...admins }, 'u admin'],
    [{ sub: 'u', preferred_username: 'ada', ...admins }, 'ada admin'],
    [{ sub: 'u', preferred_username: 'ada', email: 'ada@test', email_verified: false, ...admins }, 'ada admin'],
    [{ sub: 'u', email: 'a\u202eda', groups: 'admins' }, 'u admin'],
    [{ sub: 'u', groups: ['nothing', 'everybody', 7, null] }, 'u viewer'],
  ])('%j is %s', async (claims, expected) => {
    expect(await named(claims)).toBe(expected);
  });

  it('by a claim that serin.yaml names, at a path or with dots in its name', async () => {
    const deep = { claim: 'realm_access.roles', map: SIGN_ON.roles.map };
    const nested = { sub: 'u', upn: 'Ada L', realm_access: { roles: ['team'] } };
    expect(await named(nested, { name: 'upn', roles: deep })).toBe('Ada L operator');
    const flat = { claim: 'https://example.com/roles', map: SIGN_ON.roles.map };
    expect(await named({ sub: 'u', 'https://example.com/roles': ['team'] }, { roles: flat })).toBe('u operator');
    expect(await named({ sub: 'u' }, { name: 'upn' })).toMatch(/^forbidden: the claim upn of the token is no name/);
  });

  it('has no entry without a mapped role: which claim was looked at is said, and nothing that it holds', async () => {
    expect(await named({ sub: 'u' })).toMatch(/^forbidden: the token of u has no claim groups, .*control\.oidc\.roles/);
    const others = await named({ sub: 'u', groups: ['payroll', 'constructor', '__proto__'] });
    expect(others).toMatch(/^forbidden: nothing that the claim groups of u says has a role here/);
    expect(others).not.toContain('payroll');
    expect(await named({ sub: '', ...admins })).toMatch(/^forbidden: .*sub must be a text/);
  });
});

describe('a provider', () => {
  it('that rotates its keys: the new one is fetched, and what the old one signed ends', async () => {
    const [first, second] = [issuer('k1'), issuer('k2')];
    const { signOn, mood } = start(first);
    const old = first.token(ADA);
    expect(await told(signOn, old)).toBe('ada@example.com operator');
    mood.keys = [second];
    expect(await told(signOn, second.token(ADA))).toBe('ada@example.com operator');
    expect(await told(signOn, old)).toMatch(/^refused: .*does not have/);
  });

  it('that is down is no reason to refuse: known keys go on, and of others it is said that nobody can tell', async () => {
    const [first, second] = [issuer('k1'), issuer('k2')];
    const { signOn, mood } = start(first);
    expect(await told(signOn, first.token(ADA))).toBe('ada@example.com operator');
    mood.answers = 'down';
    expect(await told(signOn, second.token(ADA))).toMatch(/^unavailable: .*its key is not known.*ECONNREFUSED/);
    expect(await told(signOn, first.token(ADA))).toBe('ada@example.com operator');
  });

  it('that is slow keeps a request two seconds at most, and only those whose key is not known', async () => {
    const [first, second] = [issuer('k1'), issuer('k2')];
    const { signOn, mood } = start(first);
    await told(signOn, first.token(ADA));
    mood.answers = 'never';
    const from = performance.now();
    const waits = Promise.all([told(signOn, second.token(ADA)), told(signOn, second.token({ ...ADA, sub: 'u-2' }))]);
    expect(await told(signOn, first.token(ADA))).toBe('ada@example.com operator');
    expect(performance.now() - from).toBeLessThan(1_000);
    for (const one of await waits) expect(one).toMatch(/^unavailable: .*does not answer within 2 s$/);
    expect(performance.now() - from).toBeLessThan(4_000);
  });

  it('is asked three times at once by keys that are not known, and then seldom', async () => {
    const { signOn, mood } = start(issuer('k1'));
    await told(signOn, issuer('k1').token(ADA));
    const before = mood.asked.length;
    const answers: string[] = [];
    for (let at = 0; at < 20; at++) answers.push(await told(signOn, issuer(`x${at}`, 'EdDSA').token(ADA)));
    expect(mood.asked.length - before).toBe(3);
    expect(answers.at(0)).toMatch(/^refused: .*does not have/);
    expect(answers.at(-1)).toMatch(/^unavailable: .*asked for its keys a moment ago/);
  });

  it.each([
    [{ issuer: `${RULE.issuer}/` }, /names another issuer than control\.oidc\.issuer/],
    [{ jwks_uri: 'http://keys.test' }, /no https URL as its jwks_uri/],
    [{ token_endpoint: undefined }, /no https URL as its token_endpoint/],
  ])('is believed only where its discovery document is right: %j', async (discovery, reason) => {
    const by = issuer();
    const { signOn, mood } = scriptedSignOn(by);
    open = signOn;
    mood.discovery = discovery;
    signOn.configure({ ...SIGN_ON, audience: ['https://api.test', 'another'] });
    expect(await told(signOn, by.token(ADA))).toMatch(reason);
  });

  it('stays known when only the roles change, which count at once', async () => {
    const by = issuer();
    const { signOn, mood } = start(by);
    expect(await told(signOn, by.token(ADA))).toBe('ada@example.com operator');
    const asked = mood.asked.length;
    signOn.configure({ ...SIGN_ON, roles: { claim: 'groups', map: { team: 'admin' } } });
    expect(await told(signOn, by.token(ADA))).toBe('ada@example.com admin');
    signOn.configure({ ...SIGN_ON, roles: { claim: 'groups', map: { others: 'admin' } } });
    expect(await told(signOn, by.token(ADA))).toMatch(/^forbidden/);
    expect(mood.asked.length).toBe(asked);
  });
});

it('the token and user info endpoints are asked at no metadata address, by name or by number', async () => {
  const ask = providerFetch(null);
  const options = { body: null, headers: {}, method: 'GET', redirect: 'manual' } as const;
  for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '2852039166', '[fe80::1]']) {
    await expect(ask(`https://${host}/token`, options)).rejects.toMatchObject({ code: 'ERR_FORBIDDEN_ADDRESS' });
  }
});
