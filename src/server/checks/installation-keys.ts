import { Problem } from '../../problem/problem.ts';
import { presentSecret, type SecretPlace, secretFile, unfitSecret } from '../installation-secret.ts';
import type { Requirement } from './check.ts';

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
      state === 'present' ? `cookies are signed with ${name}` : `${name} does not exist yet: the first start makes it`;
    return [{ level: 'ok', says }];
  },
};

function stateOf(place: SecretPlace): 'present' | 'missing' | 'malformed' {
  try {
    return presentSecret(place) === null ? 'missing' : 'present';
  } catch (error) {
    if (error instanceof Problem) return 'malformed';
    throw error;
  }
}
