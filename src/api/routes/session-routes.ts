import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { Problem } from '../../problem/problem.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { Entrance } from '../entry/authenticate.ts';
import { mayActAs, rolesOf, verbsOf } from '../entry/may.ts';
import { onlyFor } from '../entry/own-page.ts';
import { limitBodyTo } from '../limit-body.ts';
import { sessionBody } from '../request-schemas.ts';
import { meViewSchema, signInViewSchema } from '../view-schemas.ts';

const MOST_BYTES = 2 * 1024;

const me = createRoute({
  method: 'get',
  path: '/me',
  tags: ['session'],
  summary: 'Who asks, and by what',
  ...requires({ role: 'viewer', routes: 'none' }),
  responses: { 200: jsonAnswer(meViewSchema, 'The bearer of the token or of the session'), ...refusals() },
});

/** Behind authentication. */
export function meRoutes(): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(me, (c) => {
    const actor = c.get('actor');
    const scope = c.get('scope');
    const { name, role, subject = null } = actor;
    const { via, until } = c.get('entry');
    const [roles, verbs] = [rolesOf(role), verbsOf({ actor, scope })];
    return c.json(
      { name, role, roles, verbs, scope, via, subject, until: instant(until), expiresAt: instant(c.get('expiresAt')) },
      200,
    );
  });
  return app;
}

/**
 * Signing in and out, for pages of this server: another page must not sign somebody in as its own author, who would then read what
 * is done (login CSRF). Before authentication.
 */
export function signInRoutes({ sessions, oidc, present, page, cookies }: Entrance): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  const means = createRoute({
    method: 'get',
    path: '/sign-in',
    tags: ['session'],
    summary: 'By which means one may sign in; asks for none',
    responses: { 200: jsonAnswer(signInViewSchema, 'The means'), ...refusals() },
  });
  const signIn = createRoute({
    method: 'post',
    path: '/session',
    tags: ['session'],
    summary: 'Sign a browser in, for 12 hours at most; only from a page of this server',
    middleware: [onlyFor(page), limitBodyTo(MOST_BYTES)] as const,
    request: { body: jsonBody(sessionBody) },
    responses: {
      204: { description: 'Signed in', headers: z.object({ 'set-cookie': z.string() }) },
      ...refusals(...OF_BODIES),
    },
  });
  const signOut = createRoute({
    method: 'delete',
    path: '/session',
    tags: ['session'],
    summary: 'Take the cookie of the session away; only from a page of this server',
    middleware: [onlyFor(page), limitBodyTo(MOST_BYTES)] as const,
    responses: { 204: { description: 'Nobody is signed in any more' }, ...refusals() },
  });

  app.openapi(means, (c) => c.json({ token: true as const, oidc: oidc.offer() }, 200));

  app.openapi(signIn, async (c) => {
    const name = cookies.nameFor(c);
    const opened = await present(c, c.req.valid('json').token, (token) => sessions.open(token, name));
    if (opened instanceof Response) return opened as never;
    const { actor, value, lastsMs } = opened;
    // Whoever may read signs in to read. The session of another role would be a cookie that opens nothing.
    if (!mayActAs('viewer', actor.role)) {
      throw new Problem('forbidden', `a session is for people who read here; ${actor.name} is ${actor.role}`);
    }
    cookies.give(c, name, value, lastsMs);
    return c.body(null, 204);
  });

  app.openapi(signOut, (c) => {
    cookies.takeAway(c);
    return c.body(null, 204);
  });

  // No token is asked for here, so none helps with another method.
  app.all('/session', (c) => c.notFound());
  app.all('/sign-in', (c) => c.notFound());

  return app;
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
