import { z } from 'zod';
import type { ListenAddress } from '../config/declared-address.ts';
import { hostAndPort } from '../config/declared-listeners.ts';
import { presentAdminToken } from '../secrets/admin-token.ts';
import type { Advisory, Checked, Remark } from './check.ts';

const version = z.object({ version: z.string(), node: z.string() });
const readiness = z.object({ ready: z.boolean(), problems: z.array(z.string()) });

/** What the Serin says that runs on this data folder, or at this control address, when one does. */
export const runningSerin: Advisory = {
  name: 'running',
  timeoutMs: 5_000,
  async run(checked, signal) {
    // It would only find itself.
    if (checked.purpose === 'serve') return [];
    const { listen } = checked.loaded.config.control;
    const build = await askRunning(listen, signal);
    if (build === null) return checked.database.taken === null ? [] : [unheard(checked)];
    const said = readiness.safeParse(await ask(listen, '/readyz', signal));
    if (!said.success) return [{ level: 'warning', says: 'the running Serin does not say whether it is ready' }];
    const { ready, problems } = said.data;
    const state = `Serin ${build.version} is running at ${urlOf(listen)}, and is ${ready ? 'ready' : 'not ready'}`;
    return [
      { level: ready ? 'ok' : 'warning', says: state },
      ...problems.map((says): Remark => ({ level: 'warning', says: `it reports: ${says}` })),
    ];
  },
};

/** The build of the Serin that answers at a control address; null where none does. No token is sent. */
export async function askRunning(at: ListenAddress, signal: AbortSignal): Promise<z.output<typeof version> | null> {
  const parsed = version.safeParse(await ask(at, '/version', signal));
  return parsed.success ? parsed.data : null;
}

/**
 * Asks the API of the Serin that holds this data folder, with the token in it; null when there is none to ask. The token is
 * only sent to a server that has answered as a Serin does.
 */
export async function askApi(
  { loaded, dataFolder, database }: Checked,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { listen } = loaded.config.control;
  const token = database.taken === null ? null : presentAdminToken(dataFolder);
  if (token === null) return null;
  if ((await askRunning(listen, signal)) === null) return null;
  return ask(listen, path, signal, { authorization: `Bearer ${token}` });
}

async function ask(
  at: ListenAddress,
  path: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<unknown> {
  // Port 0 is no address to ask.
  if (at.port === 0) return null;
  try {
    const answer = await fetch(new URL(path, urlOf(at)), {
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]),
    });
    return await answer.json();
  } catch {
    return null;
  }
}

function unheard({ loaded }: Checked): Remark {
  const { listen } = loaded.config.control;
  const where = listen.port === 0 ? 'its control port is not known' : `nothing answers at ${urlOf(listen)}`;
  return { level: 'warning', says: `the Serin that holds the data folder could not be asked for its state: ${where}` };
}

/** An address of all interfaces is asked at the loopback one. */
function urlOf({ host, port }: ListenAddress): string {
  const one = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${hostAndPort({ host: one, port })}`;
}
