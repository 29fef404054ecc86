import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { givenVariable } from '../problem/given-variable.ts';
import { Problem } from '../problem/problem.ts';
import { keptBearer, keptSignIn } from './sign-in/kept-bearer.ts';
import type { Session } from './terminal.ts';
import { clean } from './text.ts';

/** RFC 6750 section 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** What the control API takes. */
const MOST_CHARACTERS = 8_192;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface CredentialOptions {
  readonly token?: string;
  readonly dataFolder?: string;
}

/** Where the bearer of a command comes from. */
export type BearerSource = 'token' | 'sign-in' | 'admin-token' | 'nothing';

export interface Credential {
  readonly from: BearerSource;
  /** The provider of a sign-in; null otherwise. */
  readonly issuer: string | null;
  /** Whether it is renewed by itself. */
  readonly renews: boolean;
  /** The token of this moment: that of a sign-in is renewed where it is about to expire. Throws Problem. */
  bearer(): Promise<string | null>;
  /** The end of the message when it is refused: where it came from, and what to do. */
  readonly hint: string;
}

/**
 * What is sent to a control API: the token that was given, else what `serin login` keeps for this very address, else the admin token of
 * this machine's server, to a loopback address only. Throws Problem.
 */
export function credentialFor(server: URL, options: CredentialOptions, session: Session): Credential {
  const { env } = session;
  const given = chosen('--token', options.token) ?? givenVariable(env, 'SERIN_TOKEN');
  if (given !== undefined) return fixed('token', given, ' (--token or SERIN_TOKEN)');
  const kept = keptSignIn(server.origin, session);
  if (kept !== null) {
    const { issuer, refreshToken } = kept;
    return {
      from: 'sign-in',
      issuer,
      renews: refreshToken !== null,
      bearer: () => keptBearer(server.origin, session),
      hint: `: it is that of your sign-in at ${clean(issuer)}; run \`serin login --server ${server.origin}\` again`,
    };
  }
  const folder = chosen('--data-folder', options.dataFolder) ?? givenVariable(env, 'SERIN_DATA') ?? '.serin';
  const local = localToken(server, folder);
  if (local !== null) return fixed('admin-token', local, localHint(folder));
  return fixed('nothing', null, ' (--token or SERIN_TOKEN, or sign in with `serin login`)');
}

function fixed(from: BearerSource, token: string | null, hint: string): Credential {
  if (token !== null && !TOKEN.test(token)) {
    throw new Problem('invalid-input', 'the token (--token, SERIN_TOKEN) contains a character that no token has');
  }
  if (token !== null && token.length > MOST_CHARACTERS) {
    throw new Problem(
      'invalid-input',
      `the token (--token, SERIN_TOKEN) has ${token.length} characters, and Serin takes ${MOST_CHARACTERS}`,
    );
  }
  return { from, issuer: null, renews: false, bearer: async () => token, hint };
}

/** The value of an option that was given. `--token "$TOKEN"` with an empty TOKEN does not ask for another token. */
export function chosen(option: string, value: string | undefined): string | undefined {
  if (value === undefined || value.trim() !== '') return value;
  throw new Problem('invalid-input', `${option} is empty: give it a value, or leave it out`);
}

/** The admin token of this machine's server, sent to a loopback address only. */
function localToken(address: URL, folder: string): string | null {
  if (!LOOPBACK.has(address.hostname)) return null;
  try {
    return readFileSync(join(folder, 'admin-token'), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function localHint(folder: string): string {
  return (
    `: it is the one in ${clean(join(folder, 'admin-token'))}. Give another with --token or SERIN_TOKEN, or make it anew with ` +
    '`serin renew-admin-token --reason TEXT` (with the embedded database, stop the server first)'
  );
}
