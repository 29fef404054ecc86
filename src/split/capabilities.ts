/** What a router can do, as plain data: each part of Serin asks for the one thing that it depends on. */
export interface RouterCapabilities {
  /** Our gateway carries the traffic: it listens for the route, and can measure, force, brake and fail over. */
  readonly gatewayCarries: boolean;
  /** Serin moves the split. Where it does not, an order is advice to those who do. */
  readonly serinMoves: boolean;
  /** The split in force can be seen. Where it cannot, nothing tells whether advice was followed. */
  readonly splitSeen: boolean;
}

/** What `router` of a route can be in serin.yaml. `src/routers/routers.ts` makes each of them. */
export const ROUTER_NAMES = ['gateway', 'none'] as const;

export type RouterName = (typeof ROUTER_NAMES)[number];

const CAPABILITIES: Readonly<Record<RouterName, RouterCapabilities>> = {
  gateway: { gatewayCarries: true, serinMoves: true, splitSeen: true },
  none: { gatewayCarries: false, serinMoves: false, splitSeen: false },
};

/** Of what has a router: a route, or a rollout, which leaves the gateway out. */
export function capabilitiesOf({ router = 'gateway' }: { readonly router?: RouterName }): RouterCapabilities {
  return CAPABILITIES[router];
}
