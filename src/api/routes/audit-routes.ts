import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires, shownTo } from '../access.ts';
import { jsonAnswer, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { linkNext, pageOf } from '../page.ts';
import { auditQuery, rolloutAuditQuery, rolloutParams } from '../request-schemas.ts';
import { auditVerificationSchema, auditViewsSchema } from '../view-schemas.ts';
import { auditView } from '../views.ts';

const entries = jsonAnswer(auditViewsSchema, 'One page, newest first; Link names the next');

const all = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['audit'],
  summary: 'Every change, newest first',
  ...requires({ role: 'viewer', routes: 'shown' }),
  request: { query: auditQuery },
  responses: { 200: entries, ...refusals('not-found', 'invalid-input') },
});

const ofRollout = createRoute({
  method: 'get',
  path: '/rollouts/{id}/audit',
  tags: ['audit'],
  summary: 'The changes of one rollout, newest first',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams, query: rolloutAuditQuery },
  responses: { 200: entries, ...refusals('not-found', 'invalid-input') },
});

const verify = createRoute({
  method: 'get',
  path: '/audit/verify',
  tags: ['audit'],
  summary: 'Walk the hash chain',
  ...requires({ role: 'viewer', routes: 'every' }),
  responses: { 200: jsonAnswer(auditVerificationSchema, 'Where the chain is broken, if it is'), ...refusals() },
});

export function auditRoutes({ reader }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(all, async (c) => {
    const { limit, cursor, route } = c.req.valid('query');
    const found = await reader.audit({
      limit: limit + 1,
      ...shownTo(c),
      ...(route === undefined ? {} : { route }),
      ...(cursor === undefined ? {} : { beforeSeq: cursor }),
    });
    const { items, last } = pageOf(found, limit);
    linkNext(c, last ? String(last.seq) : null);
    return c.json(items.map(auditView), 200);
  });

  app.openapi(ofRollout, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await reader.audit({
      rolloutId: c.req.valid('param').id,
      limit: limit + 1,
      ...(cursor === undefined ? {} : { beforeSeq: cursor }),
    });
    const { items, last } = pageOf(found, limit);
    linkNext(c, last ? String(last.seq) : null);
    return c.json(items.map(auditView), 200);
  });

  app.openapi(verify, async (c) => c.json(await reader.verifyAudit(), 200));

  return app;
}
