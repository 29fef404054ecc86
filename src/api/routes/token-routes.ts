import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { removalQuery, tokenBody, tokenParams } from '../request-schemas.ts';
import { newTokenViewSchema, tokenViewsSchema } from '../view-schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'Every token, revoked ones too',
  ...requires('admin'),
  responses: { 200: jsonAnswer(tokenViewsSchema, 'All of them, without the tokens themselves'), ...refusals() },
});

const create = createRoute({
  method: 'post',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'Make a token',
  ...requires('admin'),
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
  ...requires('admin'),
  request: { params: tokenParams, query: removalQuery },
  responses: { 204: { description: 'Revoked' }, ...refusals('not-found', 'refused', 'invalid-input') },
});

export function tokenRoutes({ tokens }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(list, async (c) => c.json([...(await tokens.list())], 200));

  app.openapi(create, async (c) => {
    const body = c.req.valid('json');
    const { name, role, reason } = body;
    const sender = 'sender' in body ? body.sender : undefined;
    const bound = sender && {
      ...(sender.route === undefined ? {} : { route: sender.route }),
      ...(sender.version === undefined ? {} : { version: sender.version }),
    };
    return c.json(await tokens.create(name, role, c.get('actor'), reason, bound ?? null), 201);
  });

  app.openapi(revoke, async (c) => {
    await tokens.revoke(c.req.valid('param').id, c.get('actor'), c.req.valid('query').reason);
    return c.body(null, 204);
  });

  return app;
}
