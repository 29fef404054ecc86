import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { RefusedToken } from '../control.ts';
import { failedLogins } from '../failed-logins.ts';
import { problemAnswer, tooMany } from '../problem-answer.ts';

/** What a token is answered with: what its look-up found, or the refusal. */
export type PresentToken = <T extends object>(
  c: Context,
  token: string,
  lookUp: (token: string) => Promise<T | RefusedToken | null>,
) => Promise<T | Response>;

const REMEMBERED_TOKENS = 1_000;

/**
 * Looks tokens up, wherever in a request they are, and answers 401, or 429 if the address has failed too often.
 * A token that was accepted before is still looked up then: a script with an old token must not lock an operator
 * at the same address out of a rollback.
 */
export function presentToken(now: () => number): PresentToken {
  const failures = failedLogins(now);
  const accepted = new Set<string>();

  return async (c, token, lookUp) => {
    const address = addressOf(c);
    const fingerprint = await fingerprintOf(token);
    const blockedMs = failures.blockedMs(address);
    if (blockedMs !== null && !accepted.has(fingerprint)) {
      return tooMany(c, 'too-many-failures', 'too many tokens were refused; try again', blockedMs);
    }

    const found = await lookUp(token);
    // It is the last to be forgotten: tokens of a provider are others every few minutes.
    accepted.delete(fingerprint);
    if (found === null || 'refused' in found) {
      failures.count(address);
      const detail = found === null ? 'the token is unknown or revoked' : found.refused;
      return unauthenticated(c, detail, 'Bearer error="invalid_token"');
    }
    accepted.add(fingerprint);
    for (const oldest of accepted) if (accepted.size > REMEMBERED_TOKENS) accepted.delete(oldest);
    return found;
  };
}

export function unauthenticated(c: Context, detail: string, challenge = 'Bearer'): Response {
  return problemAnswer(c, 'unauthenticated', detail, { headers: { 'www-authenticate': challenge } });
}

/** The peer's address; an in-process request came over no socket and has none. */
function addressOf(c: Context): string {
  return c.env?.incoming ? (getConnInfo(c).remote.address ?? '') : '';
}

async function fingerprintOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Buffer.from(digest).toString('hex');
}
