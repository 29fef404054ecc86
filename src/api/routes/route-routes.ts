import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { seesRoute } from '../entry/may.ts';
import { linkNext, pageFrom } from '../page.ts';
import { routesQuery } from '../request-schemas.ts';
import { routeView, routeViewsSchema } from '../views/route-view.ts';

const list = createRoute({
  method: 'get',
  path: '/routes',
  tags: ['routes'],
  summary: 'Every route of serin.yaml, with what is rolled out there, and its traffic',
  ...requires({ role: 'viewer', routes: 'shown' }),
  request: { query: routesQuery },
  responses: {
    200: jsonAnswer(routeViewsSchema, 'In the order of the file; Link names the next page'),
    ...refusals('invalid-input'),
  },
});

export function routeRoutes({ routes }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(list, async (c) => {
    const { series, ...asked } = c.req.valid('query');
    const shown = series === false ? 'without-series' : 'with-series';
    const mine = (await routes.list()).filter(({ name }) => seesRoute(c.get('scope'), name));
    const { items, next } = pageFrom(mine, asked);
    linkNext(c, next);
    return c.json(
      items.map((standing) => routeView(standing, shown)),
      200,
    );
  });
  return app;
}
