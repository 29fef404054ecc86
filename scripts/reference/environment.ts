import { sources } from './sources.ts';
import { code, table } from './table.ts';

const ROWS: readonly (readonly [name: string, read: string, without: string, says: string])[] = [
  [
    'DATABASE_URL',
    '`serve`, `migrate`, `doctor`, `renew-…`',
    'the embedded database',
    'Postgres; see [database](../database.md)',
  ],
  [
    'SERIN_SECRET',
    '`serve`, `doctor`, `renew-secret`, `force-token`',
    '`secret` in the data folder',
    '32 characters or more: signs sticky cookies, force tokens and sessions, and keys the hashes of consumers; keep it the same',
  ],
  ['SERIN_DATA', 'every command', '`dataFolder`, or `.serin`', 'The data folder'],
  ['SERIN_SERVER', 'commands that ask a server', '`http://127.0.0.1:7780`', 'The control API; `--server` overrides it'],
  [
    'SERIN_TOKEN',
    'commands that ask a server',
    'your `serin login`, or `admin-token` in the data folder',
    'A bearer token; `--token` overrides it',
  ],
  [
    'XDG_CONFIG_HOME',
    'commands that ask a server',
    '`~/.config`',
    'Where `serin/` is, in which `login` keeps sign-ins',
  ],
  ['DISPLAY', '`login`, but on macOS and Windows', 'no browser is opened', 'There is a display, and a browser on it'],
  ['WAYLAND_DISPLAY', 'the same', 'no browser is opened', 'The same'],
  ['SSH_CONNECTION', '`login`', '', 'Somebody is here over SSH: no browser is opened'],
  ['SSH_TTY', '`login`', '', 'The same'],
  ['PGHOST', 'with `DATABASE_URL`', '`localhost`', 'What the URL leaves out, as for libpq'],
  ['PGPORT', 'with `DATABASE_URL`', '`5432`', 'The same'],
  ['PGUSER', 'with `DATABASE_URL`', 'required in one of the two', 'The same'],
  ['PGPASSWORD', 'with `DATABASE_URL`', 'none', 'The same'],
  ['PGDATABASE', 'with `DATABASE_URL`', 'the name of the user', 'The same'],
  ['PGSSLMODE', 'with `DATABASE_URL`', '`prefer`', 'The same as `sslmode`'],
  ['PGSSLROOTCERT', 'with `DATABASE_URL`', 'the authorities that Node trusts', 'The same as `sslrootcert`'],
  ['PGSSLCERT', 'with `DATABASE_URL`', 'none', 'The same as `sslcert`'],
  ['PGSSLKEY', 'with `DATABASE_URL`', 'none', 'The same as `sslkey`'],
  ['NO_COLOR', 'every command', 'colours on a terminal', 'No colours'],
  ['FORCE_COLOR', 'every command', 'colours on a terminal', 'Colours in a pipe as well'],
  ['TERM', 'every command', '', '`dumb`: no colours'],
  [
    'KUBERNETES_SERVICE_HOST',
    '`serve`, `doctor`',
    '',
    'Set by Kubernetes: a data folder that is lost with its container is warned of',
  ],
];

/** Names that a file of ours reads from the environment, whatever stands in `serin.yaml`. */
export function variablesIn(texts: Iterable<string>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/\benv(?:\.|\[')([A-Z][A-Z0-9_]*)\b/g)) names.add(name);
    for (const [, name = ''] of text.matchAll(/\bgivenVariable\(\w+, '(\w+)'/g)) names.add(name);
  }
  return names;
}

/** Throws when the code reads a variable that is not told of, or the other way round. */
export function environmentTable(): string {
  const read = variablesIn(sources().values());
  const told = ROWS.map(([name]) => name);
  const untold = [...read].filter((name) => !told.includes(name));
  const unread = told.filter((name) => !read.has(name));
  if (untold.length > 0 || unread.length > 0) {
    throw new Error(`environment.ts does not tell of ${untold.join(', ')}; nothing reads ${unread.join(', ')}`);
  }
  return table(
    ['variable', 'read by', 'without it', 'what it does'],
    ROWS.map(([name, ...rest]) => [code(name), ...rest]),
  );
}
