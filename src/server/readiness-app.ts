import { Hono } from 'hono';
import type { ControlPlane } from '../api/control.ts';
import { readinessOf } from '../api/readiness.ts';

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
