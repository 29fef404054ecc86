import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { entityTag } from '../entity-tag.ts';
import { rolloutParams } from '../request-schemas.ts';
import { deedOf, previewBody } from './preview-body.ts';
import { previewViewSchema } from './preview-view.ts';

const preview = createRoute({
  method: 'post',
  path: '/rollouts/{id}/preview',
  tags: ['overrides'],
  summary: 'What a verb would do; nothing is changed',
  // Nothing in it that a viewer could not read elsewhere, and whoever asks an operator to act can show what it would do.
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams, body: jsonBody(previewBody) },
  responses: {
    200: jsonAnswer(previewViewSchema, 'What it would do, or why it would be refused; its ETag is the version'),
    ...refusals('not-found', ...OF_BODIES),
  },
});

export function previewRoutes({ rollouts }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(preview, async (c) => {
    const body = c.req.valid('json');
    const told = await rollouts.preview(c.req.valid('param').id, deedOf(body), c.get('actor'), body.reason ?? null);
    c.header('etag', entityTag(told.version));
    return c.json(told, 200);
  });
  return app;
}
