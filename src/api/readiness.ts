import { z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { ControlPlane, Health } from './control.ts';

export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  degraded: z.boolean().describe('Ready, with problems'),
  problems: z.array(z.string()),
});

/** The response of `/readyz`, on either listener. */
export function readinessOf({ ready, problems }: Health) {
  return { ready, degraded: ready && problems.length > 0, problems: [...problems] };
}

/**
 * Readiness for load balancers, on its own listener: every path on the gateway's listener belongs to a service, and a
 * load balancer's network should not reach the control listener.
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
