import { dataFolderOf, loadConfig } from '../../config/load.ts';
import { noSuchRoute } from '../../controller/start.ts';
import { forceToken } from '../../gateway/route/force-guard.ts';
import { presentSecret, secretFile } from '../../identity/installation-secret.ts';
import { parseDurationMs } from '../../policy/units.ts';
import { Problem } from '../../problem/problem.ts';
import type { ServerTerminal } from '../terminal.ts';

const LONGEST_MS = 30 * 24 * 3_600_000;

export interface ForceTokenRequest {
  readonly file: string;
  readonly route: string;
  /** A duration such as 1h. */
  readonly validFor: string;
}

/** Prints a token that lets its bearer force a version of a route. Throws Problem on an unknown route or a bad duration. */
export function issueForceToken(
  { file, route, validFor }: ForceTokenRequest,
  { env, stdout }: Pick<ServerTerminal, 'env' | 'stdout'>,
): number {
  const loaded = loadConfig(file, env);
  const { config } = loaded;
  const declared = config.routes.find(({ name }) => name === route);
  if (!declared) {
    throw noSuchRoute(
      route,
      config.routes.map(({ name }) => name),
    );
  }
  if (declared.force?.tokens !== 'accepted') {
    throw new Problem('refused', `the route ${route} accepts no force tokens: declare force: { tokens: accepted }`);
  }
  const ms = parseDurationMs(validFor);
  if (ms === null || ms < 1_000 || ms > LONGEST_MS) {
    throw new Problem('invalid-input', `${validFor} is not a duration from 1s to 30d`);
  }
  const dataFolder = dataFolderOf(loaded, env);
  const secret = presentSecret({ dataFolder, env });
  if (!secret) {
    throw new Problem(
      'refused',
      `there is no ${secretFile(dataFolder)} to sign it with: the first \`serin serve\` makes it`,
    );
  }
  const expiresAt = Math.floor((Date.now() + ms) / 1_000);
  stdout.write(`${forceToken(secret, route, expiresAt)}\n`);
  return 0;
}
