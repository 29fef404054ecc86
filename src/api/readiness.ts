import { z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { ControlPlane, Health } from './control.ts';

export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  degraded: z.boolean().describe('Ready, with problems'),
  problems: z.array(z.string()),
});

/** What `/readyz` answers, on whichever listener it is asked. */
export function readinessOf({ ready, problems }: Health) {
  return { ready, degraded: ready && problems.length > 0, problems: [...problems] };
}

/**
 * What load balancers ask of the gateway, on a listener of its own: the gateway's listener has no path that is not a
 * service's, and the control listener is no business of a balancer's network.
 */
export function readinessApp({ health }: Pick<ControlPlane, 'health'>): Hono {
  const app = new Hono();
  app.get('/livez', (c) => c.json({ live: true }));
  app.get('/readyz', async (c) => {
    const body = readinessOf(await health('gateway'));
    return c.json(body, body.ready ? 200 : 503);
  });
  app.notFound((c) => c.json({ problems: ['only /livez and /readyz are answered here'] }, 404));
  return app;
}
