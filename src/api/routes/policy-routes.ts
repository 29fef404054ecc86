import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { policyCheckBody } from '../request-schemas.ts';
import { policyCheckViewSchema } from '../view-schemas.ts';

const check = createRoute({
  method: 'post',
  path: '/policies/check',
  tags: ['policies'],
  summary: 'Try a policy against the sources that it would be judged by; nothing is changed',
  // Not for viewers: it sends the caller's queries to every source that the installation may ask.
  ...requires({ verb: 'validate', routes: 'in-body' }),
  request: { body: jsonBody(policyCheckBody) },
  responses: {
    200: jsonAnswer(policyCheckViewSchema, 'What was found, faults of the policy among it'),
    ...refusals('not-found', ...OF_BODIES),
  },
});

export function policyRoutes({ policies }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(check, async (c) => {
    const { text, file, ...named } = c.req.valid('json');
    const { route, stable, canary } = named;
    const request = {
      text,
      file,
      ...(route === undefined ? {} : { route }),
      ...(stable === undefined ? {} : { stable }),
      ...(canary === undefined ? {} : { canary }),
    };
    return c.json(await policies.check(request, c.req.raw.signal), 200);
  });
  return app;
}
