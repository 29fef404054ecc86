import { join } from 'node:path';
import { z } from 'zod';
import type { ListenAddress } from '../../config/declared-address.ts';
import { localUrl } from '../../config/declared-listeners.ts';
import { ADMIN_TOKEN_FILE, presentAdminToken } from '../../identity/admin-token.ts';
import { runningListeners } from '../listening-file.ts';
import type { Advisory, Checked, Remark } from './check.ts';

const version = z.object({ version: z.string(), node: z.string() });
const refusal = z.object({ code: z.literal('unauthenticated') });
const notFound = z.object({ code: z.literal('not-found'), detail: z.string().startsWith('there is no route ') });
const readiness = z.object({ ready: z.boolean(), problems: z.array(z.string()) });

/** What the Serin running on this data folder reports, or whether another one uses this control address. */
export const runningSerin: Advisory = {
  name: 'running',
  timeoutMs: 5_000,
  async run(checked, signal) {
    // It would only find itself.
    if (checked.purpose === 'serve') return [];
    const running = await runningListeners(checked.dataFolder);
    if (running === null) return stranger(checked, signal);
    const { control } = running;
    const build = await askRunning(control, signal);
    if (build === null) return [unheard(`nothing answers at ${localUrl(control)}`)];
    const said = readiness.safeParse(await ask(control, '/readyz', signal));
    if (!said.success) return [{ level: 'warning', says: 'the running Serin does not say whether it is ready' }];
    const { ready, problems } = said.data;
    const state = `Serin ${build.version} is running at ${localUrl(control)}, and is ${ready ? 'ready' : 'not ready'}`;
    return [
      { level: ready ? 'ok' : 'warning', says: state },
      ...problems.map((says): Remark => ({ level: 'warning', says: `it reports: ${says}` })),
      ...(await refusedToken(checked, signal)),
      ...(await unknownRoutes(checked, signal)),
    ];
  },
};

/** While the running Serin holds the database, only it can say whether the token in the folder is still valid. */
async function refusedToken(checked: Checked, signal: AbortSignal): Promise<readonly Remark[]> {
  const answer = refusal.safeParse(await askApi(checked, '/api/v1/rollouts?limit=1', signal));
  if (!answer.success) return [];
  const says =
    `it does not accept the token in ${join(checked.dataFolder, ADMIN_TOKEN_FILE)}: use another admin token, or stop it and ` +
    'create a new one with `serin renew-admin-token`';
  return [{ level: 'warning', says }];
}

/** Where the running Serin has refused the file, or has not read it yet, a route that was added is served by nobody. */
async function unknownRoutes(checked: Checked, signal: AbortSignal): Promise<readonly Remark[]> {
  const { config, document } = checked.loaded;
  const asked = config.routes.map(async ({ name }, at): Promise<readonly Remark[]> => {
    const answer = notFound.safeParse(await askApi(checked, `/api/v1/routes/${name}/consumers`, signal));
    if (!answer.success) return [];
    const says = `the running Serin does not know the route ${name}, which is not served: \`serin reload\` reads serin.yaml again`;
    const issue = document?.issue({ path: ['routes', at, 'name'], message: says, at: 'value' });
    return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
  });
  return (await Promise.all(asked)).flat();
}

/** A Serin that answers at this one's address, but has another data folder. */
async function stranger({ loaded, dataFolder, database }: Checked, signal: AbortSignal): Promise<readonly Remark[]> {
  const { listen } = loaded.config.control;
  const build = await askRunning(listen, signal);
  if (build !== null) {
    const says = `the Serin ${build.version} that answers at ${localUrl(listen)} does not run on the data folder ${dataFolder}`;
    return [{ level: 'warning', says }];
  }
  return database.taken === null ? [] : [unheard('it has not said where it listens')];
}

/** The build of the Serin that answers at a control address; null if there is none. No token is sent. */
async function askRunning(at: ListenAddress, signal: AbortSignal): Promise<z.output<typeof version> | null> {
  const parsed = version.safeParse(await ask(at, '/version', signal));
  return parsed.success ? parsed.data : null;
}

/**
 * Asks the API of the Serin that holds this data folder, with the token in it; null if there is none to ask. The token is
 * only sent to a server that has answered like a Serin.
 */
export async function askApi({ dataFolder, database }: Checked, path: string, signal: AbortSignal): Promise<unknown> {
  const running = database.taken === null ? null : await runningListeners(dataFolder);
  const token = running && presentAdminToken(dataFolder);
  if (running === null || token === null) return null;
  if ((await askRunning(running.control, signal)) === null) return null;
  return ask(running.control, path, signal, { authorization: `Bearer ${token}` });
}

/** The text of `/metrics` of the Serin that runs on this data folder, whatever its database; null if there is none to ask. */
export async function askMetrics(
  { dataFolder }: Pick<Checked, 'dataFolder'>,
  signal: AbortSignal,
): Promise<string | null> {
  const running = await runningListeners(dataFolder);
  if (running === null || (await askRunning(running.control, signal)) === null) return null;
  return get(running.control, '/metrics', signal, {}, (answer) => answer.text());
}

function ask(
  at: ListenAddress,
  path: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<unknown> {
  return get(at, path, signal, headers, (answer): Promise<unknown> => answer.json());
}

/** Null where nothing usable is answered. */
async function get<Read>(
  at: ListenAddress,
  path: string,
  signal: AbortSignal,
  headers: Record<string, string>,
  read: (answer: Response) => Promise<Read>,
): Promise<Read | null> {
  // Port 0 cannot be asked.
  if (at.port === 0) return null;
  try {
    const answer = await fetch(new URL(path, localUrl(at)), {
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]),
    });
    return await read(answer);
  } catch {
    return null;
  }
}

function unheard(why: string): Remark {
  return { level: 'warning', says: `the Serin that holds the data folder could not be asked for its state: ${why}` };
}
