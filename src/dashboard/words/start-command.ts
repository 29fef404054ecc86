/** What to type to start a rollout. A name that a shell would read otherwise is quoted. */
export function startCommand(route: string): string {
  const name = /^[\w.-]+$/.test(route) ? route : `'${route.replaceAll("'", `'\\''`)}'`;
  return `serin start ${name} --canary http://127.0.0.1:9002 \\\n  --version-name v2 --reason "why"`;
}
