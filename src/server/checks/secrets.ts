import { declaredSecrets } from '../../config/declared-secrets.ts';
import { upstreamCaOf } from '../../config/upstream-ca.ts';
import { presentAdminToken } from '../../identity/admin-token.ts';
import { presentSecret } from '../../identity/installation-secret.ts';
import { resolveSecret } from '../../identity/secrets.ts';
import { openChannels } from '../../notify/channels.ts';
import { counted } from '../../policy/counted.ts';
import { Problem } from '../../problem/problem.ts';
import { endpointOf, openSources } from '../open-sources.ts';
import type { Checked, Obstacle, Requirement } from './check.ts';

/** Every secret that the file names, and whether those in the data folder are intact. */
export const secrets: Requirement = {
  name: 'secrets',
  timeoutMs: 5_000,
  async run(checked) {
    const { env, loaded, dataFolder } = checked;
    const { config, document } = loaded;
    const declared = declaredSecrets(config);
    const faults: Obstacle[] = declared.flatMap(({ path, reference }) =>
      faultsOf(
        () => resolveSecret(reference, env),
        (message) => document?.issue({ path, message, at: 'value' }),
      ),
    );
    faults.push(
      ...faultsOf(
        () => upstreamCaOf(loaded),
        (message) => document?.issue({ path: ['gateway', 'upstreamCa'], message, at: 'value' }),
      ),
    );
    faults.push(
      ...faultsOf(() => presentSecret({ dataFolder, env })),
      ...faultsOf(() => presentAdminToken(dataFolder)),
    );
    // A secret that exists may still be unusable, such as an empty key.
    if (faults.length === 0) faults.push(...faultsOf(() => openAll(checked)));
    if (faults.length > 0) return faults;
    const says =
      declared.length === 0
        ? 'the configuration refers to no secret'
        : `the configuration refers to ${counted(declared.length, 'secret')}, all set`;
    return [{ level: 'ok', says }];
  },
};

function openAll({ loaded: { config }, env }: Checked): void {
  openChannels(config.channels, { secret: (reference) => resolveSecret(reference, env), notices: null });
  openSources(config, env);
  for (const { logs } of config.routes) if (logs?.loki) endpointOf(logs.loki, env);
}

function faultsOf(
  attempt: () => unknown,
  issueOf: (message: string) => Problem['issues'][number] | undefined = () => undefined,
): Obstacle[] {
  try {
    attempt();
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const issue = issueOf(error.message);
    const problem = issue ? new Problem(error.code, error.message, { issues: [issue], cause: error.cause }) : error;
    return [{ level: 'error', problem }];
  }
}
