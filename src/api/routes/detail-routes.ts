import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { noSuchRollout } from '../../rollout/record.ts';
import { type ApiEnv, requires } from '../access.ts';
import { jsonAnswer, refusals } from '../content.ts';
import type { ControlPlane } from '../control.ts';
import { linkNext, pageOfNewest } from '../page.ts';
import { messagesQuery, rolloutParams } from '../request-schemas.ts';
import { messageView, messageViewsSchema } from '../views/message-view.ts';
import { pinnedPolicyView, pinnedPolicyViewSchema } from '../views/policy-view.ts';

const MOST_MESSAGES = 10_000;

const messages = createRoute({
  method: 'get',
  path: '/rollouts/{id}/messages',
  tags: ['rollouts'],
  summary: 'What was sent about a rollout, by channel, and what became of it; newest first',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams, query: messagesQuery },
  responses: {
    200: jsonAnswer(messageViewsSchema, 'One page; Link names the next'),
    ...refusals('not-found', 'invalid-input'),
  },
});

const policy = createRoute({
  method: 'get',
  path: '/rollouts/{id}/policy',
  tags: ['rollouts'],
  summary: 'The policy that a rollout keeps, and how the declared one differs by now',
  ...requires({ role: 'viewer', routes: 'of-rollout' }),
  request: { params: rolloutParams },
  responses: { 200: jsonAnswer(pinnedPolicyViewSchema, 'The policy'), ...refusals('not-found') },
});

/** What there is to know about one rollout beside its state. */
export function detailRoutes({ reader, policies }: ControlPlane): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();

  app.openapi(messages, async (c) => {
    const found = await reader.messages(c.req.valid('param').id, MOST_MESSAGES);
    const { items, next } = pageOfNewest(found, c.req.valid('query'));
    linkNext(c, next);
    return c.json(items.map(messageView), 200);
  });

  app.openapi(policy, async (c) => {
    const { id } = c.req.valid('param');
    const record = await reader.find(id);
    if (!record) throw noSuchRollout(id);
    const { rollout } = record;
    return c.json(pinnedPolicyView(rollout, policies.declared(rollout.policy.metadata.name)), 200);
  });

  return app;
}
