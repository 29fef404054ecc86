import type { ValueControl } from '../api/control.ts';
import type { MeasurePort } from '../gateway/gateway.ts';
import { Problem } from '../problem/problem.ts';

interface ValueParts {
  readonly gateway: Pick<MeasurePort, 'postValues'>;
  /** Throws Problem if `serin.yaml` has no such route. */
  readonly route: (name: string) => unknown;
  /** Names of the routes that the gateway carries. */
  readonly carried: () => readonly string[];
}

/** Values that are posted, on their way to the gateway. */
export function valueControl({ gateway, route, carried }: ValueParts): ValueControl {
  return {
    post: async (name, values) => {
      route(name);
      if (!carried().includes(name)) {
        throw new Problem(
          'refused',
          `the gateway does not carry the route ${name}, so that it knows none of its requests`,
        );
      }
      return gateway.postValues(name, values);
    },
  };
}
