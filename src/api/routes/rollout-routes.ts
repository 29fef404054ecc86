import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { noSuchRollout, type RolloutRecord } from '../../rollout/record.ts';
import { type ApiEnv, requires, shownTo } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals, taggedAnswer } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { entityTag } from '../entity-tag.ts';
import { linkNext, pageOf } from '../page.ts';
import { rolloutParams, rolloutQuery, startBody } from '../request-schemas.ts';
import { rolloutViewSchema, rolloutViewsSchema, startedViewSchema } from '../view-schemas.ts';
import { trailView, trailViewSchema } from '../views/trail-view.ts';
import { rolloutView } from '../views.ts';

const start = createRoute({
  method: 'post',
  path: '/rollouts',
  tags: ['rollouts'],
  summary: 'Start a rollout',
  ...requires({ verb: 'start', routes: 'in-body' }),
  request: { body: jsonBody(startBody) },
  responses: {
    200: jsonAnswer(
      startedViewSchema,
      'The same canary and policy run already, with `replace` or without: this is the rollout that runs, and nothing was changed',
    ),
    201: jsonAnswer(startedViewSchema, 'Started'),
    ...refusals('not-found', 'conflict', 'refused', ...OF_BODIES),
  },
});

const list = createRoute({
  method: 'get',
  path: '/rollouts',
  tags: ['rollouts'],
  summary: 'Rollouts, newest first',
  ...requires({ role: 'viewer', routes: 'shown' }),
  request: { query: rolloutQuery },
  responses: {
    200: jsonAnswer(rolloutViewsSchema, 'One page; Link names the next'),
    ...refusals('not-found', 'invalid-input'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/rollouts/{id}',
  tags: ['rollouts'],
  summary: 'One rollout',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams },
  responses: { 200: taggedAnswer(rolloutViewSchema, 'The rollout', 'its version'), ...refusals('not-found') },
});

const trail = createRoute({
  method: 'get',
  path: '/rollouts/{id}/trail',
  tags: ['rollouts'],
  summary: 'What the looks at a rollout saw, for drawings',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams },
  responses: {
    200: jsonAnswer(trailViewSchema, 'Empty for a rollout of a version before trails, and a year after the end'),
    ...refusals('not-found'),
  },
});

export function rolloutRoutes(control: ControlPlane): OpenAPIHono<ApiEnv> {
  const { rollouts, reader } = control;
  const viewOf = (record: RolloutRecord) => rolloutView(record, control.standing(record));
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(start, async (c) => {
    const { version, policy, ...request } = c.req.valid('json');
    const { record, created } = await rollouts.start(
      { ...request, ...(version === undefined ? {} : { version }), ...(policy === undefined ? {} : { policy }) },
      c.get('actor'),
    );
    const view = { ...viewOf(record), created };
    c.header('location', `/api/v1/rollouts/${view.id}`);
    c.header('etag', entityTag(view.version));
    return created ? c.json(view, 201) : c.json(view, 200);
  });

  app.openapi(list, async (c) => {
    const { limit, route, active, cursor } = c.req.valid('query');
    const found = await reader.list({
      limit: limit + 1,
      ...shownTo(c),
      ...(route === undefined ? {} : { route }),
      ...(active === undefined ? {} : { active }),
      ...(cursor === undefined ? {} : { beforeId: cursor }),
    });
    const { items, last } = pageOf(found, limit);
    linkNext(c, last?.rollout.id ?? null);
    return c.json(items.map(viewOf), 200);
  });

  app.openapi(get, async (c) => {
    const { id } = c.req.valid('param');
    const record = await reader.find(id);
    if (!record) throw noSuchRollout(id);
    const view = viewOf(record);
    c.header('etag', entityTag(view.version));
    return c.json(view, 200);
  });

  app.openapi(trail, async (c) => c.json(trailView(await reader.trail(c.req.valid('param').id)), 200));

  return app;
}
