import { effectiveStable } from '../controller/reconcile.ts';
import { Problem } from '../problem/problem.ts';
import type { Store } from '../store/store.ts';
import { type LoadedConfig, loadConfig, loadPolicies } from './load.ts';
import { openConfigured } from './open-configured.ts';
import { declaredRoute } from './routes.ts';
import type { ServerTerminal } from './terminal.ts';

/** Opens the database, which brings it up to date, and closes it again. */
export async function migrate(file: string, { stdout, env }: ServerTerminal): Promise<number> {
  const store = await openConfigured(loadConfig(file), env);
  await store.close();
  stdout.write('the database is up to date\n');
  return 0;
}

/** 0 when everything is as it should be, 1 when something is not. Throws Problem when a file is invalid. */
export async function doctor(file: string, { stdout, env }: ServerTerminal): Promise<number> {
  const loaded = loadConfig(file);
  const policies = loadPolicies(loaded);
  stdout.write(`${file}: ${loaded.config.routes.length} routes, ${policies.size} policies, all valid\n`);
  const store = await openUnlessServed(loaded, env);
  if (!store) {
    stdout.write('a server uses the data folder: `serin list` asks it what is in force\n');
    return 0;
  }
  try {
    const stored = await store.stables.list();
    for (const route of loaded.config.routes.map(declaredRoute)) {
      const stable = effectiveStable(
        route,
        stored.find((record) => record.route === route.name),
      );
      const declared = stable === route.stable ? '' : ` (promoted; ${file} still declares ${route.stable.url})`;
      stdout.write(`route ${route.name}: stable ${stable.version} at ${stable.url}${declared}\n`);
    }
    const { entries, brokenAt } = await store.audit.verify();
    stdout.write(
      brokenAt === null ? `audit: ${entries} entries, chain intact\n` : `audit: broken at entry ${brokenAt}\n`,
    );
    return brokenAt === null ? 0 : 1;
  } finally {
    await store.close();
  }
}

async function openUnlessServed(loaded: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Store | null> {
  try {
    return await openConfigured(loaded, env);
  } catch (error) {
    if (error instanceof Problem && error.code === 'data-folder-in-use') return null;
    throw error;
  }
}
