import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { jsonAnswer, refusal } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { readinessOf, readinessSchema } from '../readiness.ts';
import { buildViewSchema } from '../view-schemas.ts';

const livez = createRoute({
  method: 'get',
  path: '/livez',
  tags: ['operation'],
  summary: 'The process answers',
  responses: { 200: jsonAnswer(z.strictObject({ live: z.literal(true) }), 'It does') },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['operation'],
  summary: 'The control plane can decide and record; with of=gateway: traffic may be sent to the gateway',
  request: {
    query: z.object({
      of: z.enum(['gateway', 'control']).default('control').describe('gateway: for load balancers; needs no database'),
    }),
  },
  responses: {
    200: jsonAnswer(readinessSchema, 'Ready; there may be problems to look at all the same'),
    503: jsonAnswer(readinessSchema, 'Not ready, and why'),
    422: refusal('invalid-input'),
  },
});

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['operation'],
  summary: 'Prometheus text exposition',
  responses: {
    200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } },
    421: refusal('misdirected'),
  },
});

const version = createRoute({
  method: 'get',
  path: '/version',
  tags: ['operation'],
  summary: 'What runs here',
  responses: { 200: jsonAnswer(buildViewSchema, 'The build'), 421: refusal('misdirected') },
});

/** Endpoints for machines, without a token. Only the metrics reveal what is being rolled out. */
export function operationRoutes(control: ControlPlane): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(livez, (c) => c.json({ live: true as const }, 200));
  app.openapi(readyz, async (c) => {
    const body = readinessOf(await control.health(c.req.valid('query').of));
    return body.ready ? c.json(body, 200) : c.json(body, 503);
  });
  app.openapi(metrics, async (c) =>
    c.text(await control.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
  app.openapi(version, (c) => {
    const { version: running, node } = control.build;
    return c.json({ name: 'serin' as const, version: running, node }, 200);
  });
  return app;
}
