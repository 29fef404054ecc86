import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../problem/problem.ts';
import { type Actor, ROLES, type Role } from '../rollout/event.ts';
import type { TokenBearer, TokenControl } from './control.ts';
import { failedLogins } from './failed-logins.ts';
import { problemAnswer } from './problem-answer.ts';

export type ApiEnv = { Variables: { actor: TokenBearer } };

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;
const REMEMBERED_TOKENS = 1_000;

/** Spread into a route's definition: requires at least this role, and documents it in the API's description. */
export function requires(role: Role) {
  const guard = createMiddleware<ApiEnv>(async (c, next) => {
    const actor = c.get('actor');
    if (!mayActAs(role, actor.role)) {
      throw new Problem('forbidden', `this needs the role ${role}; ${actor.name} is ${actor.role}`);
    }
    await next();
  });
  return { middleware: guard, security: [{ bearer: [] }], 'x-required-role': role };
}

/** A role that is not in the list, such as one that another version of Serin has stored, may do nothing. */
function mayActAs(least: Role, role: Actor['role']): boolean {
  if (role === 'serin' || role === 'admin') return true;
  if (least === 'logs:write' || role === 'logs:write') return role === least;
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/**
 * Resolves the bearer token to an actor, or answers 401, or 429 if the address has failed too often.
 * A token that was accepted before is still looked up then: a script with an old token must not lock an operator
 * at the same address out of a rollback.
 */
export function authenticate(tokens: TokenControl, now: () => number) {
  const failures = failedLogins(now);
  const accepted = new Set<string>();

  return createMiddleware<ApiEnv>(async (c, next) => {
    const token = BEARER.exec(c.req.header('authorization') ?? '')?.[1];
    if (token === undefined) return unauthenticated(c, 'send a token as Authorization: Bearer TOKEN', 'Bearer');

    const address = addressOf(c);
    const fingerprint = await fingerprintOf(token);
    const blockedMs = failures.blockedMs(address);
    if (blockedMs !== null && !accepted.has(fingerprint)) {
      const seconds = Math.ceil(blockedMs / 1000);
      return problemAnswer(c, 'too-many-failures', `too many tokens were refused; try again in ${seconds} s`, {
        headers: { 'retry-after': String(seconds) },
      });
    }

    const actor = await tokens.authenticate(token);
    if (actor === null) {
      accepted.delete(fingerprint);
      failures.count(address);
      return unauthenticated(c, 'the token is unknown or revoked', 'Bearer error="invalid_token"');
    }
    if (accepted.size < REMEMBERED_TOKENS) accepted.add(fingerprint);
    c.set('actor', actor);
    await next();
    return undefined;
  });
}

function unauthenticated(c: Context, detail: string, challenge: string): Response {
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
