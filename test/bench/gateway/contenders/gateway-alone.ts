import { join } from 'node:path';
import { packageVersion } from '../../../../src/server/version.ts';
import { messageOf, sayingsOf } from '../children.ts';
import type { Contender } from './contender.ts';
import { hasFastPath } from './serin.ts';

/**
 * The gateway without the control plane, whose embedded database takes and gives back hundreds of MB as it likes: what
 * one connection takes could not be told from that.
 */
function gatewayAlone(path: 'fast' | 'reference'): Contender {
  return {
    name: `gateway-${path}`,
    family: 'part',
    about: `Serin's gateway, ${path} path, a split of 50 %, no control plane: for memory alone`,
    prepare: () => (path === 'fast' && !hasFastPath ? 'this version has no fast path' : null),
    start: async ({ children, placement, upstreams }) => {
      const args = [path === 'fast' ? 'on' : 'off', ...upstreams.map(String)];
      const file = join(import.meta.dirname, 'gateway-host.ts');
      const child = children.start(file, args, { core: placement.proxy, kind: 'module' });
      const { port } = await messageOf<{ readonly port: number }>(child, sayingsOf(child));
      return { port, pid: child.pid ?? 0, version: packageVersion() };
    },
  };
}

export const gatewaysAlone: readonly Contender[] = [gatewayAlone('fast'), gatewayAlone('reference')];
