import { controllerRoute } from '../../config/routes.ts';
import { whyUnmirrored, whyUnprobed } from '../../controller/unmeasurable.ts';
import type { Advisory, Remark } from './check.ts';

/** Routes whose policy asks for requests that nothing says how to send, probes or mirrored ones: no rollout starts there. */
export const unprobedRoutes: Advisory = {
  name: 'probes',
  timeoutMs: 1_000,
  async run({ loaded: { config, document }, policies }) {
    return config.routes.map(controllerRoute).flatMap((route, at): readonly Remark[] => {
      const checks = policies.get(route.policy)?.policy.spec.checks;
      const why = checks === undefined ? null : (whyUnprobed(route, checks) ?? whyUnmirrored(route, checks));
      if (why === null) return [];
      const says = `no rollout with the policy ${route.policy} starts on ${route.name}: ${why}`;
      const issue = document?.issue({ path: ['routes', at, 'policy'], message: says, at: 'value' });
      return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
    });
  },
};
