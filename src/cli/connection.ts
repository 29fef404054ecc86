import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { Problem } from '../problem/problem.ts';
import { type ApiClient, apiClient } from './client.ts';
import type { Format } from './output.ts';
import type { Session } from './terminal.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The options of every command that talks to a server. */
export interface ServerOptions {
  readonly server?: string;
  readonly token?: string;
  readonly dataFolder?: string;
  readonly output: Format;
}

export function takesServer(command: Command): Command {
  return takesOutput(command)
    .option('--server <url>', 'the control API (SERIN_SERVER; default http://127.0.0.1:7780)')
    .option('--token <token>', 'a bearer token (SERIN_TOKEN; default: the admin token of the local data folder)')
    .option('--data-folder <folder>', 'where the admin token of a local server is (SERIN_DATA; default ./.serin)');
}

export function takesOutput(command: Command): Command {
  const formats: readonly Format[] = ['table', 'wide', 'json', 'yaml'];
  return command.addOption(new Option('-o, --output <format>', 'how to print').choices(formats).default('table'));
}

export function connect(options: ServerOptions, session: Session): ApiClient {
  const { env, fetch, closed: signal } = session;
  const server = options.server || env['SERIN_SERVER'] || 'http://127.0.0.1:7780';
  const address = URL.parse(server);
  if (!address || !['http:', 'https:'].includes(address.protocol)) {
    throw new Problem('invalid-input', `${server} is not an http or https URL`);
  }
  const token = options.token || env['SERIN_TOKEN'] || localToken(address, options.dataFolder || env['SERIN_DATA']);
  return apiClient({ server: address.origin, token, fetch, signal });
}

/** The admin token of this machine's server, which is nobody else's business: it goes to a loopback address only. */
function localToken(address: URL, folder = '.serin'): string | null {
  if (!LOOPBACK.has(address.hostname)) return null;
  try {
    return readFileSync(join(folder, 'admin-token'), 'utf8').trim();
  } catch {
    return null;
  }
}
