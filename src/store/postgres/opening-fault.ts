import { Problem } from '../../problem/problem.ts';
import { codeOf } from '../fault.ts';
import type { DatabaseTarget } from './database-url.ts';

type Sentence = (target: DatabaseTarget, quoted: (name: string) => string) => string;

/** Network errors, before Postgres can answer. */
const NETWORK: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: ({ address }) => `Nothing accepts connections at ${address}: is Postgres running there?`,
  ENOTFOUND: ({ hosts }) => `The name ${namesOf(hosts)} does not resolve to an address.`,
  EAI_AGAIN: ({ hosts }) => `The name ${namesOf(hosts)} could not be resolved: the name server did not answer.`,
  CONNECT_TIMEOUT: ({ address, connectTimeoutS }) => `${address} did not answer within ${connectTimeoutS} s.`,
  ETIMEDOUT: ({ address }) => `${address} did not answer.`,
  EHOSTUNREACH: ({ address }) => `There is no way to ${address}.`,
  ENETUNREACH: ({ address }) => `There is no way to ${address}.`,
};

/** What Postgres, or a pooler in front of it, answers to the first messages. */
const ANSWERED: Readonly<Record<string, Sentence>> = {
  '28P01': ({ address, user }, quoted) => `${address} refuses the password of the user ${quoted(user)}.`,
  '28000': ({ address, user, database }, quoted) =>
    `${address} does not let the user ${quoted(user)} into the database ${quoted(database)}: see pg_hba.conf, and sslmode in DATABASE_URL.`,
  '3D000': ({ address, database }, quoted) =>
    `There is no database ${quoted(database)} at ${address}: create it, or name another at the end of DATABASE_URL.`,
  '42501': ({ address, user, database }, quoted) =>
    `The user ${quoted(user)} may not create Serin's tables in the database ${quoted(database)} at ${address}: ` +
    `make it the owner of the database, or grant it CREATE on the database and on the schema public.`,
  '25006': ({ address }) => `The database at ${address} is read-only: is it a standby?`,
  '53300': ({ address }) => `${address} has no connection left: Serin needs 5.`,
  '57P03': ({ address }) => `Postgres at ${address} is starting up or shutting down.`,
  '08P01': ({ address }) =>
    `${address} does not understand the connection: behind a pooler, the user and the database must be known to it.`,
};

const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_OSSL_)|^EPROTO$/;
const LOST = /^(ECONNRESET|EPIPE|CONNECTION_(CLOSED|DESTROYED|ENDED))$/;

/** Why the database at `target` could not be opened: a Problem worded for the opening, or null for any other fault. */
export function openingFault(thrown: unknown, target: DatabaseTarget): Problem | null {
  if (thrown instanceof Problem) return thrown;
  const code = codeOf(thrown);
  if (code === null) return null;
  const quoted = (name: string) => `"${name}"`;
  if (code === 'ENOENT' && target.hosts[0]?.host.startsWith('/')) {
    return opening(`There is no socket at ${target.address}: is Postgres running there?`, code);
  }
  const sentence = NETWORK[code] ?? ANSWERED[code];
  if (sentence) return opening(sentence(target, quoted), code);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return opening(
      `The certificate of ${target.address} is for another name, which sslmode=verify-full refuses.`,
      code,
    );
  }
  if (TLS_CODE.test(code)) {
    const hint = 'name the authority that signed it with sslrootcert=FILE in DATABASE_URL';
    return opening(`The certificate of ${target.address} cannot be trusted, or TLS failed: ${hint}.`, code);
  }
  if (LOST.test(code)) {
    const demands = target.tls !== false && target.tls !== 'prefer';
    const hint = demands
      ? 'does it offer TLS, as sslmode in DATABASE_URL wants?'
      : 'is it Postgres that answers there?';
    return opening(`${target.address} ended the connection before it was open: ${hint}`, code);
  }
  return null;
}

function opening(sentence: string, code: string): Problem {
  const named = code.length === 5 && /\d/.test(code) ? `SQLSTATE ${code}` : code;
  return new Problem('unavailable', sentence.replace(/([.?]?)$/, ` (${named})$1`));
}

function namesOf(hosts: DatabaseTarget['hosts']): string {
  return hosts.map(({ host }) => host).join(' or ');
}
