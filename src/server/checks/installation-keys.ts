import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { revokedAdminToken } from '../../identity/admin-token.ts';
import { presentSecret, type SecretPlace, secretFile, unfitSecret } from '../../identity/installation-secret.ts';
import { Problem } from '../../problem/problem.ts';
import type { Remark, Requirement } from './check.ts';

/** OVERLAYFS_SUPER_MAGIC of Linux: container engines put the writable layer of a container on it. */
const OVERLAY = 0x794c7630;
const MARKS = ['/.dockerenv', '/run/.containerenv'];

/** Whether the secret that signs cookies and keys hashes is the one that the database was used with. Creates nothing. */
export const installationKeys: Requirement = {
  name: 'secrets',
  timeoutMs: 10_000,
  async run({ dataFolder, env, database: { store } }) {
    const place = { dataFolder, env };
    const state = stateOf(place);
    // Already reported before the database was opened.
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

/** What could destroy the secret, and with it everything that only the secret can verify. */
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

/** Whether a path, or the place where it would be created, is lost with this process's container; false if unknown. */
export function isLostWithContainer(path: string, env: NodeJS.ProcessEnv): boolean {
  const isContained = MARKS.some((mark) => existsSync(mark)) || env['KUBERNETES_SERVICE_HOST'] !== undefined;
  return isContained && isOnOverlay(path);
}

function isOnOverlay(path: string): boolean {
  try {
    return statfsSync(path).type === OVERLAY;
  } catch {
    const parent = dirname(path);
    return parent !== path && isOnOverlay(parent);
  }
}
