import { declaredListeners } from '../../config/declared-listeners.ts';
import { controllerRoute } from '../../config/routes.ts';
import { upstreamCaOf } from '../../config/upstream-ca.ts';
import { effectiveStable } from '../../controller/reconcile.ts';
import { healthUrl } from '../../controller/upstream.ts';
import { OwnListeners } from '../../gateway/upstream/own-listeners.ts';
import { probe } from '../../gateway/upstream/probe.ts';
import { upstreamTrust } from '../../gateway/upstream/upstream-trust.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Advisory, Remark } from './check.ts';

const ANSWER_MS = 3_000;

/** The stable of every route: which one is in force, and whether it is healthy by the route's definition. */
export const upstreams: Advisory = {
  name: 'upstreams',
  timeoutMs: 10_000,
  async run({ file, loaded, database }) {
    const trust = upstreamTrust(upstreamCaOf(loaded).upstreamCa);
    // No upstream may be an address where this Serin listens, or will listen.
    const own = new OwnListeners();
    for (const { at, name } of declaredListeners(loaded.config)) own.add(at.host, at.port, name);
    const stored = (await database.store?.stables.list()) ?? [];
    const asked = loaded.config.routes.map(controllerRoute).map(async (route, at): Promise<Remark> => {
      const stable = effectiveStable(
        route,
        stored.find((record) => record.route === route.name),
      );
      const declared = stable === route.stable ? '' : ` (promoted; ${file} still declares ${route.stable.url})`;
      const says = `route ${route.name}: stable${stable.version === 'stable' ? '' : ` ${stable.version}`} at ${stable.url}${declared}`;
      // This Serin sends nothing there, and it may not be reachable from here.
      if (!capabilitiesOf(route).gatewayCarries)
        return { level: 'ok', says: `${says}; its traffic does not pass through this gateway` };
      const { path, status } = route.health;
      const asked = { timeoutMs: ANSWER_MS, trust, own, via: null, well: status };
      const failure = await probe(healthUrl(stable, path), asked);
      if (failure === null) return { level: 'ok', says: `${says} answers` };
      const message = `${says} is not well: ${failure}`;
      const issue = loaded.document?.issue({ path: ['routes', at, 'stable'], message, at: 'value' });
      return { level: 'warning', says: message, ...(issue ? { issue } : {}) };
    });
    return Promise.all(asked);
  },
};
