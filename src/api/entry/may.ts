import type { Scope, ScopeVerb } from '../../rollout/acts/scope.ts';
import { SCOPE_VERBS } from '../../rollout/acts/scope.ts';
import { type Actor, ROLES, type Role } from '../../rollout/event.ts';

/** The least role that acts on rollouts: each verb requires it, and `acts[]` says so. */
export const ROLE_TO_ACT = 'operator' satisfies Role;

/** Who asks: a scope of null limits nobody. */
export interface Holder {
  readonly actor: Actor;
  readonly scope: Scope | null;
}

/** What is asked for: `verb` is null for what no scope lists, `every` is about all routes at once. */
export interface Demand {
  readonly role: Role;
  readonly verb: ScopeVerb | null;
  readonly routes: readonly string[] | 'every';
}

/** Decides who may do what: the sentence by which it is refused; null where it may be done. */
export function whyNot({ actor: { name, role }, scope }: Holder, asked: Demand): string | null {
  if (!mayActAs(asked.role, role)) return `this needs the role ${asked.role}; ${name} is ${role}`;
  const { verb, routes } = asked;
  if (verb !== null && scope !== null && scope.verbs !== null && !scope.verbs.includes(verb)) {
    return `this needs the verb ${verb}; the token of ${name} is for ${inWords('verb', scope.verbs)} only`;
  }
  if (scope === null || scope.routes === null) return null;
  const mine = `the token of ${name} is for ${inWords('route', scope.routes)} only`;
  if (routes === 'every') return `this is about all routes, or names none; ${mine}`;
  return routes.every((route) => seesRoute(scope, route)) ? null : `this is about another route; ${mine}`;
}

export function seesRoute(scope: Scope | null, route: string): boolean {
  return scope === null || scope.routes === null || scope.routes.includes(route);
}

/** The role that a verb takes. */
export function roleFor(verb: ScopeVerb): Role {
  return verb === 'values' ? 'scorer' : ROLE_TO_ACT;
}

/** What one may do somewhere: `me` says it, so that nobody offers what would be refused. */
export function verbsOf(holder: Holder): readonly ScopeVerb[] {
  return SCOPE_VERBS.filter((verb) => whyNot(holder, { role: roleFor(verb), verb, routes: [] }) === null);
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

function inWords(what: string, names: readonly string[]): string {
  return `the ${what}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
