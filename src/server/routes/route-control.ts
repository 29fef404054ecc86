import type { RouteControl, RouteStanding } from '../../api/control.ts';
import type { ConfiguredRoute } from '../../config/config.ts';
import type { RouteNow } from '../../controller/readers/route-reader.ts';
import type { SplitPort } from '../../gateway/gateway.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { TrafficKeeper } from './traffic-keeper.ts';

interface RouteParts {
  readonly routes: readonly ConfiguredRoute[];
  readonly states: () => Promise<readonly RouteNow[]>;
  readonly gateway: Pick<SplitPort, 'appliedSplit'>;
  readonly traffic: Pick<TrafficKeeper, 'of'>;
}

/** The declared routes, put together from the file, the controller and the gateway. */
export function routeControl({ routes, states, gateway, traffic }: RouteParts): RouteControl {
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
      running: state.running,
      lastEnded: state.lastEnded,
    };
  }

  return {
    async list() {
      const byName = new Map((await states()).map((state) => [state.route.name, state]));
      const standings = routes.map((route) => {
        const state = byName.get(route.name);
        return state ? [standingOf(route, state)] : [];
      });
      return Promise.all(standings.flat());
    },
  };
}
