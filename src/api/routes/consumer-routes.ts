import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { consumerBody, consumerParams, listedConsumerParams, removalQuery, routeParams } from '../request-schemas.ts';
import { consumerViewSchema, consumerViewsSchema } from '../view-schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/routes/{route}/consumers',
  tags: ['consumers'],
  summary: 'The listed consumers of a route',
  ...requires('viewer'),
  request: { params: routeParams },
  responses: { 200: jsonAnswer(consumerViewsSchema, 'All of them'), ...refusals('not-found') },
});

const put = createRoute({
  method: 'put',
  path: '/routes/{route}/consumers/{name}',
  tags: ['consumers'],
  summary: 'List a consumer, or change its rule',
  ...requires('operator'),
  request: { params: consumerParams, body: jsonBody(consumerBody) },
  responses: {
    200: jsonAnswer(consumerViewSchema, 'As it is listed now'),
    ...refusals('not-found', 'conflict', ...OF_BODIES),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/routes/{route}/consumers/{name}',
  tags: ['consumers'],
  summary: 'Take a consumer off the list',
  ...requires('operator'),
  request: { params: listedConsumerParams, query: removalQuery },
  responses: { 204: { description: 'Removed' }, ...refusals('not-found', 'invalid-input') },
});

export function consumerRoutes({ consumers }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(list, async (c) => c.json([...(await consumers.list(c.req.valid('param').route))], 200));

  app.openapi(put, async (c) => {
    const { rule, key, clientId, reason } = c.req.valid('json');
    const is = key === undefined ? (clientId === undefined ? {} : { clientId }) : { key };
    const consumer = { ...c.req.valid('param'), rule, ...is };
    return c.json(await consumers.put(consumer, c.get('actor'), reason), 200);
  });

  app.openapi(remove, async (c) => {
    const { route, name } = c.req.valid('param');
    await consumers.remove(route, name, c.get('actor'), c.req.valid('query').reason);
    return c.body(null, 204);
  });

  return app;
}
