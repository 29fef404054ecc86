import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type ApiEnv, requires } from '../access.ts';
import { BodyRoom } from '../body-room.ts';
import { jsonAnswer, refusals } from '../content.ts';
import type { ControlPlane, LogsOutcome } from '../control.ts';
import { limitBodyTo } from '../limit-body.ts';
import { otlpRefused, otlpTaken } from '../otlp-answer.ts';
import { problemAnswer, tooMany } from '../problem-answer.ts';
import { logsQuery } from '../request-schemas.ts';
import { logsViewSchema } from '../view-schemas.ts';

/** Of a batch as it is sent; one that is larger is sent in parts. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Of the process. */
const ROOM = new BodyRoom();
const NDJSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

const { middleware: guard, ...sender } = requires({ role: 'logs:write', routes: 'every' });

const post = createRoute({
  method: 'post',
  path: '/logs',
  tags: ['logs'],
  summary: 'Send log lines of a route, a JSON object a line',
  ...sender,
  middleware: [guard, limitBodyTo(MOST_BYTES, ROOM)] as const,
  request: {
    query: logsQuery,
    body: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: z.string().describe('Lines such as {"level":"error","message":"...","version":"v2"}; also gzip'),
        },
      },
    },
  },
  responses: {
    200: jsonAnswer(logsViewSchema, 'What became of the lines'),
    ...refusals('not-found', 'invalid-input', 'unsupported-media-type', 'busy'),
  },
});

const OTLP = {
  // No schema of ours: it would be checked here, and the thread that reads logs does that.
  'application/json': { schema: { type: 'object' as const, description: 'An ExportLogsServiceRequest' } },
  'application/x-protobuf': { schema: z.string() },
};
const OTLP_ANSWER = {
  'application/json': { schema: z.looseObject({}).openapi('OtlpAnswer') },
  'application/x-protobuf': { schema: z.string() },
};

const postOtlp = createRoute({
  method: 'post',
  path: '/otlp/v1/logs',
  tags: ['logs'],
  summary: 'Send logs by OTLP: OTEL_EXPORTER_OTLP_ENDPOINT is the address up to /otlp',
  ...sender,
  middleware: [guard, limitBodyTo(MOST_BYTES, ROOM)] as const,
  request: { body: { required: true, content: OTLP } },
  responses: {
    ...ofOtlp(refusals('unsupported-media-type', 'busy')),
    200: { description: 'ExportLogsServiceResponse, with what was not taken', content: OTLP_ANSWER },
  },
});

/** OTLP answers a refusal of its own in the encoding of the request. */
function ofOtlp(all: ReturnType<typeof refusals>): ReturnType<typeof refusals> {
  return Object.fromEntries(
    Object.entries(all).map(([status, refusal]) => [
      status,
      { ...refusal, content: { ...refusal.content, ...OTLP_ANSWER } },
    ]),
  ) as ReturnType<typeof refusals>;
}

/** What services log, from whoever collects it. */
export function logRoutes({ logs }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.openapi(post, async (c) => {
    const route = c.req.valid('query').route ?? c.get('actor').sender?.route;
    if (route === undefined) {
      const errors = [{ parameter: 'route', detail: 'must name the route: this token is bound to none' }];
      return problemAnswer(c, 'invalid-input', `route: ${errors[0]?.detail}`, { errors }) as never;
    }
    const coding = codingOf(c);
    if (!NDJSON.includes(mediaTypeOf(c)) || coding === null) {
      return problemAnswer(c, 'unsupported-media-type', `send ${NDJSON[0]}, as it is or with gzip`) as never;
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const outcome = await logs.post({ way: 'ndjson', bytes, coding, route, by: c.get('actor') });
    if (outcome.kind !== 'read') return refused(c, outcome) as never;
    return c.json({ route, counts: outcome.counts }, 200);
  });
  app.openapi(postOtlp, async (c) => (await takeOtlp(c, logs)) as never);
  return app;
}

async function takeOtlp(c: Context<ApiEnv>, logs: ControlPlane['logs']): Promise<Response> {
  const type = mediaTypeOf(c);
  const encoding = type === 'application/x-protobuf' ? type : 'application/json';
  const coding = codingOf(c);
  if (type !== encoding || coding === null) {
    const message = 'send application/x-protobuf or application/json, as it is or with gzip';
    return otlpRefused(c, encoding, { status: 415, message });
  }
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  const way = encoding === 'application/json' ? 'otlp-json' : 'otlp-protobuf';
  const outcome = await logs.post({ way, bytes, coding, route: null, by: c.get('actor') });
  if (outcome.kind === 'unreadable') return otlpRefused(c, encoding, { status: 400, message: outcome.reason });
  if (outcome.kind === 'busy') {
    const seconds = String(Math.ceil(outcome.retryAfterMs / 1_000));
    const message = `logs come faster than they may be read; send this again in ${seconds} s`;
    return otlpRefused(c, encoding, { status: 429, message, headers: { 'retry-after': seconds } });
  }
  const { malformed, tooLong, unrouted } = outcome.counts;
  const why = [
    ...(malformed > 0 ? [`${malformed} say nothing`] : []),
    ...(tooLong > 0 ? [`${tooLong} are longer than 64 KiB`] : []),
    ...(unrouted > 0
      ? [
          `${unrouted} are of no route: set the resource attribute serin.route, or logs.services of a route in serin.yaml`,
        ]
      : []),
  ].join('; ');
  return otlpTaken(c, encoding, malformed + tooLong + unrouted, why);
}

function refused(c: Context, outcome: Exclude<LogsOutcome, { kind: 'read' }>): Response {
  if (outcome.kind === 'unreadable') return problemAnswer(c, 'malformed', `the body cannot be read: ${outcome.reason}`);
  return tooMany(c, 'busy', 'logs come faster than they may be read; send this again', outcome.retryAfterMs);
}

function mediaTypeOf(c: Context): string {
  return (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Null for one that is not read. */
function codingOf(c: Context): 'identity' | 'gzip' | null {
  const coding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  return coding === 'identity' || coding === '' ? 'identity' : null;
}
