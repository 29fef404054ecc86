import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type ApiEnv, requires } from '../access.ts';
import { refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { mayActAs, seesRoute } from '../entry/may.ts';
import { eventStream } from '../events/event-stream.ts';
import { StreamPlaces } from '../events/stream-places.ts';
import { tooMany } from '../problem-answer.ts';

const AGAIN_MS = 10_000;
const HEADERS = {
  'content-type': 'text/event-stream',
  // No proxy may hold events back.
  'x-accel-buffering': 'no',
  // It ends with the stream.
  connection: 'close',
};

const events = createRoute({
  method: 'get',
  path: '/events',
  tags: ['events'],
  summary: 'What changes, as it changes: a stream of server-sent events',
  ...requires({ role: 'viewer', routes: 'shown' }),
  request: {
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .describe('The id of the last event that was read: what was missed comes first, or `reset`'),
    }),
  },
  responses: {
    200: {
      description:
        'Never ends by itself: `hello` first, then `rollout`, `look`, `decision`, `routes` and `reset`; docs/control-api.md',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...refusals('busy'),
  },
});

export function eventRoutes({ feed }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  const places = new StreamPlaces();

  app.openapi(events, (c) => {
    const { name } = c.get('actor');
    const confirm = c.get('confirm');
    const scope = c.get('scope');
    const expiresAt = c.get('expiresAt');
    if (c.req.method === 'HEAD') return c.body(null, 200, HEADERS);
    const full = places.take(name);
    if (full !== null) return tooMany(c, 'busy', `${full}; try again`, AGAIN_MS);
    try {
      const stream = eventStream({
        feed,
        lastEventId: c.req.valid('header')['last-event-id'] || null,
        mayRead: async () => {
          const actor = await confirm();
          return actor !== null && mayActAs('viewer', actor.role);
        },
        shows: (route) => seesRoute(scope, route),
        lastsMs: expiresAt === null ? null : expiresAt - Date.now(),
        breakOff: () => breakOff(c),
        onEnd: () => places.free(name),
      });
      return c.body(stream, 200, HEADERS);
    } catch (error) {
      places.free(name);
      throw error;
    }
  });

  return app;
}

/** A request that came over no socket has nothing to break. */
function breakOff(c: Context): void {
  c.env?.outgoing?.destroy();
}
