import { dataFolderOf, loadConfig } from '../../config/load.ts';
import { renewAdminToken } from '../../identity/admin-token.ts';
import { checkValue, keepSecret, newSecret, presentSecret, secretFile } from '../../identity/installation-secret.ts';
import { counted } from '../../policy/counted.ts';
import { Problem } from '../../problem/problem.ts';
import type { Actor } from '../../rollout/event.ts';
import type { AuditDraft } from '../../rollout/record.ts';
import type { Store } from '../../store/store.ts';
import { newId } from '../new-id.ts';
import { openConfigured } from '../open-configured.ts';
import type { ServerTerminal } from '../terminal.ts';

/** A user who can write to the data folder is an admin of the installation; the reason says who it was. */
const BY: Actor = { name: 'command line on the server', role: 'admin' };

export interface RenewRequest {
  readonly file: string;
  readonly reason: string;
}

/** `serin renew-admin-token`, for users who can write to the data folder: resolves with the exit code. */
export async function renewToken({ file, reason }: RenewRequest, { env, stdout }: ServerTerminal): Promise<number> {
  const loaded = loadConfig(file, env);
  return withStore(loaded, env, async (store) => {
    const dataFolder = dataFolderOf(loaded, env);
    const { path, revoked } = await renewAdminToken(store, { dataFolder, newId, by: BY, reason });
    stdout.write(`a new admin token is in ${path}; ${counted(revoked, 'previous token')} revoked\n`);
    return 0;
  });
}

/**
 * `serin renew-secret`: makes a new secret, or accepts the present SERIN_SECRET as the right one. The keys of listed consumers
 * can only be recognised with the previous secret, so they are removed, and named so that operators can list them again.
 */
export async function renewSecret({ file, reason }: RenewRequest, { env, stdout }: ServerTerminal): Promise<number> {
  const loaded = loadConfig(file, env);
  const place = { dataFolder: dataFolderOf(loaded, env), env };
  const given = env['SERIN_SECRET'] === undefined ? null : presentSecret(place);
  return withStore(loaded, env, async (store) => {
    if (given !== null && (await store.secretCheck.find()) === checkValue(given)) {
      throw new Problem('refused', 'SERIN_SECRET is already the secret of this database: set another one first');
    }
    const listed = await store.consumers.list(null);
    const draft = { at: await store.now(), actor: BY, rolloutId: null, reason };
    const removals = listed.map(({ route, changedAt: _changedAt, name, ...consumer }): AuditDraft => {
      const event = { kind: 'consumerRemoved', consumer: name };
      return { ...draft, route, event, before: { [name]: consumer }, after: {} };
    });
    const renewed = { ...draft, route: '', event: { kind: 'secretReplaced' }, before: null, after: null };
    // The list first: without it nothing depends on the secret, whenever this process dies.
    const secret = given ?? newSecret();
    await store.secretCheck.put(checkValue(secret), 'removed', [...removals, renewed]);
    if (given === null) keepSecret(place.dataFolder, secret);
    stdout.write(
      given
        ? 'SERIN_SECRET is now the secret of this database\n'
        : `a new secret is in ${secretFile(place.dataFolder)}\n`,
    );
    for (const { route, name, rule } of listed) {
      stdout.write(`removed from ${route}: ${name} (${rule}); \`serin consumers add\` lists it again with its key\n`);
    }
    return 0;
  });
}

async function withStore(
  loaded: ReturnType<typeof loadConfig>,
  env: NodeJS.ProcessEnv,
  work: (store: Store) => Promise<number>,
): Promise<number> {
  const store = await openConfigured(loaded, env).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'data-folder-in-use') throw error;
    throw new Problem(error.code, `${error.message} Stop that Serin first, and start it again afterwards.`, {
      cause: error,
    });
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
