import { createHash, randomBytes } from 'node:crypto';
import { routeName } from '../policy/names.ts';
import { Problem } from '../problem/problem.ts';
import type { Actor, Role, SenderOfLogs } from '../rollout/event.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { Revocation, Store, TokenRecord } from '../store/store.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

/** What the tokens of roles say that came later than the others. */
const WORDS: Partial<Record<Role, string>> = { scorer: 'scorer', 'logs:write': 'logs' };
const LATER = /^serin_(scorer|logs)_(?:([A-Za-z0-9_-]{1,400})\.)?[A-Za-z0-9_-]{43}$/;

/**
 * Tokens have 256 bits of entropy, so storing a plain hash is enough. Those of later roles have another one: a version that does not
 * know such a role may let it do everything, and must not find the token.
 */
export function hashOf(token: string): string {
  const hash = createHash('sha256');
  const word = LATER.exec(token)?.[1];
  if (word !== undefined) hash.update(`${word} `);
  return hash.update(token).digest('hex');
}

/** `sender`: whose lines a sender of logs sends, which the token says itself; its hash holds for all of it. */
export function newToken(role: Role, sender: SenderOfLogs | null = null): string {
  if (sender?.route !== undefined && !routeName.safeParse(sender.route).success) {
    throw new Problem('invalid-input', 'the route that a sender is bound to must be a name that serin.yaml can have');
  }
  const word = WORDS[role];
  const bound = sender === null ? '' : `${Buffer.from(JSON.stringify(sender)).toString('base64url')}.`;
  const token = `serin_${word === undefined ? '' : `${word}_`}${bound}${randomBytes(32).toString('base64url')}`;
  // Otherwise it would be taken for one that is not bound, and write for every route.
  if (sender !== null && LATER.exec(token)?.[2] === undefined) {
    throw new Problem('invalid-input', 'the names of the route and the version are too long to bind a token to them');
  }
  return token;
}

/** Whose lines a token's bearer sends; null for one that is not bound. Only of a token whose hash was found. */
export function logSenderOf(token: string): SenderOfLogs | null {
  const bound = LATER.exec(token)?.[2];
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

/** Creates, lists and revokes tokens, each with its audit entry. */
export function tokenControl(store: Pick<Store, 'tokens' | 'now'>, newId: () => string, verified: VerifiedTokens) {
  return {
    /** The actor of a bearer token, or null when it is unknown or revoked. */
    async authenticate(token: string) {
      const actor = (await verified.find({ hash: hashOf(token) }))?.actor ?? null;
      // Made by an earlier version for names that are too long: whose lines it sends cannot be told.
      if (actor?.role === 'logs:write' && !LATER.test(token)) return null;
      const sender = actor === null ? null : logSenderOf(token);
      return actor !== null && sender !== null ? { ...actor, sender } : actor;
    },
    /** The only time the token itself is shown. */
    async create(name: string, role: Role, by: Actor, reason: string, sender: SenderOfLogs | null = null) {
      const token = newToken(role, sender);
      const id = newId();
      await store.tokens.create(
        { id, name, role, sender, hash: hashOf(token) },
        await tokenAudit(store, by, reason, { kind: 'tokenCreated', id, name, role, ...sender }),
      );
      const created = (await store.tokens.list()).find((record) => record.id === id);
      if (!created) throw new Problem('internal', 'the token was not stored');
      return { ...viewOf(created), token };
    },
    async list() {
      return (await store.tokens.list()).map(viewOf);
    },
    async revoke(id: string, by: Actor, reason: string) {
      const done = await store.tokens.revoke(id, await tokenAudit(store, by, reason, { kind: 'tokenRevoked', id }));
      if (done.kind !== 'last-admin') verified.forget(id);
      if (done.kind !== 'revoked') throw notRevoked(id, done);
    },
  };
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
        `token ${id} is the last admin token, and without one nobody can make another: make another admin token first; ` +
          '`serin renew-admin-token` replaces the one of the data folder',
      );
  }
}

function viewOf({ id, name, role, sender, createdAt, revokedAt }: TokenRecord) {
  const time = (at: number) => new Date(at).toISOString();
  return { id, name, role, sender, createdAt: time(createdAt), revokedAt: revokedAt === null ? null : time(revokedAt) };
}
