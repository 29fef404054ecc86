import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { type Refusal, refuse } from '../http/refuse.ts';
import type { RouteState } from '../route/route-state.ts';
import type { RouteTable } from '../route/route-table.ts';
import type { GatewayRequest } from './admit.ts';
import { forward, type Serving } from './forward.ts';

/** What Hono hands to the gateway's handlers. */
export interface GatewayEnv {
  Bindings: { readonly incoming: GatewayRequest; readonly outgoing: ServerResponse<GatewayRequest> };
}

export const NO_ROUTE: Refusal = { status: 404, detail: 'No route of this gateway matches the request.' };

/**
 * The gateway's Hono application: one Hono route per declared route. Hono decodes the paths it matches, and a
 * gateway must match raw bytes and hosts, so `getPath` finds the route in our own table and names it by its index.
 * Each handler answers through the raw `incoming` and `outgoing`, and returns before the answer exists; a promise where the
 * request waits for its token.
 */
export function createApp(
  table: RouteTable<RouteState>,
  routes: readonly RouteState[],
  serving: Serving,
): Hono<GatewayEnv> {
  const names = new Map(routes.map((state, index) => [state, `/route/${index}`]));
  const app = new Hono<GatewayEnv>({
    getPath: (_request, options) => {
      const incoming = options?.env?.incoming;
      const state = incoming && table.find(incoming.headers.host ?? '', incoming.target.path);
      return (state && names.get(state)) ?? '/none';
    },
  });
  for (const [state, name] of names) {
    app.all(name, ({ env }) => {
      const known = forward(state, env.incoming, env.outgoing, serving);
      return known === null ? RESPONSE_ALREADY_SENT : sentAfter(known);
    });
  }
  app.notFound(({ env }) => {
    refuse(env.outgoing, NO_ROUTE, 'keep');
    return RESPONSE_ALREADY_SENT;
  });
  // The listener handles what is thrown here.
  app.onError((error) => {
    throw error;
  });
  return app;
}

async function sentAfter(known: Promise<void>): Promise<Response> {
  await known;
  return RESPONSE_ALREADY_SENT;
}
