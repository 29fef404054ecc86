import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { rolloutParams } from '../request-schemas.ts';
import { reportViewSchema } from './report-schema.ts';
import { reportView } from './report-view.ts';

const report = createRoute({
  method: 'get',
  path: '/rollouts/{id}/report',
  tags: ['rollouts'],
  summary: 'A whole rollout, for a post-mortem: once it is final it never changes',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams },
  responses: {
    200: jsonAnswer(reportViewSchema, 'The report; its ETag is of its content'),
    ...refusals('not-found'),
  },
});

export function reportRoutes({ reader }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(report, async (c) => {
    const view = reportView(await reader.reportParts(c.req.valid('param').id));
    // Kept, but asked about each time: whoever has signed out reads nothing from a cache, and a trail may be gone.
    if (view.final) c.header('cache-control', 'private, no-cache');
    return c.json(view, 200);
  });
  return app;
}
