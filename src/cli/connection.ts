import { type Command, Option } from 'commander';
import { givenVariable } from '../problem/given-variable.ts';
import { Problem } from '../problem/problem.ts';
import { type ApiClient, apiClient } from './client.ts';
import { type Credential, chosen, credentialFor } from './credential.ts';
import type { Format } from './output.ts';
import type { Session } from './terminal.ts';
import { clean } from './text.ts';

/** The options of every command that talks to a server. */
export interface ServerOptions {
  readonly server?: string;
  readonly token?: string;
  readonly dataFolder?: string;
  readonly output: Format;
}

export function takesServer(command: Command): Command {
  return takesAddress(takesOutput(command))
    .option(
      '--token <token>',
      'a bearer token (SERIN_TOKEN; default: your `serin login`, or the admin token of the local data folder)',
    )
    .option('--data-folder <folder>', 'where the admin token of a local server is (SERIN_DATA; default ./.serin)');
}

export function takesAddress(command: Command): Command {
  return command.option('--server <url>', 'the control API (SERIN_SERVER; default http://127.0.0.1:7780)');
}

export function takesOutput(command: Command): Command {
  const formats: readonly Format[] = ['table', 'wide', 'json', 'yaml'];
  return command.addOption(new Option('-o, --output <format>', 'how to print').choices(formats).default('table'));
}

export function openClient(options: ServerOptions, session: Session): ApiClient {
  const server = addressOf(options, session);
  return clientWith(server, credentialFor(server, options, session), session);
}

export function clientWith(
  server: URL,
  { bearer, hint }: Pick<Credential, 'bearer' | 'hint'>,
  session: Session,
): ApiClient {
  const { fetch, closed: signal, version } = session;
  return apiClient({ server: server.origin, bearer, tokenHint: hint, version, fetch, signal });
}

/** The control API that is meant. Throws Problem('invalid-input') for anything but scheme, host and port. */
export function addressOf(options: Pick<ServerOptions, 'server'>, { env }: Session): URL {
  const server = chosen('--server', options.server) ?? givenVariable(env, 'SERIN_SERVER') ?? 'http://127.0.0.1:7780';
  const address = URL.parse(server);
  if (!address || !['http:', 'https:'].includes(address.protocol)) {
    throw new Problem(
      'invalid-input',
      `${clean(server.replace(/\/\/.*@/, '//'))} (--server, SERIN_SERVER) is not an http or https URL`,
    );
  }
  refuseMoreThanOrigin(address);
  return address;
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
