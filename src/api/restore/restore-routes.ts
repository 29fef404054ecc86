import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ToldRestore } from '../../consumers/restore-command.ts';
import { Problem } from '../../problem/problem.ts';
import type { ScopeVerb } from '../../rollout/acts/scope.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, jsonBody, OF_BODIES, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { expectedTag, ifMatch } from '../entity-tag.ts';
import { roleFor, whyNot } from '../entry/may.ts';
import { routeParams } from '../request-schemas.ts';
import { restoreBody, restorePreviewBody } from './restore-body.ts';
import { type RestoreView, restoreViewSchema } from './restore-view.ts';

const preview = createRoute({
  method: 'post',
  path: '/routes/{route}/restore/preview',
  tags: ['overrides'],
  summary: 'What a restore would put back; nothing is changed',
  ...requires({ verb: 'restore', routes: 'in-path' }),
  request: { params: routeParams, body: jsonBody(restorePreviewBody) },
  responses: {
    200: jsonAnswer(restoreViewSchema, 'What it would do; the ETag is of what it was computed from'),
    ...refusals('not-found', 'conflict', 'refused', ...OF_BODIES),
  },
});

const restore = createRoute({
  method: 'post',
  path: '/routes/{route}/restore',
  tags: ['overrides'],
  summary: 'Put the configuration of a route back as it was before an entry of the audit: all of it, or nothing',
  ...requires({ verb: 'restore', routes: 'in-path' }),
  request: { params: routeParams, headers: ifMatch, body: jsonBody(restoreBody) },
  responses: {
    200: jsonAnswer(restoreViewSchema, 'What it did, as one entry of the audit'),
    202: jsonAnswer(restoreViewSchema, 'Only asked for: the policy takes a second person, who does the same'),
    ...refusals('not-found', 'conflict', 'refused', 'stale', ...OF_BODIES),
  },
});

export function restoreRoutes({ restores }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(preview, async (c) => {
    const { route } = c.req.valid('param');
    const told = await restores.preview(route, c.req.valid('json').to, c.get('actor'));
    c.header('etag', `"${told.tag}"`);
    return c.json(viewOf(told), 200);
  });

  app.openapi(restore, async (c) => {
    const { route } = c.req.valid('param');
    const command = {
      route,
      ...c.req.valid('json'),
      expectedTag: expectedTag(c, 'what a restore was told of'),
      permit: (verbs: readonly ScopeVerb[]) => requireVerbs(c, route, verbs),
    };
    const told = await restores.restore(command, c.get('actor'));
    return told.asked === null ? c.json(viewOf(told), 200) : c.json(viewOf(told), 202);
  });

  return app;
}

/** A restore is no way around the limits of a token: it takes every verb that would do the same. */
function requireVerbs(c: Context<ApiEnv>, route: string, verbs: readonly ScopeVerb[]): void {
  const holder = { actor: c.get('actor'), scope: c.get('scope') };
  for (const verb of verbs) {
    const refusal = whyNot(holder, { role: roleFor(verb), verb, routes: [route] });
    if (refusal !== null) throw new Problem('forbidden', refusal);
  }
}

function viewOf({ tag, entry, rollout, consumers, says, left, verbs, asked, seq }: ToldRestore): RestoreView {
  return {
    state: tag,
    entry: {
      seq: entry.seq,
      at: new Date(entry.at).toISOString(),
      event: entry.event.kind,
      actor: { name: entry.actor.name, role: entry.actor.role },
      reason: entry.reason,
    },
    rollout: rollout && {
      id: rollout.id,
      version: rollout.version,
      changes: rollout.parts.map(({ part, before, after }) => ({ part, before, after })),
    },
    consumers,
    says,
    left,
    verbs,
    asked,
    seq,
  };
}
