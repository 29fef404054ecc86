import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import { reportCsv } from '../../consumers/ledger/report-csv.ts';
import { Problem } from '../../problem/problem.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals, taggedAnswer } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { expectedTag, ifMatch } from '../entity-tag.ts';
import {
  consumerParams,
  consumerReportQuery,
  listedConsumerParams,
  removalQuery,
  routeParams,
} from '../request-schemas.ts';
import { consumerBody, listChangeBody, listCommandOf, listPreviewBody } from './consumer-body.ts';
import { consumerViewSchema, consumerViewsSchema, listChangeViewSchema } from './consumer-view.ts';
import { consumerReportSchema } from './report-view.ts';

const list = createRoute({
  method: 'get',
  path: '/routes/{route}/consumers',
  tags: ['consumers'],
  summary: 'The listed consumers of a route',
  ...requires({ role: 'viewer', routes: 'in-path' }),
  request: { params: routeParams },
  responses: {
    200: taggedAnswer(consumerViewsSchema, 'All of them', 'of the list as it is stored'),
    ...refusals('not-found'),
  },
});

const put = createRoute({
  method: 'put',
  path: '/routes/{route}/consumers/{name}',
  tags: ['consumers'],
  summary: 'List a consumer, or change its rule',
  ...requires({ verb: 'consumers', routes: 'in-path' }),
  request: { params: consumerParams, headers: ifMatch, body: jsonBody(consumerBody) },
  responses: {
    200: jsonAnswer(consumerViewSchema, 'As it is listed now'),
    ...refusals('not-found', 'conflict', 'refused', 'stale', ...OF_BODIES),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/routes/{route}/consumers/{name}',
  tags: ['consumers'],
  summary: 'Take a consumer off the list',
  ...requires({ verb: 'consumers', routes: 'in-path' }),
  request: { params: listedConsumerParams, query: removalQuery, headers: ifMatch },
  responses: { 204: { description: 'Removed' }, ...refusals('not-found', 'invalid-input', 'stale') },
});

const preview = createRoute({
  method: 'post',
  path: '/routes/{route}/consumer-changes/preview',
  tags: ['consumers'],
  summary: 'What a change of the list would do to whom; nothing is changed',
  // It says whether a credential is listed.
  ...requires({ verb: 'consumers', routes: 'in-path' }),
  request: { params: routeParams, headers: ifMatch, body: jsonBody(listPreviewBody) },
  responses: {
    200: jsonAnswer(listChangeViewSchema, 'What it would do; the ETag is of the list as it is'),
    ...refusals('not-found', 'refused', 'stale', ...OF_BODIES),
  },
});

const change = createRoute({
  method: 'post',
  path: '/routes/{route}/consumer-changes',
  tags: ['consumers'],
  summary: 'Move listed consumers, or list many at once: all of it, or nothing',
  ...requires({ verb: 'consumers', routes: 'in-path' }),
  request: { params: routeParams, headers: ifMatch, body: jsonBody(listChangeBody) },
  responses: {
    200: jsonAnswer(
      listChangeViewSchema,
      'What it did, as one entry of the audit; the ETag is of the list as it is now',
    ),
    ...refusals('not-found', 'conflict', 'refused', 'stale', ...OF_BODIES),
  },
});

const report = createRoute({
  method: 'get',
  // Beside the list, and not below it: there it would be the name of a consumer.
  path: '/routes/{route}/consumer-report',
  tags: ['consumers'],
  summary: 'Who of the consumers asked what of which version',
  ...requires({ role: 'viewer', routes: 'in-path' }),
  request: { params: routeParams, query: consumerReportQuery },
  responses: {
    200: {
      description: 'The report; as CSV where Accept prefers that',
      content: {
        'application/json': { schema: consumerReportSchema },
        'text/csv': { schema: z.string() },
      },
    },
    ...refusals('not-found', 'invalid-input'),
  },
});

export function consumerRoutes({ consumers }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(list, async (c) => {
    const { tag, consumers: views } = await consumers.list(c.req.valid('param').route);
    c.header('etag', `"${tag}"`);
    return c.json([...views], 200);
  });

  app.openapi(put, async (c) => {
    const { reason, ...said } = c.req.valid('json');
    const { route, name } = c.req.valid('param');
    const command = listCommandOf({ kind: 'put', name, ...said }, route, consumers);
    await consumers.change(route, command, c.get('actor'), reason, expectedTag(c));
    const after = await consumers.list(route);
    const view = after.consumers.find((one) => one.name === name);
    if (!view) throw new Problem('conflict', `consumer ${name} was removed meanwhile`);
    c.header('etag', `"${after.tag}"`);
    return c.json(view, 200);
  });

  app.openapi(remove, async (c) => {
    const { route, name } = c.req.valid('param');
    await consumers.change(
      route,
      { kind: 'remove', name },
      c.get('actor'),
      c.req.valid('query').reason,
      expectedTag(c),
    );
    return c.body(null, 204);
  });

  app.openapi(preview, async (c) => {
    const { route } = c.req.valid('param');
    const command = listCommandOf(c.req.valid('json'), route, consumers);
    const { tag, ...told } = await consumers.preview(route, command, expectedTag(c));
    c.header('etag', `"${tag}"`);
    return c.json({ list: tag, ...told }, 200);
  });

  app.openapi(change, async (c) => {
    const { route } = c.req.valid('param');
    const { reason, ...asked } = c.req.valid('json');
    const command = listCommandOf(asked, route, consumers);
    const { tag, ...told } = await consumers.change(route, command, c.get('actor'), reason, expectedTag(c));
    c.header('etag', `"${tag}"`);
    return c.json({ list: tag, ...told }, 200);
  });

  app.openapi(report, async (c) => {
    const { route } = c.req.valid('param');
    const view = await consumers.report(route, c.req.valid('query').days);
    c.header('vary', 'accept', { append: true });
    const json = 'application/json';
    if (accepts(c, { header: 'Accept', supports: [json, 'text/csv'], default: json }) === json)
      return c.json(view, 200);
    c.header('content-disposition', 'attachment; filename="consumers.csv"');
    return c.body(reportCsv(view), 200, { 'content-type': 'text/csv; charset=utf-8; header=present' });
  });

  return app;
}
