/** The command line's name for a field of the API, if it differs. */
const FLAGS: Readonly<Record<string, string>> = {
  canaryUrl: '--canary',
  force: '--force',
  full: '--full',
  key: '--key-env NAME',
  limit: '--limit',
  policy: '--policy',
  reason: '--reason',
  replace: '--replace',
  role: '--role',
  rule: '--to',
  to: '--to',
  version: '--version-name',
};

/** The place of a fault in a request (a JSON pointer or the name of a parameter), in terms of the command that was typed. */
export function inOwnWords(place: string): string {
  const path = place.replace(/^#?\//, '').replaceAll('/', '.');
  return FLAGS[path] ?? path;
}
