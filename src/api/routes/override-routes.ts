import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Problem } from '../../problem/problem.ts';
import { eventOf, type Verb } from '../../rollout/acts/deed.ts';
import type { OverrideEvent } from '../../rollout/event.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { entityTag, expectedVersion, ifMatch } from '../entity-tag.ts';
import {
  advanceBody,
  extendBody,
  gateParams,
  promoteBody,
  reasonBody,
  rolloutParams,
  skipBody,
  weightBody,
} from '../request-schemas.ts';
import { type RolloutView, rolloutViewSchema } from '../view-schemas.ts';
import { rolloutView } from '../views.ts';
import { withWayOn } from '../way-on.ts';

const OF_OVERRIDES = ['not-found', 'conflict', 'refused', 'stale', ...OF_BODIES] as const;

const NOT_RECORDED =
  'Not done: asked for, and a second person has to do the same (`asked`). Or done at the gateway, which sends everything to the stable; recorded when the database answers again';

const gate = createRoute({
  method: 'post',
  path: '/rollouts/{id}/gates/{gate}',
  tags: ['overrides'],
  summary: 'Open a gate of the present stage',
  ...requires({ verb: 'gate', routes: 'of-rollout' }),
  request: { params: gateParams, headers: ifMatch, body: jsonBody(reasonBody) },
  responses: {
    200: jsonAnswer(rolloutViewSchema, 'The rollout afterwards'),
    202: jsonAnswer(rolloutViewSchema, NOT_RECORDED),
    ...refusals(...OF_OVERRIDES),
  },
});

const retry = createRoute({
  method: 'post',
  path: '/rollouts/{id}/retry',
  tags: ['overrides'],
  summary: 'Try an ended rollout again, with fresh evidence',
  ...requires({ verb: 'retry', routes: 'of-rollout' }),
  request: { params: rolloutParams, headers: ifMatch, body: jsonBody(reasonBody) },
  responses: { 201: jsonAnswer(rolloutViewSchema, 'The new attempt'), ...refusals(...OF_OVERRIDES) },
});

/** What operators do to a rollout. Each is one event, handled like a tick's; the API decides nothing. */
export function overrideRoutes(control: ControlPlane): OpenAPIHono<ApiEnv> {
  const { rollouts, reader } = control;
  const viewOf = (record: RolloutRecord) => rolloutView(record, control.standing(record));
  const app = new OpenAPIHono<ApiEnv>();

  type Asked = { readonly id: string; readonly reason: string; readonly event: OverrideEvent };
  const override = async (c: Context<ApiEnv>, { id, reason, event }: Asked) =>
    answer(
      c,
      viewOf(
        await rollouts
          .override(id, event, c.get('actor'), reason, expectedVersion(c))
          .catch((error: unknown) => Promise.reject(needsNoDatabase(event) ? error : withWayOn(error))),
      ),
    );

  app.openapi(verb('pause', 'Nothing advances; harm still rolls back', reasonBody), (c) =>
    override(c, { ...c.req.valid('param'), ...c.req.valid('json'), event: eventOf({ verb: 'pause' }) }),
  );
  app.openapi(verb('resume', 'End a pause', reasonBody), (c) =>
    override(c, { ...c.req.valid('param'), ...c.req.valid('json'), event: eventOf({ verb: 'resume' }) }),
  );
  app.openapi(verb('rollback', 'Back to the stable; the version is blamed', reasonBody), (c) =>
    override(c, { ...c.req.valid('param'), ...c.req.valid('json'), event: eventOf({ verb: 'rollback' }) }),
  );
  app.openapi(verb('abort', 'Back to the stable; nobody is blamed', reasonBody), (c) =>
    override(c, { ...c.req.valid('param'), ...c.req.valid('json'), event: eventOf({ verb: 'abort' }) }),
  );
  app.openapi(verb('finalise', 'Make the promoted canary the stable', reasonBody), (c) =>
    override(c, { ...c.req.valid('param'), ...c.req.valid('json'), event: eventOf({ verb: 'finalise' }) }),
  );
  app.openapi(verb('advance', 'On to the next stage, which is named', advanceBody), (c) => {
    const { reason, ...asked } = c.req.valid('json');
    return override(c, { ...c.req.valid('param'), reason, event: eventOf({ verb: 'advance', ...asked }) });
  });
  app.openapi(verb('promote', 'To 100%, with the bake or without', promoteBody), (c) => {
    const { reason, ...asked } = c.req.valid('json');
    return override(c, { ...c.req.valid('param'), reason, event: eventOf({ verb: 'promote', ...asked }) });
  });
  app.openapi(verb('weight', 'Set the weight of the present step', weightBody), (c) => {
    const { weight, reason } = c.req.valid('json');
    return override(c, { ...c.req.valid('param'), reason, event: eventOf({ verb: 'weight', canaryBps: weight }) });
  });
  app.openapi(verb('extend', 'Make the present stage longer', extendBody), (c) => {
    const { by, reason } = c.req.valid('json');
    return override(c, { ...c.req.valid('param'), reason, event: eventOf({ verb: 'extend', byMs: by }) });
  });
  app.openapi(verb('skip', 'Take a check out of the verdict', skipBody), (c) => {
    const { check, reason } = c.req.valid('json');
    return override(c, { ...c.req.valid('param'), reason, event: eventOf({ verb: 'skip', check }) });
  });
  app.openapi(gate, (c) => {
    const { id, gate: name } = c.req.valid('param');
    return override(c, { id, ...c.req.valid('json'), event: eventOf({ verb: 'gate', gate: name }) });
  });

  app.openapi(verb('rebase', 'On to the edited policy, with fresh evidence', reasonBody), async (c) => {
    const { id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    const version = expectedVersion(c);
    if (version !== null) await requireVersion(id, version);
    return answer(c, viewOf(await rollouts.rebase(id, c.get('actor'), reason, version)));
  });
  app.openapi(retry, async (c) => {
    const { id } = c.req.valid('param');
    const version = expectedVersion(c);
    if (version !== null) await requireVersion(id, version);
    const record = await rollouts.retry(id, c.get('actor'), c.req.valid('json').reason);
    const view = viewOf(record);
    c.header('location', `/api/v1/rollouts/${view.id}`);
    c.header('etag', entityTag(view.version));
    return c.json(view, 201);
  });

  async function requireVersion(id: string, version: number): Promise<void> {
    const record = await reader.find(id);
    if (record && record.rollout.version !== version) {
      throw new Problem('stale', `the rollout has moved on: it is at version ${record.rollout.version}`);
    }
  }

  return app;
}

function needsNoDatabase({ kind }: OverrideEvent): boolean {
  return kind === 'rolledBack' || kind === 'aborted';
}

function verb<V extends Verb, B extends z.ZodType>(name: V, summary: string, body: B) {
  return createRoute({
    method: 'post',
    path: `/rollouts/{id}/${name}`,
    tags: ['overrides'],
    summary,
    ...requires({ verb: name, routes: 'of-rollout' }),
    request: { params: rolloutParams, headers: ifMatch, body: jsonBody(body) },
    responses: {
      200: jsonAnswer(rolloutViewSchema, 'The rollout afterwards'),
      202: jsonAnswer(rolloutViewSchema, NOT_RECORDED),
      ...refusals(...OF_OVERRIDES),
    },
  });
}

function answer(c: Context<ApiEnv>, view: RolloutView) {
  c.header('etag', entityTag(view.version));
  const isAsked = view.asked.some(({ version }) => version === view.version);
  return view.unrecorded === null && !isAsked ? c.json(view, 200) : c.json(view, 202);
}
