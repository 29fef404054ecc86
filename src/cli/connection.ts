import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { givenVariable } from '../problem/given-variable.ts';
import { Problem } from '../problem/problem.ts';
import { type ApiClient, apiClient } from './client.ts';
import type { Format } from './output.ts';
import type { Session } from './terminal.ts';
import { clean } from './text.ts';

/** RFC 6750 section 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]{1,512}=*$/;
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

export function openClient(options: ServerOptions, session: Session): ApiClient {
  const { env, fetch, closed: signal, version } = session;
  const server = chosen('--server', options.server) ?? givenVariable(env, 'SERIN_SERVER') ?? 'http://127.0.0.1:7780';
  const address = URL.parse(server);
  if (!address || !['http:', 'https:'].includes(address.protocol)) {
    throw new Problem(
      'invalid-input',
      `${clean(server.replace(/\/\/.*@/, '//'))} (--server, SERIN_SERVER) is not an http or https URL`,
    );
  }
  refuseMoreThanOrigin(address);
  const given = chosen('--token', options.token) ?? givenVariable(env, 'SERIN_TOKEN');
  const folder = chosen('--data-folder', options.dataFolder) ?? givenVariable(env, 'SERIN_DATA') ?? '.serin';
  const token = given ?? localToken(address, folder);
  if (token !== null && !TOKEN.test(token)) {
    throw new Problem('invalid-input', 'the token (--token, SERIN_TOKEN) contains a character that no token has');
  }
  const tokenHint = given || token === null ? ' (--token or SERIN_TOKEN)' : localHint(folder);
  return apiClient({ server: address.origin, token, tokenHint, version, fetch, signal });
}

/** The value of an option that was given. `--token "$TOKEN"` with an empty TOKEN does not ask for another token. */
function chosen(option: string, value: string | undefined): string | undefined {
  if (value === undefined || value.trim() !== '') return value;
  throw new Problem('invalid-input', `${option} is empty: give it a value, or leave it out`);
}

/** Anything after the port would be silently ignored, and a password in a URL ends up in histories and logs. */
function refuseMoreThanOrigin({ username, password, pathname, search, hash }: URL): void {
  const isCalled = 'the address of the control API (--server, SERIN_SERVER) is scheme, host and port';
  if (username !== '' || password !== '') {
    throw new Problem('invalid-input', `${isCalled}: no user or password; a token is given by --token or SERIN_TOKEN`);
  }
  if (pathname !== '/' || search !== '' || hash !== '') {
    throw new Problem('invalid-input', `${isCalled}: leave out ${clean(`${pathname}${search}${hash}`)}`);
  }
}

/** The admin token of this machine's server, sent to a loopback address only. */
function localToken(address: URL, folder: string): string | null {
  if (!LOOPBACK.has(address.hostname)) return null;
  try {
    return readFileSync(join(folder, 'admin-token'), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function localHint(folder: string): string {
  return (
    `: it is the one in ${clean(join(folder, 'admin-token'))}. Give another with --token or SERIN_TOKEN, or make it anew with ` +
    '`serin renew-admin-token --reason TEXT` (with the embedded database, stop the server first)'
  );
}
