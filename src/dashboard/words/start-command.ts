/** Where the CLI looks when nobody names a server. */
const CLI_DEFAULT = 'http://127.0.0.1:7780';

/** What to type to start a rollout; capitals are for the reader to fill in. `origin`: of the page, which is the server's. */
export function startCommand(route: string, origin: string): string {
  return `serin start ${shellWord(route)} --canary http://HOST:PORT \\\n  --version-name VERSION --reason "why"${atServer(origin)}`;
}

/** What to type to list a consumer. The key is given in the environment, so that no process list shows it. */
export function listCommand(route: string, origin: string): string {
  return `KEY=... serin consumers add ${shellWord(route)} NAME \\\n  --to canary --key-env KEY --reason "why"${atServer(origin)}`;
}

function atServer(origin: string): string {
  return origin === CLI_DEFAULT ? '' : ` \\\n  --server ${origin}`;
}

/** A name as a shell reads it: quoted where it would read something else. */
export function shellWord(name: string): string {
  return /^[\w./:-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
