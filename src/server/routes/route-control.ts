import type { ForceAsked, RouteControl, RouteStanding } from '../../api/control.ts';
import type { ConfiguredRoute } from '../../config/config.ts';
import type { RouteNow } from '../../controller/readers/route-reader.ts';
import type { SplitPort } from '../../gateway/gateway.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { TrafficKeeper } from './traffic-keeper.ts';

interface RouteParts {
  readonly routes: () => readonly ConfiguredRoute[];
  readonly states: () => Promise<readonly RouteNow[]>;
  readonly gateway: Pick<SplitPort, 'appliedSplit'>;
  readonly traffic: Pick<TrafficKeeper, 'of'>;
  /** The share of a canary by now, in basis points; null where it is not known. */
  readonly inForce: (record: RolloutRecord) => number | null;
}

/** The declared routes, put together from the file, the controller and the gateway. */
export function routeControl({ routes, states, gateway, traffic, inForce }: RouteParts): RouteControl {
  async function standingOf(route: ConfiguredRoute, state: RouteNow): Promise<RouteStanding> {
    const { name, policy, router } = route;
    const isCarried = capabilitiesOf(route).gatewayCarries;
    return {
      name,
      host: isCarried ? (route.host ?? null) : null,
      path: isCarried ? route.path : null,
      stable: state.stable,
      policy,
      router,
      split: isCarried ? await gateway.appliedSplit(name) : null,
      traffic: traffic.of(name),
      running: state.running && { ...state.running, inForceBps: inForce(state.running) },
      force: isCarried ? forceOf(route) : null,
      lastEnded: state.lastEnded,
    };
  }

  return {
    async list() {
      const byName = new Map((await states()).map((state) => [state.route.name, state]));
      const standings = routes().map((route) => {
        const state = byName.get(route.name);
        return state ? [standingOf(route, state)] : [];
      });
      return Promise.all(standings.flat());
    },
  };
}

function forceOf({ forceHeader, force }: Pick<ConfiguredRoute, 'forceHeader' | 'force'>): ForceAsked {
  const asked =
    typeof forceHeader === 'string'
      ? { header: forceHeader, value: 'canary' }
      : { header: forceHeader.name, value: forceHeader.canary };
  return { ...asked, from: force?.from ?? null, tokens: force?.tokens ?? 'none' };
}
