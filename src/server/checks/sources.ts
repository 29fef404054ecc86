import { controllerRoute } from '../../config/routes.ts';
import { effectiveStable } from '../../controller/reconcile.ts';
import { failureSentence, isFailure } from '../../controller/try-source.ts';
import { counted } from '../../policy/counted.ts';
import { evidenceSource, openSources } from '../open-sources.ts';
import type { Advisory, Remark } from './check.ts';

/** What a rollout started now would ask the sources: every question of every route's policy, for its stable. */
export const sourcesCheck: Advisory = {
  name: 'sources',
  timeoutMs: 20_000,
  async run({ loaded: { config, document }, env, policies, database }, signal) {
    if (Object.keys(config.sources).length === 0) return [{ level: 'ok', says: 'evidence is measured by the gateway' }];
    const nothing = {
      collect: async () => ({ blocks: [], cursor: '' }),
      slices: async () => [],
      units: async () => null,
      sightings: async () => new Map(),
    };
    const source = evidenceSource(config, openSources(config, env), nothing);
    const stored = (await database.store?.stables.list()) ?? [];
    const asked = config.routes.map(controllerRoute).map(async (route, at): Promise<readonly Remark[]> => {
      const { version } = effectiveStable(
        route,
        stored.find((record) => record.route === route.name),
      );
      const queries = policies.get(route.policy)?.policy.spec.checks.queries ?? {};
      const request = { route: route.name, versions: { stable: version, canary: null }, queries };
      const answers = (await source.check?.(request, signal)) ?? [];
      if (answers.length === 0) return [];
      const failed = answers.filter(isFailure);
      if (failed.length === 0) {
        return [{ level: 'ok', says: `route ${route.name}: ${counted(answers.length, 'question')} answered` }];
      }
      return [...new Set(failed.map(failureSentence))].map((message): Remark => {
        const says = `route ${route.name}: ${message}`;
        const issue = document?.issue({ path: ['routes', at, 'source'], message: says, at: 'value' });
        return { level: 'warning', says, ...(issue ? { issue } : {}) };
      });
    });
    const found = (await Promise.all(asked)).flat();
    return found.length > 0 ? found : [{ level: 'ok', says: 'no route asks a source' }];
  },
};
