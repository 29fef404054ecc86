import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { Problem } from '../../problem/problem.ts';
import type { Scope, ScopeVerb } from '../../rollout/acts/scope.ts';
import type { SenderOfLogs } from '../../rollout/event.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals, taggedAnswer } from '../content.ts';
import type { ControlPlane, TokenView } from '../control.ts';
import { contentTag, ifMatch, requireContent } from '../entity-tag.ts';
import { readExpiry } from '../entry/read-expiry.ts';
import { linkNext, pageFrom } from '../page.ts';
import { removalQuery, tokenBody, tokenParams, tokensQuery } from '../request-schemas.ts';
import { newTokenViewSchema, tokenViewSchema, tokenViewsSchema } from '../view-schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'Every token, revoked ones too',
  ...requires({ role: 'admin', routes: 'every' }),
  request: { query: tokensQuery },
  responses: {
    200: jsonAnswer(tokenViewsSchema, 'Without the tokens themselves, the oldest first; Link names the next page'),
    ...refusals('invalid-input'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/tokens/{id}',
  tags: ['tokens'],
  summary: 'One token, revoked or not',
  ...requires({ role: 'admin', routes: 'every' }),
  request: { params: tokenParams },
  responses: {
    200: taggedAnswer(tokenViewSchema, 'Without the token itself', 'of all but its last use'),
    ...refusals('not-found'),
  },
});

const create = createRoute({
  method: 'post',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'Make a token',
  ...requires({ role: 'admin', routes: 'every' }),
  request: { body: jsonBody(tokenBody) },
  responses: {
    201: jsonAnswer(newTokenViewSchema, 'The only answer that carries the token'),
    ...refusals(...OF_BODIES),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  tags: ['tokens'],
  summary: 'Revoke a token, for ever; the last admin token stays',
  ...requires({ role: 'admin', routes: 'every' }),
  request: { params: tokenParams, query: removalQuery, headers: ifMatch },
  responses: { 204: { description: 'Revoked' }, ...refusals('not-found', 'refused', 'stale', 'invalid-input') },
});

export function tokenRoutes({ tokens }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(list, async (c) => {
    const { items, next } = pageFrom(await tokens.list(), c.req.valid('query'));
    linkNext(c, next);
    return c.json([...items], 200);
  });

  app.openapi(get, async (c) => {
    const found = await find(c.req.valid('param').id);
    c.header('etag', await contentTag(JSON.stringify(asMade(found))));
    return c.json(found, 200);
  });

  async function find(id: string) {
    const found = (await tokens.list()).find((token) => token.id === id);
    if (!found) throw new Problem('not-found', `there is no token ${id}`);
    return found;
  }

  app.openapi(create, async (c) => {
    const body = c.req.valid('json');
    const { name, role, reason, expires } = body;
    const wanted = {
      name,
      role,
      sender: 'sender' in body ? senderOf(body.sender ?? {}) : null,
      scope: 'scope' in body ? scopeOf(body.scope ?? {}) : null,
      expires: expires === undefined ? null : readExpiry(expires),
    };
    return c.json(await tokens.create(wanted, c.get('actor'), reason), 201);
  });

  app.openapi(revoke, async (c) => {
    const { id } = c.req.valid('param');
    if (c.req.header('if-match') !== undefined) await requireContent(c, asMade(await find(id)));
    await tokens.revoke(id, c.get('actor'), c.req.valid('query').reason);
    return c.body(null, 204);
  });

  return app;
}

/** Without its last use, which moves all the time: whoever revokes a token has read what it is. */
function asMade(view: TokenView): TokenView {
  return { ...view, lastUsedAt: null };
}

function senderOf({
  route,
  version,
}: {
  route?: string | undefined;
  version?: string | undefined;
}): SenderOfLogs | null {
  if (route === undefined && version === undefined) return null;
  return { ...(route === undefined ? {} : { route }), ...(version === undefined ? {} : { version }) };
}

interface AskedScope {
  readonly routes?: readonly string[] | undefined;
  readonly verbs?: readonly ScopeVerb[] | undefined;
}

/** Null where it limits nothing. */
function scopeOf({ routes, verbs }: AskedScope): Scope | null {
  if (routes === undefined && verbs === undefined) return null;
  return { routes: routes ? [...new Set(routes)] : null, verbs: verbs ? [...new Set(verbs)] : null };
}
