import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenNews, TokenOutcome } from '../../../src/gateway/gateway.ts';
import { Allowance } from '../../../src/gateway/route/jwt/allowance.ts';
import { ConsumerTokens } from '../../../src/gateway/route/jwt/consumer-tokens.ts';
import { KeySet, readKeys } from '../../../src/gateway/route/jwt/key-set.ts';
import type { FetchedText } from '../../../src/gateway/upstream/fetch-text.ts';
import { noFaults } from '../../support/gateway.ts';
import { part as headOf, type Issuer, issuer, keySet, RULE } from '../../support/issuer.ts';

const START = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Tokens of a route on a clock of its own; each load is answered by hand. */
function started(kind: 'url' | 'file' = 'url') {
  let now = 0;
  const loads: ((fetched: FetchedText) => void)[] = [];
  const news: TokenNews[] = [];
  const tokens = new ConsumerTokens({
    route: 'shop',
    rule: { ...RULE, jwks: kind === 'url' ? { url: 'https://issuer.test/jwks' } : { file: 'jwks.json' } },
    load: () => new Promise((resolve) => loads.push(resolve)),
    clock: { monotonic: () => now, wall: () => START + now },
    faults: noFaults,
    onNews: (one) => news.push(one),
  });
  tokens.start();
  const pass = async (ms: number) => {
    now += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  const load = async (text: string | null) => {
    loads.at(-1)?.(text === null ? { ok: false, reason: 'could not be asked for (ECONNREFUSED)' } : { ok: true, text });
    await vi.advanceTimersByTimeAsync(0);
  };
  const waits = (token: string) => tokens.awaits(token, () => {});
  /** Whose the token of a request is, once its signature is verified, for which there are real threads. */
  const ask = async (token: string): Promise<string | null> => {
    let isOver = false;
    const isWaiting = tokens.awaits(token, () => {
      isOver = true;
    });
    if (isWaiting) await until(() => isOver);
    return tokens.clientIdOf(token);
  };
  const outcomes = () => {
    const counts = Object.entries(tokens.totals().outcomes) as [TokenOutcome, number][];
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  };
  return { tokens, ask, waits, pass, load, loads, news, outcomes, at: () => START + now };
}

async function until(isSo: () => boolean): Promise<void> {
  const from = performance.now();
  while (!isSo()) {
    if (performance.now() - from > 10_000) throw new Error('it did not become so within 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A route that has its keys. */
async function loaded(own: Issuer, ...others: readonly Issuer[]) {
  const stage = started();
  await stage.load(keySet(own, ...others));
  return stage;
}

describe('a key set of a configuration that is read again', () => {
  it('is read from its file at once, and again where a reading was under way', async () => {
    const stage = started('file');
    const [former, present] = [issuer('k1', 'ES256', stage.at), issuer('k1', 'ES256', stage.at)];
    stage.tokens.renew();
    expect(stage.loads).toHaveLength(1);
    await stage.load(keySet(former));
    expect(stage.loads).toHaveLength(2);
    await stage.load(keySet(former));
    const token = former.token();
    expect(await stage.ask(token)).toBe('acme');
    stage.tokens.renew();
    await stage.load(keySet(present));
    expect([await stage.ask(token), await stage.ask(present.token())]).toEqual([null, 'acme']);
    expect(stage.loads).toHaveLength(3);
  });

  it('is not asked for by URL', async () => {
    const stage = await loaded(issuer());
    stage.tokens.renew();
    expect(stage.loads).toHaveLength(1);
  });
});

describe('a token that was verified', () => {
  it('is known until it expires, with a minute of tolerance', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    await stage.load(keySet(own));
    const token = own.token({ exp: START / 1_000 + 100 });
    expect(await stage.ask(token)).toBe('acme');
    await stage.pass(159_000);
    expect(await stage.ask(token)).toBe('acme');
    await stage.pass(1_000);
    expect(await stage.ask(token)).toBeNull();
    expect(stage.outcomes()).toEqual({ verified: 1, cached: 1, expired: 1 });
  });

  it('ends with its key, and the tokens of keys that stay do not', async () => {
    const stage = started();
    const [first, second, third] = ['k1', 'k2', 'k3'].map((kid) => issuer(kid, 'ES256', stage.at)) as [
      Issuer,
      Issuer,
      Issuer,
    ];
    await stage.load(keySet(first, second));
    const [old, stays] = [first.token({ exp: 2e9 }), second.token({ exp: 2e9 })];
    expect([await stage.ask(old), await stage.ask(stays)]).toEqual(['acme', 'acme']);
    await stage.pass(300_000);
    await stage.load(keySet(second, third));
    expect([stage.waits(old), await stage.ask(stays)]).toEqual([true, 'acme']);
    await stage.load(keySet(second, third));
    expect(await stage.ask(old)).toBeNull();
    expect(stage.outcomes()).toMatchObject({ verified: 2, cached: 1, 'no-key': 1 });
  });

  it('ends where the issuer takes all keys back', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    await stage.load(keySet(own));
    const token = own.token({ exp: 2e9 });
    expect(await stage.ask(token)).toBe('acme');
    await stage.pass(300_000);
    await stage.load('{"keys":[]}');
    expect(stage.tokens.clientIdOf(token)).toBeNull();
    expect(stage.news).toMatchObject([{ what: 'keys-unavailable', keys: 0 }]);
  });

  it('stays while its issuer is away, for a day', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    await stage.load(keySet(own));
    const token = own.token({ exp: 2e9 });
    expect(await stage.ask(token)).toBe('acme');
    for (let hour = 0; hour < 24; hour++) {
      await stage.pass(3_600_000);
      await stage.load(null);
    }
    expect(await stage.ask(token)).toBe('acme');
    await stage.pass(3_600_000);
    await stage.load(null);
    expect(await stage.ask(token)).toBeNull();
    expect(stage.news).toMatchObject([
      { what: 'keys-unavailable', reason: 'could not be asked for (ECONNREFUSED)', keys: 1 },
    ]);
  });
});

describe('a key that is not known', () => {
  it('is awaited for a second of its load, by all who ask meanwhile, and loaded once', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    expect(stage.waits(own.token({ jti: '1' }))).toBe(true);
    await stage.pass(900);
    expect(stage.waits(own.token({ jti: '2' }))).toBe(true);
    await stage.pass(100);
    expect(stage.outcomes()).toEqual({ late: 2 });
    expect(await stage.ask(own.token({ jti: '3' }))).toBeNull();
    expect([stage.loads.length, stage.outcomes()]).toEqual([1, { late: 2, 'no-key': 1 }]);
    await stage.load(keySet(own));
    expect(await stage.ask(own.token({ jti: '3' }))).toBe('acme');
  });

  it('has the keys loaded three times at once, and then every ten seconds', async () => {
    const [own, forged] = [issuer(), issuer('k9')];
    const stage = await loaded(own);
    const rest = forged.token().split('.').slice(1).join('.');
    let kid = 0;
    for (let second = 0; second < 60; second++) {
      for (let times = 0; times < 20; times++) {
        stage.waits(`${headOf({ alg: 'ES256', kid: `n${kid++}` })}.${rest}`);
        await stage.load(keySet(own));
      }
      await stage.pass(1_000);
    }
    expect(stage.loads.length).toBeLessThanOrEqual(1 + 3 + 6);
    expect(stage.loads.length).toBeGreaterThan(6);
  });

  it('is not awaited from an issuer that failed, until a load of it succeeds', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    expect(stage.waits(own.token({ jti: '1' }))).toBe(true);
    await stage.load(null);
    expect(await stage.ask(own.token({ jti: '2' }))).toBeNull();
    expect(stage.loads).toHaveLength(2);
    await stage.load(keySet(own));
    expect(await stage.ask(own.token({ jti: '2' }))).toBe('acme');
    expect(stage.news.map(({ what }) => what)).toEqual(['keys-unavailable', 'keys-loaded']);
  });

  it('is awaited no longer when the route is declared anew', async () => {
    const stage = started();
    let goesOn = 0;
    stage.tokens.awaits(issuer().token(), () => goesOn++);
    stage.tokens.stop();
    expect([goesOn, stage.outcomes()]).toEqual([1, { late: 1 }]);
  });

  it('keeps no more than 256 requests waiting', async () => {
    const stage = started();
    const own = issuer('k1', 'ES256', stage.at);
    const asked = Array.from({ length: 300 }, (_, jti) => stage.tokens.awaits(own.token({ jti }), () => {}));
    expect(asked.filter((isWaiting) => isWaiting)).toHaveLength(256);
    expect(stage.outcomes()).toEqual({ late: 44 });
    await stage.pass(1_000);
    expect(stage.outcomes()).toEqual({ late: 300 });
  });
});

describe('forged tokens', () => {
  it('are verified within a budget, beyond which bearers are not listed, told once a minute', async () => {
    const stage = started();
    const own = issuer('k1', 'EdDSA', stage.at);
    await stage.load(keySet(own));
    const kept = own.token();
    expect(await stage.ask(kept)).toBe('acme');
    const forged = issuer('k1', 'EdDSA', stage.at);
    let jti = 0;
    const flood = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 200) {
        const asked = Array.from({ length: 200 }, () => stage.ask(forged.token({ jti: jti++ })));
        expect(new Set(await Promise.all(asked))).toEqual(new Set([null]));
      }
    };
    await flood(1_400);
    expect(stage.outcomes()).toEqual({ verified: 1, 'bad-signature': 999, 'over-budget': 401 });
    expect(await stage.ask(kept)).toBe('acme');
    // What was beyond the budget is verified when there is some again: it was not found to be forged.
    await stage.pass(1_000);
    const [late, unlucky] = [own.token({ jti: 'late' }), forged.token({ jti: jti - 1 })];
    expect([await stage.ask(late), await stage.ask(unlucky)]).toEqual(['acme', null]);
    expect(stage.outcomes()).toMatchObject({ 'bad-signature': 1_000, verified: 2 });
    await flood(400);
    expect(stage.news).toEqual([{ route: 'shop', what: 'over-budget', requests: 1 }]);
    await stage.pass(60_000);
    await flood(1_200);
    expect(stage.news).toEqual([
      { route: 'shop', what: 'over-budget', requests: 1 },
      { route: 'shop', what: 'over-budget', requests: expect.any(Number) },
    ]);
  });

  it('push nothing out that was verified', async () => {
    const stage = started();
    const own = issuer('k1', 'EdDSA', stage.at);
    await stage.load(keySet(own));
    const kept = own.token();
    expect(await stage.ask(kept)).toBe('acme');
    for (let at = 0; at < 25_000; at++) stage.tokens.awaits(`a.b.${at}`, () => {});
    expect(await stage.ask(kept)).toBe('acme');
    expect(stage.outcomes()).toEqual({ verified: 1, cached: 1, malformed: 25_000 });
  });
});

describe('a key set', () => {
  const own = issuer();
  const jwks = (...keys: unknown[]) => readKeys(JSON.stringify({ keys }));

  it.each([
    ['', 'is not JSON'],
    ['<html>', 'is not JSON'],
    ['null', 'is no JSON Web Key Set: it has no list of keys'],
    ['{"keys":{}}', 'is no JSON Web Key Set: it has no list of keys'],
    [JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) }), 'has more than 100 keys'],
  ])('%s is none', (text, reason) => {
    expect(readKeys(text)).toEqual({ ok: false, reason });
  });

  it.each([
    ['a secret', { kty: 'oct', k: 'AAAA', alg: 'HS256' }],
    ['a key for encryption', { ...own.jwk, use: 'enc' }],
    ['a key that may not verify', { ...own.jwk, key_ops: ['encrypt'] }],
    ['a private key', { ...own.jwk, d: 'AAAA' }],
    ['another algorithm', { ...own.jwk, alg: 'HS256' }],
    ['the algorithm of another curve', { ...own.jwk, alg: 'ES384' }],
    ['a kid that is no text', { ...own.jwk, kid: 7 }],
    ['a point that is on no curve', { ...own.jwk, x: 'AAAA' }],
    ['a short key', { ...generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' }) }],
    ['a number', 7],
    ['nothing', null],
  ])('is read without %s', (_what, jwk) => {
    expect(jwks(jwk, own.jwk)).toMatchObject({ ok: true, keys: [{ kid: 'k1', algs: ['ES256'] }], unusable: 1 });
  });

  it('has one key for a token without kid, or none', () => {
    const set = new KeySet();
    const [one, two] = [issuer('k1'), issuer('k2')];
    const put = (...of: Issuer[]) => {
      const read = readKeys(keySet(...of));
      if (read.ok) set.replace(read.keys);
    };
    put(one);
    const found = set.find({ alg: 'ES256', kid: null });
    expect(found?.kid).toBe('k1');
    put(two, one);
    expect([set.find({ alg: 'ES256', kid: null }), set.find({ alg: 'ES256', kid: 'k1' })]).toEqual([null, found]);
    put(one, two);
    expect([set.generation, found?.isGone]).toEqual([2, false]);
    put(two);
    expect([set.generation, found?.isGone, set.find({ alg: 'RS256', kid: 'k2' })]).toEqual([3, true, null]);
  });
});

describe('an allowance', () => {
  it('gives never more than so many at once, and one more each time', () => {
    const spans = fc.array(fc.tuple(fc.nat(5_000), fc.nat(20)), { maxLength: 50 });
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 1_000 }),
        (given, most, everyMs) => {
          let now = 0;
          const allowance = new Allowance(most, everyMs, () => now);
          let taken = 0;
          for (const [passed, tries] of given) {
            now += passed;
            const before = taken;
            for (let at = 0; at < tries; at++) if (allowance.take()) taken++;
            expect(taken - before).toBeLessThanOrEqual(most);
            expect(taken).toBeLessThanOrEqual(most + now / everyMs);
          }
        },
      ),
    );
  });
});
