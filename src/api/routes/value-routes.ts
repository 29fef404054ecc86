import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { POST_OUTCOMES, type PostOutcome } from '../../stats/answers/posted-value.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { valuesBody } from '../request-schemas.ts';
import { postedViewSchema } from '../view-schemas.ts';

const post = createRoute({
  method: 'post',
  path: '/values',
  tags: ['values'],
  summary: 'Give values to answers, by the ids of their requests',
  ...requires({ verb: 'values', routes: 'in-body' }),
  request: { body: jsonBody(valuesBody) },
  responses: {
    200: jsonAnswer(postedViewSchema, 'What became of each'),
    ...refusals('not-found', 'refused', ...OF_BODIES),
  },
});

/** What somebody outside says of answers, such as the scores of a judge. */
export function valueRoutes({ values: control }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(post, async (c) => {
    const { route, values } = c.req.valid('json');
    const outcomes = await control.post(
      route,
      values.map(({ requestId, name, value }) => ({ requestId, name, value })),
    );
    const posted = values.flatMap(({ requestId, name }, at) => {
      const outcome = outcomes[at];
      return outcome === undefined ? [] : [{ requestId, name, outcome }];
    });
    return c.json({ route, counts: countsOf(outcomes), values: posted }, 200);
  });
  return app;
}

function countsOf(outcomes: readonly PostOutcome[]): Record<PostOutcome, number> {
  const counts = Object.fromEntries(POST_OUTCOMES.map((outcome) => [outcome, 0])) as Record<PostOutcome, number>;
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}
