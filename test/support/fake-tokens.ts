import type { ControlPlane, TokenView } from '../../src/api/control.ts';
import { sessionControl } from '../../src/identity/session.ts';
import { bearerOf, hashOf } from '../../src/identity/tokens.ts';
import { VerifiedTokens } from '../../src/identity/verified-tokens.ts';
import { Problem } from '../../src/problem/problem.ts';
import { ROLES, type Role } from '../../src/rollout/event.ts';
import type { AuditEntry } from '../../src/rollout/record.ts';
import { T0 } from './rollouts.ts';

export const TOKENS: Readonly<Record<Role, string>> = {
  viewer: 'serin_viewer',
  'logs:write': 'serin_logs',
  scorer: 'serin_scorer',
  operator: 'serin_operator',
  admin: 'serin_admin',
};

const ID_OF: Readonly<Record<Role, string>> = {
  viewer: '019ac000-0000-7000-8000-00000000a001',
  'logs:write': '019ac000-0000-7000-8000-00000000a002',
  scorer: '019ac000-0000-7000-8000-00000000a003',
  operator: '019ac000-0000-7000-8000-00000000a004',
  admin: '019ac000-0000-7000-8000-00000000a005',
};

export interface FakeTokenParts {
  readonly secret: Uint8Array;
  /** Epoch ms, for sessions and expiries. */
  readonly mood: { readonly now: number };
  /** The next instant of the log; throws while everything fails. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly write: (entry: Pick<AuditEntry, 'actor' | 'route' | 'rolloutId' | 'event' | 'reason'>) => void;
}

const NEVER = { sender: null, scope: null, expiresAt: null, lastUsedAt: null, revokedAt: null };

/** Tokens in memory, with the look-up and the sessions of the real ones. */
export function fakeTokens({
  secret,
  mood,
  now,
  newId,
  write,
}: FakeTokenParts): Pick<ControlPlane, 'tokens' | 'sessions'> {
  const made = new Map<string, TokenView & { token: string }>();
  const verified = new VerifiedTokens({
    tokens: {
      async find(by) {
        const fixed = ROLES.find((role) => ('id' in by ? ID_OF[role] === by.id : hashOf(TOKENS[role]) === by.hash));
        if (fixed) return { ...NEVER, id: ID_OF[fixed], name: `the ${fixed}`, role: fixed, createdAt: T0 };
        const one = [...made.values()].find((candidate) =>
          'id' in by ? candidate.id === by.id : hashOf(candidate.token) === by.hash,
        );
        if (!one) return null;
        const time = (text: string | null) => (text === null ? null : Date.parse(text));
        const [expiresAt, revokedAt] = [time(one.expiresAt), time(one.revokedAt)];
        return { ...one, createdAt: T0, expiresAt, lastUsedAt: null, revokedAt };
      },
    },
    orRemembered: (work) => work(),
    uses: { used: () => {} },
    now: () => mood.now,
  });

  return {
    tokens: {
      async authenticate(token) {
        const fixed = (Object.keys(TOKENS) as Role[]).find((role) => TOKENS[role] === token);
        if (fixed) return { name: `the ${fixed}`, role: fixed, subject: `token:${ID_OF[fixed]}` };
        const known = await verified.find({ hash: hashOf(token) });
        return known && bearerOf(known);
      },
      async create({ name, role, sender = null, scope = null, expires = null }, by, reason) {
        const id = newId();
        const at = expires && ('at' in expires ? expires.at : mood.now + expires.afterMs);
        const expiresAt = at === null ? null : new Date(at).toISOString();
        const never = { expiresAt, lastUsedAt: null, revokedAt: null };
        const view = { id, name, role, sender, scope, createdAt: new Date(now()).toISOString(), ...never };
        const token = `serin_made_${made.size + 1}`;
        made.set(id, { ...view, token });
        write({
          actor: by,
          route: '',
          rolloutId: null,
          event: { kind: 'tokenCreated', name, role, ...sender },
          reason,
        });
        return { ...view, token };
      },
      async list() {
        return [...made.values()].map(viewOf);
      },
      async revoke(id, by, reason) {
        const found = made.get(id);
        if (!found) throw new Problem('not-found', `there is no token ${id}`);
        if (found.revokedAt !== null)
          throw new Problem('refused', `token ${id} was revoked already at ${found.revokedAt}`);
        made.set(id, { ...found, revokedAt: new Date(now()).toISOString() });
        write({ actor: by, route: '', rolloutId: null, event: { kind: 'tokenRevoked', id }, reason });
      },
    },
    sessions: sessionControl({
      secret,
      now: () => mood.now,
      verified,
    }),
  };
}

function viewOf(made: TokenView & { readonly token: string }): TokenView {
  const { id, name, role, sender, scope, createdAt, expiresAt, lastUsedAt, revokedAt } = made;
  return { id, name, role, sender, scope, createdAt, expiresAt, lastUsedAt, revokedAt };
}
