import type { ConfigurationControl } from '../../src/api/configuration/configuration-control.ts';
import type { Actor } from '../../src/rollout/event.ts';

interface Written {
  readonly actor: Actor;
  readonly route: string;
  readonly rolloutId: null;
  readonly event: { readonly kind: string };
  readonly reason: string;
}

/** A configuration that never changes, and says what it is asked. */
export function fakeConfiguration(write: (entry: Written) => unknown, tick: () => number): ConfigurationControl {
  return {
    async inForce() {
      return { file: 'serin.yaml', since: tick(), fault: null, waiting: [], yaml: 'routes: []\n' };
    },
    async compare() {
      return [{ path: 'environment', before: null, after: 'test', effect: 'applied' }];
    },
    async reload(by, reason, mode) {
      if (mode === 'apply') {
        write({ actor: by, route: '', rolloutId: null, event: { kind: 'configReloaded' }, reason });
      }
      return { applied: [], waiting: [] };
    },
  };
}
