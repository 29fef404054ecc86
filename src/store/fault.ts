import { Problem } from '../problem/problem.ts';
import { DrizzleQueryError } from './drizzle.ts';

const CONFLICTS: Readonly<Record<string, string>> = {
  rollouts_active_route: 'The route already has an active rollout.',
  consumers_route_key: 'The credential is listed already, under another name.',
};

const UNIQUE_VIOLATION = '23505';

/** NUL and lone surrogates: invalid_text_representation, untranslatable_character, character_not_in_repertoire. */
const UNSTORABLE_TEXT = /^22(P02|P05|021)$/;

/**
 * SQLSTATE classes and driver codes that say "not now": connection (08), transaction rolled back to resolve a
 * conflict (40), resources (53), operator intervention and time-outs (57), system error (58), lock not available
 * (55P03), read-only while failing over (25006), authorisation (28), no such database (3D), and the names that
 * Node and postgres.js give to a lost connection.
 */
const UNAVAILABLE = /^(08|28|40|53|57|58|3D)...$|^55P03$|^25006$|^E[A-Z]{3,}|^CONNECT(ION)?_/;

/** Connection exception (08), shutdown of the server (57P01 to 57P03), a socket's error, postgres.js's own. */
const LOST_CONNECTION = /^08...$|^57P0[123]$|^E[A-Z]{3,}|^CONNECT(ION)?_/;

/** Driver codes are public; any other value in that field might not be. */
const PUBLIC_CODE = /^[A-Z0-9_]{5,40}$/;

interface DatabaseFault {
  readonly code: string;
  readonly constraint: string | undefined;
}

/** Maps anything thrown by a driver to a Problem that carries its code and none of the bound parameters. */
export function faultOf(thrown: unknown): Problem {
  const problem = problemIn(thrown);
  if (problem) return problem;
  const fault = databaseFault(thrown);
  if (fault === null) {
    // The message of a DrizzleQueryError contains the bound parameters.
    const cause = thrown instanceof DrizzleQueryError ? undefined : thrown;
    return new Problem('internal', 'The store failed.', { cause });
  }
  const { code, constraint } = fault;
  if (code === UNIQUE_VIOLATION) {
    return new Problem('conflict', CONFLICTS[constraint ?? ''] ?? `It exists already (SQLSTATE ${code}).`);
  }
  if (UNSTORABLE_TEXT.test(code)) {
    return new Problem('invalid-input', `The text has characters that cannot be stored (${named(code)}).`);
  }
  if (UNAVAILABLE.test(code)) return new Problem('unavailable', `The database cannot answer (${named(code)}).`);
  return new Problem('internal', `The database refused the statement (${named(code)}).`);
}

/** Whether the connection itself failed, as opposed to the statement. */
export function isConnectionLost(thrown: unknown): boolean {
  return LOST_CONNECTION.test(databaseFault(thrown)?.code ?? '');
}

function named(code: string): string {
  return code.length === 5 && /\d/.test(code) ? `SQLSTATE ${code}` : code;
}

/** The code of the driver's or the database's error, or null if there is none. */
export function codeOf(thrown: unknown): string | null {
  return databaseFault(thrown)?.code ?? null;
}

/** A Problem thrown by the driver, wrapped by drizzle like every other error. */
function problemIn(thrown: unknown): Problem | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof Problem) return error;
  }
  return null;
}

/** The first error with a code in the chain of causes: drizzle wraps the driver's error, which carries the code. */
function databaseFault(thrown: unknown): DatabaseFault | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code, constraint, constraint_name: name } = error as Error & Record<string, unknown>;
    if (typeof code !== 'string' || !PUBLIC_CODE.test(code)) continue;
    return { code, constraint: [constraint, name].find((found) => typeof found === 'string') };
  }
  return null;
}
