import { revokedAdminToken } from '../../identity/admin-token.ts';
import { isLostWithContainer } from '../../identity/container.ts';
import { presentSecret, type SecretPlace, secretFile, unfitSecret } from '../../identity/installation-secret.ts';
import { Problem } from '../../problem/problem.ts';
import type { Remark, Requirement } from './check.ts';

/** Whether the secret that signs cookies and keys hashes is the one that the database was used with. Nothing is made here. */
export const installationKeys: Requirement = {
  name: 'secrets',
  timeoutMs: 10_000,
  async run({ dataFolder, env, database: { store } }) {
    const place = { dataFolder, env };
    const state = stateOf(place);
    // That was told before the database was opened.
    if (state === 'malformed') return [];
    const unfit = store ? await unfitSecret(store, place) : null;
    if (unfit !== null) return [{ level: 'error', problem: unfit }];
    const name = env['SERIN_SECRET'] === undefined ? secretFile(dataFolder) : 'SERIN_SECRET';
    const says =
      state === 'present'
        ? `cookies are signed with ${name}`
        : `${name} does not exist yet: the first start creates it`;
    const revoked = store ? await revokedAdminToken(store, dataFolder) : null;
    return [
      { level: 'ok', says },
      ...risks({ ...place, state }),
      ...(revoked === null ? [] : [{ level: 'warning', says: revoked } as const]),
    ];
  },
};

/** What may take the secret, and with it what only it can check, away. */
function risks({ dataFolder, env, state }: SecretPlace & { readonly state: 'present' | 'missing' }): readonly Remark[] {
  const outlives = Boolean(env['DATABASE_URL']);
  const isGiven = env['SERIN_SECRET'] !== undefined;
  if (isLostWithContainer(dataFolder, env) && !(outlives && isGiven)) {
    const lost = outlives
      ? 'and with it the secret that identifies the consumers in the database: set SERIN_SECRET'
      : 'and with it the database';
    const says = `${dataFolder} is lost with this container, ${lost}; mount a volume there to keep it`;
    return [{ level: 'warning', says }];
  }
  if (!outlives || isGiven || state === 'present') return [];
  const says =
    `SERIN_SECRET is not set, so the first start creates a secret in ${dataFolder}. If that folder is lost while the database is ` +
    'kept, every consumer has to be listed again: set SERIN_SECRET, or keep the folder';
  return [{ level: 'warning', says }];
}

function stateOf(place: SecretPlace): 'present' | 'missing' | 'malformed' {
  try {
    return presentSecret(place) === null ? 'missing' : 'present';
  } catch (error) {
    if (error instanceof Problem) return 'malformed';
    throw error;
  }
}
