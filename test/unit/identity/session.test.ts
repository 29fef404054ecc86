import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sessionControl } from '../../../src/identity/session.ts';
import { hashOf, newToken } from '../../../src/identity/tokens.ts';
import { VerifiedTokens } from '../../../src/identity/verified-tokens.ts';
import type { TokenRecord } from '../../../src/store/store.ts';

const NOON = Date.parse('2026-12-01T12:00:00.400Z');
const COOKIE = 'serin-7780';
const SECRET = Buffer.alloc(32, 1);
const ID = '019ac000-0000-7000-8000-000000000001';

/** Sessions of one token, `ada`'s. */
function bench(secret: Uint8Array = SECRET, token = newToken('operator'), limits: Partial<TokenRecord> = {}) {
  const world = { now: NOON, revoked: false, limits };
  const verified = new VerifiedTokens({
    tokens: {
      async find(by) {
        if ('hash' in by ? by.hash !== hashOf(token) : by.id !== ID) return null;
        const revokedAt = world.revoked ? NOON : null;
        const never = { scope: null, expiresAt: null, lastUsedAt: null };
        return {
          id: ID,
          name: 'ada',
          role: 'operator',
          sender: null,
          createdAt: 0,
          ...never,
          ...world.limits,
          revokedAt,
        };
      },
    },
    orRemembered: (work) => work(),
    uses: { used: () => {} },
    now: () => world.now,
  });
  return { world, token, sessions: sessionControl({ secret, verified, now: () => world.now }) };
}

async function opened() {
  const { world, token, sessions } = bench();
  const session = await sessions.open(token, COOKIE);
  if (session === null) throw new Error('the token opened no session');
  return { world, token, sessions, ...session, until: Date.parse('2026-12-02T00:00:00.000Z') };
}

describe('a session', () => {
  it('is of the bearer of its token, for twelve hours', async () => {
    const { world, sessions, value, actor, lastsMs, until } = await opened();
    expect(lastsMs).toBe(43_200_000);
    // Whoever opened it by a token is that token's bearer, and nobody else.
    expect(actor).toMatchObject({ name: 'ada', role: 'operator', subject: `token:${value.slice(0, 36)}` });
    expect(await sessions.read(value, COOKIE)).toEqual({ actor, until });
    world.now = until - 1;
    expect(await sessions.read(value, COOKIE)).toEqual({ actor, until });
    world.now = until;
    expect(await sessions.read(value, COOKIE)).toBeNull();
  });

  it('ends with its token', async () => {
    const { world, token, sessions, value } = await opened();
    world.revoked = true;
    expect(await sessions.read(value, COOKIE)).toBeNull();
    expect(await sessions.open(token, COOKIE)).toBeNull();
  });

  it('is opened by no other token', async () => {
    expect(await bench().sessions.open(newToken('admin'), COOKIE)).toBeNull();
  });

  it('says nothing of the token but its id', async () => {
    const { token, value } = await opened();
    expect(value.split('.').slice(0, 2)).toEqual([ID, '1796169600']);
    expect(value).not.toContain(token);
    expect(value).not.toContain(hashOf(token));
  });

  it('is worth nothing under another name, or in another installation', async () => {
    const { token, sessions, value } = await opened();
    for (const other of ['serin-7781', '__Host-serin-7780']) expect(await sessions.read(value, other)).toBeNull();
    expect(await bench(Buffer.alloc(32, 2), token).sessions.read(value, COOKIE)).toBeNull();
  });

  it('cannot be made longer, or another token’s, or with the secret used for something else', async () => {
    const { sessions, value } = await opened();
    const [, seconds = '', mac = ''] = value.split('.');
    const later = String(Number(seconds) + 1);
    const plain = createHmac('sha256', SECRET).update(`${COOKIE}\0${ID}\0${seconds}`).digest('base64url');
    const forged = [
      `${ID}.${later}.${mac}`,
      `${ID.replace(/1$/, '2')}.${seconds}.${mac}`,
      `${ID}.${seconds}.${plain}`,
      `${ID}.${seconds}.${'A'.repeat(43)}`,
      `${ID}.${seconds}.${mac.slice(1)}`,
      `${ID}.${seconds}.`,
      `${ID}.${seconds}`,
      `${value}=`,
      `${value}.`,
      value.toUpperCase(),
      '',
    ];
    for (const one of forged) expect([one, await sessions.read(one, COOKIE)]).toEqual([one, null]);
    expect(await sessions.read(value, COOKIE)).not.toBeNull();
  });

  it('cannot have its last character replaced by one that means the same bytes', async () => {
    const { sessions, value } = await opened();
    const others = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_').filter(
      (last) => !value.endsWith(last),
    );
    for (const last of others) expect(await sessions.read(value.slice(0, -1) + last, COOKIE)).toBeNull();
  });
});

describe('a session of a token that is limited', () => {
  const scope = { routes: ['shop'], verbs: null };

  it('is limited as the token is, and ends with it', async () => {
    const { world, token, sessions } = bench(SECRET, undefined, { scope, expiresAt: NOON + 90_000 });
    const session = await sessions.open(token, COOKIE);
    expect(session).toMatchObject({ actor: { name: 'ada', role: 'operator', scope }, lastsMs: 90_000 });
    expect(await sessions.read(session?.value ?? '', COOKIE)).toMatchObject({ actor: { scope }, until: NOON + 89_600 });
    world.now = NOON + 90_000;
    expect(await sessions.read(session?.value ?? '', COOKIE)).toBeNull();
    await expect(sessions.open(token, COOKIE)).rejects.toThrow(/expired at/);
  });

  it('is a forged one to a version that does not know limits, and to this one where they are gone', async () => {
    const { world, token, sessions } = bench(SECRET, undefined, { scope });
    const { value = '' } = (await sessions.open(token, COOKIE)) ?? {};
    const [id = '', seconds = '', mac] = value.split('.');
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'serin session cookie', 32));
    const macBefore = createHmac('sha256', key).update(`${COOKIE}\0${id}\0${seconds}`).digest('base64url');
    expect(mac).not.toBe(macBefore);
    expect(await sessions.read(`${id}.${seconds}.${macBefore}`, COOKIE)).toBeNull();
    world.limits = {};
    expect(await sessions.read(value, COOKIE)).toBeNull();
    expect(await sessions.read(`${id}.${seconds}.${macBefore}`, COOKIE)).toMatchObject({ actor: { name: 'ada' } });
  });
});
