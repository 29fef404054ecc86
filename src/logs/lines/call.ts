/** Looks up one field of a line, by its dotted name. */
type FieldOf = (name: string) => unknown;

const HOST = /^[a-z0-9._-]{1,100}$/;
const ADDRESS = /^(\d{1,3}\.){3}\d{1,3}$|:/;
const NAME = /^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$/;

/**
 * The call of another service that a line tells of, by OpenTelemetry's attributes: a database's before a remote procedure's
 * before a host's, because the more special also have an address. Null where it tells of none.
 */
export function callOf(field: FieldOf): string | null {
  const database = named(field('db.system.name') ?? field('db.system'));
  if (database !== null) return `db ${database}`;
  const procedure = named(field('rpc.service'));
  if (procedure !== null) return `rpc ${procedure}`;
  const peer = named(field('peer.service'));
  if (peer !== null) return `http ${peer}`;
  const host = hostOfUrl(field('url.full')) ?? hostOfUrl(field('http.url')) ?? hostNamed(field('server.address'));
  return host === null ? null : `http ${host}`;
}

function named(value: unknown): string | null {
  return typeof value === 'string' && NAME.test(value) ? value : null;
}

function hostOfUrl(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 4_096 ? hostNamed(URL.parse(value)?.hostname) : null;
}

/** Addresses come and go with their instances: they are one. */
function hostNamed(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 100) return null;
  const host = value.toLowerCase().replace(/\.$/, '');
  if (ADDRESS.test(host)) return '<*>';
  return HOST.test(host) ? host : null;
}
