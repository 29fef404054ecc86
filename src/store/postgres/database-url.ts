import { type DatabaseTls, invalidUrl, readTls, TLS_PARAMETERS } from './database-tls.ts';

/** Where the database is and how to reach it: the content of a libpq URL, as far as Serin knows its parameters. */
export interface DatabaseTarget {
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: DatabaseTls;
  readonly connectTimeoutS: number;
  /** libpq's own: command-line options for the server, and which of several hosts is acceptable. */
  readonly options: string | null;
  readonly targetSessionAttrs: string | null;
  /** `db.example.com:5432`, for messages: never with user or password. */
  readonly address: string;
}

const FORM = 'postgres://USER:PASSWORD@HOST:5432/DATABASE';
const DEFAULT_PORT = 5432;
const CONNECT_TIMEOUT_S = 5;

const ENCODE = 'write @ as %40, # as %23, / as %2F, ? as %3F, : as %3A and % as %25 in a user or password';

/** Known to libpq, but irrelevant here. */
const WITHOUT_EFFECT = new Set([
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'gssencmode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'load_balance_hosts',
  'sslcompression',
  'tcp_user_timeout',
]);
const KNOWN = new Set([
  ...WITHOUT_EFFECT,
  ...TLS_PARAMETERS,
  'connect_timeout',
  'dbname',
  'host',
  'options',
  'password',
  'port',
  'target_session_attrs',
  'user',
]);

/**
 * Parses DATABASE_URL as libpq does. Throws Problem('invalid-input'), which names the fault and repeats no part of the
 * URL that could contain the password.
 */
export function readDatabaseUrl(text: string, env: NodeJS.ProcessEnv): DatabaseTarget {
  const { authority, path, query } = splitUrl(text.trim());
  const parameters = parametersOf(query);
  const at = authority.lastIndexOf('@');
  const [userPart = '', ...passwordParts] = authority.slice(0, Math.max(0, at)).split(':');
  if (passwordParts.length > 1) throw invalidUrl(`has more than one ":" before the "@": ${ENCODE}`);

  const hosts = hostsOf(
    parameters.get('host') ?? authority.slice(at + 1),
    parameters.get('port') ?? env['PGPORT'] ?? '',
    env['PGHOST'] ?? 'localhost',
  );
  const user = parameters.get('user') ?? (decoded(userPart, 'user') || env['PGUSER'] || '');
  if (user === '') throw invalidUrl(`names no user: it should read ${FORM}`);
  const tls = readTls(parameters, { env, host: hosts.length === 1 ? (hosts[0]?.host ?? null) : null });
  return {
    hosts,
    user,
    password: parameters.get('password') ?? (decoded(passwordParts[0] ?? '', 'password') || env['PGPASSWORD'] || ''),
    database: parameters.get('dbname') ?? (decoded(path, 'name of the database') || env['PGDATABASE'] || user),
    tls,
    connectTimeoutS: connectTimeout(parameters.get('connect_timeout')),
    options: parameters.get('options') ?? null,
    targetSessionAttrs: parameters.get('target_session_attrs') ?? null,
    address: hosts.map(({ host, port }) => addressOf(host, port)).join(' or '),
  };
}

/** By hand: `URL` takes the rest of a password after "#" for a fragment, and does not support lists of hosts. */
function splitUrl(text: string): { authority: string; path: string; query: string } {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(text) ?? [];
  if (rest === undefined) {
    const isConninfo = /^\s*(host|hostaddr|dbname|user|service)\s*=/.test(text);
    throw invalidUrl(
      isConninfo ? `is a list of keywords: write it as ${FORM}` : `is not a URL of Postgres: it should read ${FORM}`,
    );
  }
  if (rest.includes('#')) throw invalidUrl(`has a "#" in it: ${ENCODE}`);
  if (/\s/.test(rest)) throw invalidUrl('has a space or a line break in it: write a space as %20');
  const [beforeQuery = '', ...queries] = rest.split('?');
  const [authority = '', ...paths] = beforeQuery.split('/');
  const late = [...paths, ...(authority.includes('@') ? [] : queries)].some((part) => part.includes('@'));
  if (late || authority.split('@').length > 2) {
    throw invalidUrl(`cannot be taken apart, as a password with special characters in it: ${ENCODE}`);
  }
  if (queries.length > 1 || paths.length > 1) {
    throw invalidUrl(`has a "/" or "?" too many: it should read ${FORM}; ${ENCODE}`);
  }
  return { authority, path: paths[0] ?? '', query: queries[0] ?? '' };
}

function parametersOf(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    // The name could be a piece of a password that was cut at "?" or "&".
    if (!/^[a-z_]+$/.test(name) || query.includes('@'))
      throw invalidUrl(`has a parameter behind "?" that is none of Postgres; ${ENCODE}`);
    if (name === 'ssl' && value === 'true') parameters.set('sslmode', 'require');
    else if (KNOWN.has(name)) parameters.set(name, value);
    else throw invalidUrl(`has the parameter ${name}, which is none of Postgres (libpq) that Serin knows: remove it`);
  }
  return parameters;
}

function hostsOf(hostList: string, portList: string, otherwise: string): DatabaseTarget['hosts'] {
  const ports = portList.split(',');
  return (hostList || otherwise).split(',').map((part, at) => {
    const [, ipv6, name, port] = /^(?:\[([\da-fA-F:.%]+)\]|([^:[\]]+))(?::(.*))?$/.exec(part) ?? [];
    const host = ipv6 ?? (name === undefined ? undefined : decoded(name, 'host'));
    if (host === undefined) throw invalidUrl(`has no host that can be read: it should read ${FORM}; ${ENCODE}`);
    const given = port || (ports[at] ?? ports[0] ?? '');
    if (given === '') return { host, port: DEFAULT_PORT };
    if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535 || Number(given) < 1) {
      throw invalidUrl(`has a port that is no number from 1 to 65535: it should read ${FORM}; ${ENCODE}`);
    }
    return { host, port: Number(given) };
  });
}

function connectTimeout(given: string | undefined): number {
  if (given === undefined) return CONNECT_TIMEOUT_S;
  if (!/^\d{1,4}$/.test(given)) throw invalidUrl('has a connect_timeout that is no number of seconds');
  return Number(given) || CONNECT_TIMEOUT_S;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl(`has a "%" in its ${what} that begins no percent-encoding: ${ENCODE}`);
  }
}

/** The folder of a Unix socket is shown as it is. */
function addressOf(host: string, port: number): string {
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
