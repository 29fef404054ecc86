import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { reloadBody } from '../request-schemas.ts';
import { compareBody, configurationViewSchema, differencesSchema, reloadViewSchema } from './configuration-view.ts';

const inForce = createRoute({
  method: 'get',
  path: '/configuration',
  tags: ['configuration'],
  summary: 'The configuration in force, as a file, and what came of the last reading of serin.yaml',
  ...requires({ role: 'operator', routes: 'every' }),
  responses: { 200: jsonAnswer(configurationViewSchema, 'Secrets by their names'), ...refusals() },
});

const compare = createRoute({
  method: 'post',
  path: '/configuration/diff',
  tags: ['configuration'],
  summary: 'What would change from what is in force to another file; nothing is changed',
  ...requires({ role: 'operator', routes: 'every' }),
  request: { body: jsonBody(compareBody) },
  responses: {
    200: jsonAnswer(differencesSchema, 'The differences, none where it says the same'),
    ...refusals(...OF_BODIES),
  },
});

const reload = createRoute({
  method: 'post',
  path: '/reload',
  tags: ['configuration'],
  summary: 'Read serin.yaml and the policies again, and put them into force as a whole',
  ...requires({ role: 'admin', routes: 'every' }),
  request: { body: jsonBody(reloadBody) },
  responses: {
    200: jsonAnswer(reloadViewSchema, 'What changed, or with `dryRun` what would'),
    ...refusals('refused', ...OF_BODIES),
  },
});

export function configurationRoutes({ configuration }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(inForce, async (c) => {
    const { since, waiting, ...others } = await configuration.inForce();
    return c.json({ ...others, waiting: [...waiting], since: new Date(since).toISOString() }, 200);
  });

  app.openapi(compare, async (c) => {
    const { text, file } = c.req.valid('json');
    return c.json({ differences: [...(await configuration.compare(text, file))] }, 200);
  });

  app.openapi(reload, async (c) => {
    const { reason, dryRun } = c.req.valid('json');
    const { applied, waiting } = await configuration.reload(c.get('actor'), reason, dryRun ? 'dry-run' : 'apply');
    return c.json({ applied: [...applied], waiting: [...waiting] }, 200);
  });

  return app;
}
