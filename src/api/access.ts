import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../problem/problem.ts';
import type { Scope, ScopeVerb } from '../rollout/acts/scope.ts';
import type { Role } from '../rollout/event.ts';
import type { RolloutReader, TokenBearer } from './control.ts';
import { type Demand, roleFor, whyNot } from './entry/may.ts';

/** By what a request was let in; `until` is the end of a session in epoch ms, and null otherwise. */
export interface Entry {
  /** `token`: one of Serin's own; `oidc`: one of the OpenID provider. */
  readonly via: 'token' | 'session' | 'oidc' | 'anonymous';
  readonly until: number | null;
}

export type ApiEnv = {
  Variables: {
    actor: TokenBearer;
    /** What its token is limited to; null where it is not. */
    scope: Scope | null;
    /** When its token expires, epoch ms; null where it does not. */
    expiresAt: number | null;
    entry: Entry;
    /** The text that it was let in by, a secret: it never leaves the process. Empty for nobody. */
    credential: string;
    /** Who asks, as of now: null once the token is revoked or the session over. For answers that take long. */
    confirm: () => Promise<TokenBearer | null>;
    /** The route of a rollout; null where there is no such rollout. */
    routeOf: (rolloutId: string) => Promise<string | null>;
  };
};

/**
 * The routes that an operation is about: none; all at once; those that its answer shows, which it narrows itself; the one that is named in
 * its path, or as `route` in its body; that of the rollout in its path.
 */
export type Reach = 'none' | 'every' | 'shown' | 'in-path' | 'in-body' | 'of-rollout';

/** What an operation takes: a verb, which has a role, or a role alone where no scope lists it. */
export type Takes =
  | { readonly verb: ScopeVerb; readonly routes: Reach }
  | { readonly role: Role; readonly routes: Reach };

/** Spread into a route's definition: requires this of whoever asks, and documents it in the API's description. */
export function requires(need: Takes) {
  const verb = 'verb' in need ? need.verb : null;
  const role = 'verb' in need ? roleFor(need.verb) : need.role;
  const guard = createMiddleware<ApiEnv>(async (c, next) => {
    const holder = { actor: c.get('actor'), scope: c.get('scope') };
    // The routes cost a look-up, and are nobody's business who has not the role.
    const refusal =
      whyNot(holder, { role, verb, routes: [] }) ??
      (holder.scope?.routes ? whyNot(holder, { role, verb, routes: await routesOf(c, need.routes) }) : null);
    if (refusal !== null) throw new Problem('forbidden', refusal);
    await next();
  });
  return {
    middleware: guard,
    security: [{ bearer: [] }, { session: [] }],
    'x-required-role': role,
    ...(verb === null ? {} : { 'x-verb': verb }),
    'x-routes': need.routes,
  };
}

/** So that a guard can tell the route of a rollout. */
export const knowsRollouts = (reader: Pick<RolloutReader, 'find'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set('routeOf', async (id) => (await reader.find(id))?.rollout.route ?? null);
    await next();
  });

/** Spread into the filter of a list that shows routes: those that its reader may see. */
export function shownTo(c: Context<ApiEnv>): { readonly routes?: readonly string[] } {
  const routes = c.get('scope')?.routes ?? null;
  return routes === null ? {} : { routes };
}

async function routesOf(c: Context<ApiEnv>, reach: Reach): Promise<Demand['routes']> {
  switch (reach) {
    case 'none':
      return [];
    case 'every':
      return 'every';
    case 'shown':
      return c.req.queries('route') ?? [];
    case 'in-path':
      return [c.req.param('route') ?? ''];
    case 'in-body': {
      // The same reading as that of what validates it afterwards.
      const body: unknown = await c.req.json().catch(() => null);
      const route = typeof body === 'object' && body !== null && 'route' in body ? body.route : null;
      return typeof route === 'string' ? [route] : 'every';
    }
    case 'of-rollout': {
      const id = c.req.param('id');
      if (id === undefined) return 'every';
      const route = await c.get('routeOf')(id);
      // Of one that does not exist the operation says so itself.
      return route === null ? [] : [route];
    }
  }
}
