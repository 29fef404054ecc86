/** What to type to start a rollout. */
export function startCommand(route: string): string {
  return `serin start ${shellWord(route)} --canary http://127.0.0.1:9002 \\\n  --version-name v2 --reason "why"`;
}

/** A name as a shell reads it: quoted where it would read something else. */
export function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
