/** What a router can do, as plain data: each part of Serin checks only the capability it depends on. */
export interface RouterCapabilities {
  /** Our gateway carries the traffic: it listens for the route, and can measure, force, brake and fail over. */
  readonly gatewayCarries: boolean;
  /** Serin moves the split. Otherwise an order is advice to the operator. */
  readonly serinMoves: boolean;
  /** The split in force can be read. Otherwise Serin cannot tell whether advice was followed. */
  readonly splitSeen: boolean;
}

/** The values of a route's `router` in serin.yaml. `src/routers/routers.ts` creates each of them. */
export const ROUTER_NAMES = ['gateway', 'none'] as const;

export type RouterName = (typeof ROUTER_NAMES)[number];

const CAPABILITIES: Readonly<Record<RouterName, RouterCapabilities>> = {
  gateway: { gatewayCarries: true, serinMoves: true, splitSeen: true },
  none: { gatewayCarries: false, serinMoves: false, splitSeen: false },
};

/** Anything with a router: a route, or a rollout, which omits it for the gateway. */
export function capabilitiesOf({ router = 'gateway' }: { readonly router?: RouterName }): RouterCapabilities {
  return CAPABILITIES[router];
}
