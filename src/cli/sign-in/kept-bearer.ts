import { Problem } from '../../problem/problem.ts';
import type { Session } from '../terminal.ts';
import { type KeptSignIn, keptPath, readKept, writeKept } from './kept-sign-in.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Renewed as long before it expires, or a fifth of its life if that is shorter: a request may take a while. */
const AHEAD_MS = 60_000;

/** Whether somebody has signed in at this control API. Throws Problem where the file is not as it should be. */
export function keptSignIn(server: string, { env }: Session): KeptSignIn | null {
  return readKept(keptPath(server, env), server);
}

/**
 * The ID token of whoever has signed in, renewed where it is about to expire. Two commands at once renew it once, because a
 * provider that rotates refresh tokens takes a second use for theft (RFC 9700 section 4.14). Throws Problem('unauthenticated') when it
 * is over.
 */
export async function keptBearer(server: string, session: Session): Promise<string> {
  const path = keptPath(server, session.env);
  const kept = readKept(path, server);
  if (kept === null) throw over(server, 'there is none any more');
  if (!isDue(kept)) return kept.idToken;
  try {
    return await oneAtATime(path, session.closed, () => renewedBearer(path, server, session));
  } catch (error) {
    if (Date.now() < kept.expiresAtMs) return kept.idToken;
    throw error;
  }
}

async function renewedBearer(path: string, server: string, session: Session): Promise<string> {
  // Another command may have renewed it while this one waited.
  const kept = readKept(path, server);
  if (kept === null) throw over(server, 'there is none any more');
  if (!isDue(kept)) return kept.idToken;
  const { renewed } = await import('./provider.ts');
  const next = await renewed(kept, session).catch((error: unknown) => {
    throw error instanceof Problem && error.code === 'refused' ? over(server, error.message, error) : error;
  });
  writeKept(path, next);
  return next.idToken;
}

function isDue(kept: KeptSignIn): kept is KeptSignIn & { readonly refreshToken: string } {
  const { server, issuer, refreshToken, receivedAtMs, expiresAtMs } = kept;
  const now = Date.now();
  if (refreshToken !== null) {
    return now > expiresAtMs - Math.min(AHEAD_MS, (expiresAtMs - receivedAtMs) / 5);
  }
  if (now < expiresAtMs) return false;
  throw over(server, `it ended at ${new Date(expiresAtMs).toISOString()}, and ${issuer} gave nothing to renew it by`);
}

function over(server: string, why: string, cause?: unknown): Problem {
  return new Problem(
    'unauthenticated',
    `your sign-in at ${server} is over: ${why}; run \`serin login --server ${server}\``,
    { cause },
  );
}
