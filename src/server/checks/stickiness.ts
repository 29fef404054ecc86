import { stickinessOf } from '../../config/stickiness.ts';
import type { Advisory } from './check.ts';

/** What rollouts of sticky routes pay for it. */
export const stickiness: Advisory = {
  name: 'stickiness',
  timeoutMs: 1_000,
  async run({ loaded }) {
    return loaded.config.routes.flatMap((route) => {
      const sticky = stickinessOf(route);
      return sticky === null ? [] : [{ level: sticky.level, says: `${route.name} is ${sticky.says}` }];
    });
  },
};
