import { controllerRoute } from '../../config/routes.ts';
import { whyUnprobed } from '../../controller/unmeasurable.ts';
import type { Checks } from '../../policy/schema.ts';
import type { Advisory, Checked, Remark } from './check.ts';

/** Routes whose policy asks for probes that nothing says how to send. */
export const unprobedRoutes: Advisory = {
  name: 'probes',
  timeoutMs: 1_000,
  run: async (checked) => routesWithoutStart(checked, whyUnprobed),
};

/** A warning for each route on which no rollout with its policy starts, and why. */
export function routesWithoutStart(
  { loaded: { config, document }, policies }: Checked,
  whyNone: (route: ReturnType<typeof controllerRoute>, checks: Checks) => string | null,
): readonly Remark[] {
  return config.routes.map(controllerRoute).flatMap((route, at): readonly Remark[] => {
    const checks = policies.get(route.policy)?.policy.spec.checks;
    const why = checks === undefined ? null : whyNone(route, checks);
    if (why === null) return [];
    const says = `no rollout with the policy ${route.policy} starts on ${route.name}: ${why}`;
    const issue = document?.issue({ path: ['routes', at, 'policy'], message: says, at: 'value' });
    return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
  });
}
