import { declaredListeners } from '../../config/declared-listeners.ts';
import { upstreamCaOf } from '../../config/upstream-ca.ts';
import { readKeys } from '../../gateway/route/jwt/key-set.ts';
import { type KeyPlaces, loadKeys } from '../../gateway/route/jwt/load-keys.ts';
import { OwnListeners } from '../../gateway/upstream/own-listeners.ts';
import { upstreamTrust } from '../../gateway/upstream/upstream-trust.ts';
import { counted } from '../../policy/counted.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Advisory, Remark } from './check.ts';

/** Whether the tokens of consumers can be verified: without keys all of their bearers are unlisted, and nothing else would say so. */
export const consumerKeys: Advisory = {
  name: 'consumers',
  timeoutMs: 10_000,
  async run({ loaded }) {
    const { config, folder, document } = loaded;
    const own = new OwnListeners();
    for (const { at, name } of declaredListeners(config)) own.add(at.host, at.port, name);
    const places: KeyPlaces = { own, trust: upstreamTrust(upstreamCaOf(loaded).upstreamCa), folder };
    const remarks = config.routes.map(async (route, at): Promise<readonly Remark[]> => {
      const { consumerKey } = route;
      if (consumerKey?.kind !== 'jwt' || !capabilitiesOf(route).gatewayCarries) return [];
      const { jwks } = consumerKey.rule;
      const of = `route ${route.name}: the key set at ${'url' in jwks ? jwks.url : jwks.file}`;
      const { says, isUsable } = await keysAt(jwks, places);
      if (isUsable) return [{ level: 'ok', says: `${of} ${says}` }];
      const message = `${of} ${says}, so whoever sends a token is unlisted`;
      const issue = document?.issue({ path: ['routes', at, 'consumerKey', 'jwt', 'jwks'], message, at: 'value' });
      return [{ level: 'warning', says: message, ...(issue ? { issue } : {}) }];
    });
    return (await Promise.all(remarks)).flat();
  },
};

async function keysAt(
  jwks: Parameters<typeof loadKeys>[0],
  places: KeyPlaces,
): Promise<{ readonly says: string; readonly isUsable: boolean }> {
  const loaded = await loadKeys(jwks, places);
  if (!loaded.ok) return { says: loaded.reason, isUsable: false };
  const read = readKeys(loaded.text);
  if (!read.ok) return { says: read.reason, isUsable: false };
  const { keys, unusable } = read;
  if (keys.length === 0) return { says: 'has no key that signatures can be verified with', isUsable: false };
  const others = unusable === 0 ? '' : `, and ${counted(unusable, 'other')} that are of no use for that`;
  return { says: `has ${counted(keys.length, 'key')} to verify tokens with${others}`, isUsable: true };
}
