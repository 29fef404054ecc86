import type { Checks } from '../../policy/schema.ts';
import type { Advisory, Remark } from './check.ts';
import { isLoopback } from './loopback.ts';

/** Routes on which everybody may send the forced answers that keep a canary in the internal phase. */
export const openForce: Advisory = {
  name: 'force',
  timeoutMs: 1_000,
  async run({ loaded: { config, document }, policies }) {
    if (isLoopback(config.gateway.listen.host)) return [];
    return config.routes.flatMap((route, at): readonly Remark[] => {
      const checks = policies.get(route.policy)?.policy.spec.checks;
      const judged = checks === undefined || route.force !== undefined ? [] : judgedByForced(checks);
      if (judged.length === 0) return [];
      const says =
        `${route.name}: any client may force requests to the canary, and ${judged.join(' and ')} may keep it in the internal phase for what ` +
        'they are answered, until a person acts; name in `force` whose requests count';
      const issue = document?.issue({ path: ['routes', at], message: says, at: 'value' });
      return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
    });
  },
};

function judgedByForced({ responseShape, logs }: Checks): readonly string[] {
  const isShape = responseShape !== undefined && responseShape.breaking !== 'report';
  return [...(isShape ? ['checks.responseShape'] : []), ...(logs === undefined ? [] : ['checks.logs'])];
}
