import { readFileSync } from 'node:fs';
import { checkServerIdentity, getCACertificates, type PeerCertificate, rootCertificates } from 'node:tls';
import { Problem } from '../../problem/problem.ts';

/** As postgres.js takes it: not at all, where the server offers it, unverified, or with what tls.connect is told. */
export type DatabaseTls = false | 'prefer' | 'require' | VerifiedTls;

/** Passed to tls.connect unchanged. */
export interface VerifiedTls {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly checkServerIdentity?: (name: string, certificate: PeerCertificate) => Error | undefined;
}

export const TLS_PARAMETERS = ['channel_binding', 'sslcert', 'sslkey', 'sslmode', 'sslrootcert'] as const;

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
const BINDINGS = ['disable', 'prefer', 'require'];

export interface TlsSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The only name that a certificate may be for; null if there are several hosts. */
  readonly host: string | null;
}

/**
 * TLS parameters with libpq's meanings (PostgreSQL documentation, 32.19): `require` encrypts and verifies nothing
 * unless sslrootcert is set, `verify-ca` checks who signed, `verify-full` also checks the name. Without sslrootcert
 * the last two trust the authorities that Node trusts, whereas libpq requires ~/.postgresql/root.crt.
 */
export function readTls(parameters: ReadonlyMap<string, string>, { env, host }: TlsSurroundings): DatabaseTls {
  const rootcert = parameters.get('sslrootcert') ?? env['PGSSLROOTCERT'];
  const given = parameters.get('sslmode') ?? env['PGSSLMODE'] ?? (rootcert === 'system' ? 'verify-full' : 'prefer');
  const mode = MODES.find((known) => known === given);
  if (mode === undefined) throw invalidUrl(`has an sslmode that Postgres does not know: there are ${MODES.join(', ')}`);
  const binding = parameters.get('channel_binding') ?? 'prefer';
  if (!BINDINGS.includes(binding)) throw invalidUrl(`has a channel_binding other than ${BINDINGS.join(', ')}`);
  if (binding === 'require' && mode === 'disable')
    throw invalidUrl('has channel_binding=require, which wants TLS, and sslmode=disable');
  if (rootcert === 'system' && mode !== 'verify-full') {
    throw invalidUrl(
      `has sslrootcert=system with sslmode=${mode}: any server could have such a certificate; use sslmode=verify-full`,
    );
  }
  return tlsOf({
    mode: mode === 'require' && rootcert ? 'verify-ca' : mode,
    rootcert: rootcert === undefined || mode === 'disable' ? null : rootcert,
    client: clientCertificate(parameters, env),
    host,
  });
}

interface Wanted {
  readonly mode: (typeof MODES)[number];
  readonly rootcert: string | null;
  readonly client: { readonly cert: string; readonly key: string } | null;
  readonly host: string | null;
}

function tlsOf({ mode, rootcert, client, host }: Wanted): DatabaseTls {
  if (mode === 'disable') return false;
  if (mode === 'allow' || mode === 'prefer') return 'prefer';
  if (mode === 'require') return client ? { rejectUnauthorized: false, ...client } : 'require';
  return {
    rejectUnauthorized: true,
    ...(rootcert === null ? {} : { ca: authorities(rootcert) }),
    ...client,
    checkServerIdentity: (name, certificate) =>
      mode === 'verify-ca' ? undefined : checkServerIdentity(host ?? name, certificate),
  };
}

function authorities(rootcert: string): string[] {
  if (rootcert === 'system') return [...rootCertificates, ...getCACertificates('system')];
  return [fileOf('sslrootcert', rootcert)];
}

function clientCertificate(parameters: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Wanted['client'] {
  const cert = parameters.get('sslcert') ?? env['PGSSLCERT'];
  const key = parameters.get('sslkey') ?? env['PGSSLKEY'];
  if (!cert && !key) return null;
  if (!cert || !key) throw invalidUrl('has one of sslcert and sslkey: a client certificate wants both');
  return { cert: fileOf('sslcert', cert), key: fileOf('sslkey', key) };
}

function fileOf(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw invalidUrl(`names the file ${file} as ${parameter}, which cannot be read (${code})`);
  }
}

/** `what` is a clause about DATABASE_URL that repeats no part of it that could contain the password. */
export function invalidUrl(what: string): Problem {
  return new Problem('invalid-input', `DATABASE_URL ${what}.`);
}
