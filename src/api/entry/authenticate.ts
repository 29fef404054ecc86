import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv, Entry } from '../access.ts';
import type { OidcControl, SessionControl, TokenBearer, TokenControl } from '../control.ts';
import { problemAnswer } from '../problem-answer.ts';
import type { OwnPage } from './own-page.ts';
import { type PresentToken, unauthenticated } from './present-token.ts';
import type { SessionCookies } from './session-cookie.ts';

export interface Entrance {
  readonly tokens: TokenControl;
  readonly sessions: SessionControl;
  readonly oidc: OidcControl;
  readonly anonymous: 'off' | 'viewer';
  readonly present: PresentToken;
  readonly page: OwnPage;
  readonly cookies: SessionCookies;
}

interface Entered extends Entry {
  readonly actor: TokenBearer;
  readonly credential: string;
  readonly confirm: () => Promise<TokenBearer | null>;
}

/** Providers name groups in their tokens, so that these are long. Node takes 16 KiB of head. */
const MOST_BEARER = 8_192;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Resolves who asks: by the bearer token if there is one, else by the cookie of a session, else as nobody where that may read.
 * Answers 401, 403, 415 or 429. What came and does not hold is refused, and never taken for nothing.
 */
export function authenticate(entrance: Entrance) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const entered = await enter(c, entrance);
    if (entered instanceof Response) return entered;
    const { actor, via, until, credential, confirm } = entered;
    // Apart: the actor is kept with all that it does.
    const { scope = null, expiresAt = null, ...who } = actor;
    c.set('actor', via === 'anonymous' ? who : { ...who, via });
    c.set('scope', scope);
    c.set('expiresAt', expiresAt);
    c.set('credential', credential);
    c.set('confirm', confirm);
    c.set('entry', { via, until });
    await next();
    return undefined;
  });
}

async function enter(c: Context, entrance: Entrance): Promise<Entered | Response> {
  const authorization = c.req.header('authorization');
  // A proxy in front may ask for a password, and passes it on: that is no answer to who somebody is here.
  if (authorization !== undefined && !/^Basic /i.test(authorization)) return byToken(c, authorization, entrance);
  const cookie = entrance.cookies.presented(c);
  if (cookie !== null) return bySession(c, cookie, entrance);
  if (entrance.anonymous === 'off') return unauthenticated(c, 'send a token as Authorization: Bearer TOKEN');
  if (!READS.has(c.req.method)) return unauthenticated(c, 'without a token or a session one may only read here');
  const actor = { name: 'anonymous', role: 'viewer' } as const;
  return { actor, via: 'anonymous', until: null, credential: '', confirm: async () => actor };
}

async function byToken(c: Context, authorization: string, entrance: Entrance): Promise<Entered | Response> {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) return unauthenticated(c, 'send a token as Authorization: Bearer TOKEN');
  if (token.length > MOST_BEARER) return unauthenticated(c, `a token has at most ${MOST_BEARER} characters`);
  if (entrance.oidc.isToken(token)) return byOidc(c, token, entrance);
  const { tokens, present } = entrance;
  const actor = await present(c, token, (text) => tokens.authenticate(text));
  if (actor instanceof Response) return actor;
  return { actor, via: 'token', until: null, credential: token, confirm: () => tokens.authenticate(token) };
}

async function byOidc(c: Context, token: string, { oidc, present }: Entrance): Promise<Entered | Response> {
  const actor = await present(c, token, (text) => oidc.authenticate(text));
  if (actor instanceof Response) return actor;
  const confirm = async () => {
    const now = await oidc.authenticate(token);
    return 'refused' in now ? null : now;
  };
  return { actor, via: 'oidc', until: null, credential: token, confirm };
}

/**
 * A browser sends the cookie whoever made it ask, so a request that may change something has to come from a page of this server.
 * A session that is over is no failed login: a page that is left open asks again and again, and must not lock its address out.
 */
async function bySession(
  c: Context,
  { name, value }: { readonly name: string; readonly value: string },
  { sessions, page }: Entrance,
): Promise<Entered | Response> {
  if (!READS.has(c.req.method)) {
    const refusal = page.refusal(c);
    if (refusal !== null) return problemAnswer(c, 'forbidden', refusal);
    if (!hasJsonOrNothing(c)) {
      const detail = 'with a session, a body must be sent as content-type application/json';
      return problemAnswer(c, 'unsupported-media-type', detail);
    }
  }
  const session = await sessions.read(value, name);
  if (session === null) return unauthenticated(c, 'the session is over, or its token was revoked: sign in again');
  return {
    ...session,
    via: 'session',
    credential: value,
    confirm: async () => (await sessions.read(value, name))?.actor ?? null,
  };
}

/** A page of another origin cannot send this type without asking first. */
function hasJsonOrNothing(c: Context): boolean {
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== undefined) return type === 'application/json';
  return c.req.header('transfer-encoding') === undefined && Number(c.req.header('content-length') ?? 0) === 0;
}
