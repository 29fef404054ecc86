import { createMiddleware } from 'hono/factory';
import { Problem } from '../problem/problem.ts';
import { type Actor, ROLES, type Role } from '../rollout/event.ts';
import type { TokenBearer } from './control.ts';

/** By what a request was let in; `until` is the end of a session in epoch ms, and null otherwise. */
export interface Entry {
  readonly via: 'token' | 'session' | 'anonymous';
  readonly until: number | null;
}

export type ApiEnv = {
  Variables: {
    actor: TokenBearer;
    entry: Entry;
    /** The text that it was let in by, a secret: it never leaves the process. Empty for nobody. */
    credential: string;
    /** Who asks, as of now: null once the token is revoked or the session over. For answers that take long. */
    confirm: () => Promise<TokenBearer | null>;
  };
};

/** The least role that acts on rollouts: each verb requires it, and `acts[]` says so. */
export const ROLE_TO_ACT = 'operator' satisfies Role;

/** Spread into a route's definition: requires at least this role, and documents it in the API's description. */
export function requires(role: Role) {
  const guard = createMiddleware<ApiEnv>(async (c, next) => {
    const actor = c.get('actor');
    if (!mayActAs(role, actor.role)) {
      throw new Problem('forbidden', `this needs the role ${role}; ${actor.name} is ${actor.role}`);
    }
    await next();
  });
  return { middleware: guard, security: [{ bearer: [] }, { session: [] }], 'x-required-role': role };
}

/** A role that is not in the list, such as one that another version of Serin has stored, may do nothing. */
export function mayActAs(least: Role, role: Actor['role']): boolean {
  if (role === 'serin' || role === 'admin') return true;
  if (least === 'logs:write' || role === 'logs:write') return role === least;
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** The roles whose work this one may do: `me` says them, so that nobody keeps the order of the roles a second time. */
export function rolesOf(role: Actor['role']): readonly Role[] {
  return ROLES.filter((least) => mayActAs(least, role));
}
