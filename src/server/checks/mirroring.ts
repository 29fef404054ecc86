import type { ConfiguredRoute } from '../../config/config.ts';
import { unsafeMethods } from '../../config/mirror.ts';
import { whyUnmirrored } from '../../controller/unmeasurable.ts';
import { formatPercent } from '../../policy/units.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Advisory, Checked, Remark } from './check.ts';
import { routesWithoutStart } from './unprobed-routes.ts';

/** What a route sends again, in words, and whether it sends what its policy compares. */
export const mirroring: Advisory = {
  name: 'mirror',
  timeoutMs: 1_000,
  run: async (checked) => [...mirrored(checked), ...routesWithoutStart(checked, whyUnmirrored)],
};

/** A mirrored request acts for the client whose request it repeats. */
function mirrored({ loaded: { config, document } }: Checked): readonly Remark[] {
  return config.routes.flatMap((route, at): readonly Remark[] => {
    const said = saidOf(route);
    if (said === null) return [];
    const says = `${route.name}: ${said.says}`;
    const issue = document?.issue({ path: ['routes', at, 'mirror'], message: says, at: 'value' });
    return [{ level: said.level, says, ...(issue && said.level === 'warning' ? { issue } : {}) }];
  });
}

function saidOf(route: ConfiguredRoute): Pick<Remark, 'level' | 'says'> | null {
  const { mirror } = route;
  if (mirror === undefined) return null;
  if (!capabilitiesOf(route).gatewayCarries) {
    return { level: 'warning', says: 'nothing is mirrored, because another router has its requests' };
  }
  const unsafe = unsafeMethods(mirror);
  if (unsafe.length > 0) {
    const methods = unsafe.join(', ');
    return {
      level: 'warning',
      says: `requests by ${methods} are mirrored: what such a request does is done once more, in the name of the client, on every system that both versions share; leave it out of mirror.methods unless the canary has data of its own`,
    };
  }
  const share = formatPercent(mirror.share).replace('%', ' %');
  return {
    level: 'ok',
    says: `${share} of its ${mirror.methods.join(' and ')} requests are sent to a canary as well, at most ${mirror.perSecond} per second`,
  };
}
