import { createHash, randomBytes } from 'node:crypto';
import { routeName } from '../policy/names.ts';
import { Problem } from '../problem/problem.ts';
import type { Scope } from '../rollout/acts/scope.ts';
import type { Actor, Expiry, Role, SenderOfLogs } from '../rollout/event.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { Revocation, Store, TokenRecord } from '../store/store.ts';
import type { LastUses } from './last-uses.ts';
import { isLimited, type KnownToken, type VerifiedTokens } from './verified-tokens.ts';

/** What the tokens of roles say that came later than the others. */
const WORDS: Partial<Record<Role, string>> = { scorer: 'scorer', 'logs:write': 'logs' };
const FORM = /^serin_(?:(limited)_)?(?:(scorer|logs)_)?(?:([A-Za-z0-9_-]{1,400})\.)?[A-Za-z0-9_-]{43}$/;

/**
 * Tokens have 256 bits of entropy, so storing a plain hash is enough. Those of later roles have another one: a version that does not
 * know such a role may let it do everything, and must not find the token. So have those that are limited by a scope or an expiry: a version
 * that does not know these would let them do all that their role may, for ever.
 */
export function hashOf(token: string): string {
  const hash = createHash('sha256');
  const [, limited, word] = FORM.exec(token) ?? [];
  for (const part of [limited, word]) if (part !== undefined) hash.update(`${part} `);
  return hash.update(token).digest('hex');
}

/** `sender`: whose lines a sender of logs sends, which the token says itself; its hash holds for all of it. */
export function newToken(
  role: Role,
  sender: SenderOfLogs | null = null,
  extent: 'whole' | 'limited' = 'whole',
): string {
  if (sender?.route !== undefined && !routeName.safeParse(sender.route).success) {
    throw new Problem('invalid-input', 'the route that a sender is bound to must be a name that serin.yaml can have');
  }
  const word = WORDS[role];
  const bound = sender === null ? '' : `${Buffer.from(JSON.stringify(sender)).toString('base64url')}.`;
  const token = `serin_${extent === 'limited' ? 'limited_' : ''}${word === undefined ? '' : `${word}_`}${bound}${randomBytes(32).toString('base64url')}`;
  // Otherwise it would be taken for one that is not bound, and write for every route.
  if (sender !== null && FORM.exec(token)?.[3] === undefined) {
    throw new Problem('invalid-input', 'the names of the route and the version are too long to bind a token to them');
  }
  return token;
}

/** Whose lines a token's bearer sends; null for one that is not bound. Only of a token whose hash was found. */
export function logSenderOf(token: string): SenderOfLogs | null {
  const bound = FORM.exec(token)?.[3];
  return bound === undefined ? null : (JSON.parse(Buffer.from(bound, 'base64url').toString()) as SenderOfLogs);
}

/** The audit entry for a change of tokens, which belong to no route. */
export async function tokenAudit(
  store: Pick<Store, 'now'>,
  actor: Actor,
  reason: string,
  event: AuditDraft['event'],
): Promise<AuditDraft> {
  return { at: await store.now(), actor, route: '', rolloutId: null, event, reason, before: null, after: null };
}

export interface TokenControlParts {
  readonly store: Pick<Store, 'tokens' | 'now'>;
  readonly newId: () => string;
  readonly verified: VerifiedTokens;
  readonly uses: Pick<LastUses, 'lastOf'>;
  /** Epoch ms. */
  readonly now: () => number;
}

interface WantedToken {
  readonly name: string;
  readonly role: Role;
  readonly sender?: SenderOfLogs | null;
  readonly scope?: Scope | null;
  readonly expires?: Expiry | null;
}

type TokenShown = ReturnType<typeof viewOf>;

/** Who sends a token, and what it is limited to. */
export function bearerOf({ actor, scope, expiresAt }: KnownToken) {
  return { ...actor, ...(scope === null ? {} : { scope }), ...(expiresAt === null ? {} : { expiresAt }) };
}

/** Creates, lists and revokes tokens, each with its audit entry. */
export function tokenControl({ store, newId, verified, uses, now }: TokenControlParts) {
  const shown = (record: TokenRecord) => viewOf(record, uses.lastOf(record.id));
  return {
    /** The actor of a bearer token, or null when it is unknown or revoked. Throws Problem('unauthenticated') once it has expired. */
    async authenticate(token: string) {
      const known = await verified.find({ hash: hashOf(token) });
      // Made by an earlier version for names that are too long: whose lines it sends cannot be told.
      if (known === null || (known.actor.role === 'logs:write' && FORM.exec(token)?.[2] === undefined)) return null;
      const sender = logSenderOf(token);
      return { ...bearerOf(known), ...(sender === null ? {} : { sender }) };
    },
    /** The only time the token itself is shown. */
    async create(
      { name, role, sender = null, scope = null, expires = null }: WantedToken,
      by: Actor,
      reason: string,
    ): Promise<TokenShown & { readonly token: string }> {
      const expiresAt = expires === null ? null : endOf(expires, now());
      const token = newToken(role, sender, isLimited({ scope, expiresAt }) ? 'limited' : 'whole');
      const id = newId();
      const until = expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() };
      await store.tokens.create(
        { id, name, role, sender, scope, makers: makersOf(by), expiresAt, hash: hashOf(token) },
        await tokenAudit(store, by, reason, {
          kind: 'tokenCreated',
          id,
          name,
          role,
          ...sender,
          ...(scope === null ? {} : { scope }),
          ...until,
        }),
      );
      const created = (await store.tokens.list()).find((record) => record.id === id);
      if (!created) throw new Problem('internal', 'the token was not stored');
      return { ...shown(created), token };
    },
    async list() {
      return (await store.tokens.list()).map(shown);
    },
    async revoke(id: string, by: Actor, reason: string) {
      const done = await store.tokens.revoke(id, await tokenAudit(store, by, reason, { kind: 'tokenRevoked', id }));
      if (done.kind !== 'last-admin') verified.forget(id);
      if (done.kind !== 'revoked') throw notRevoked(id, done);
    },
  };
}

/** Null where it is not known who that is. */
function makersOf({ subject, makers = [] }: Actor): readonly string[] | null {
  return subject === undefined ? null : [subject, ...makers];
}

function notRevoked(id: string, why: Exclude<Revocation, { kind: 'revoked' }>): Problem {
  switch (why.kind) {
    case 'unknown':
      return new Problem('not-found', `there is no token ${id}`);
    case 'revoked-before':
      return new Problem('refused', `token ${id} was revoked already at ${new Date(why.at).toISOString()}`);
    case 'last-admin':
      return new Problem(
        'refused',
        `token ${id} is the last admin token that does not expire, and without one nobody could make another some day: make another first; ` +
          '`serin renew-admin-token` replaces the one of the data folder',
      );
  }
}

function endOf(expires: Expiry, nowMs: number): number {
  const at = 'at' in expires ? expires.at : nowMs + expires.afterMs;
  if (at > nowMs) return at;
  const message = `must be in the future: ${new Date(at).toISOString()} is over`;
  throw new Problem('invalid-input', `expires ${message}`, { issues: [{ path: 'expires', message }] });
}

function viewOf(
  { id, name, role, sender, scope, createdAt, expiresAt, lastUsedAt, revokedAt }: TokenRecord,
  usedHere: number | null,
) {
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const used = Math.max(lastUsedAt ?? 0, usedHere ?? 0);
  return {
    id,
    name,
    role,
    sender,
    scope,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: time(expiresAt),
    lastUsedAt: time(used || null),
    revokedAt: time(revokedAt),
  };
}
