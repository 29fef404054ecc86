import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { dataFolderOf, type LoadedConfig } from '../config/load.ts';
import { givenVariable } from '../problem/given-variable.ts';
import type { Log } from '../problem/log.ts';
import { openStore } from '../store/connect.ts';
import type { Store } from '../store/store.ts';

/** The database of a configuration, brought up to date. Throws Problem as `openStore` does. */
export function openConfigured(loaded: LoadedConfig, env: NodeJS.ProcessEnv, log?: Log): Promise<Store> {
  const databaseUrl = givenVariable(env, 'DATABASE_URL');
  return openStore(databaseUrl ? { databaseUrl } : { dataFolder: dataFolderOf(loaded, env) }, log);
}

/** What this replica is called, after a restart as well. An embedded database has one alone, wherever it runs. */
export function replicaOf({ document }: Pick<LoadedConfig, 'document'>, env: NodeJS.ProcessEnv): string {
  return givenVariable(env, 'DATABASE_URL') ? `${hostname()} ${resolve(document?.file ?? '')}` : 'the only one';
}
