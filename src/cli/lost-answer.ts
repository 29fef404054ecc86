import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../problem/error-code.ts';
import { Problem } from '../problem/problem.ts';
import type { ApiAnswer } from './answer.ts';

/** After the request was sent; with any other code it did not arrive. */
const BROKE_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Statuses by which a proxy says that it has lost the server behind it. */
const LOST_BEHIND: ReadonlySet<number> = new Set([502, 504]);
const AGAIN_MS = 500;
/** Longer than the server takes for anything. */
const MOST_MS = 30_000;

/**
 * Sends a request that carries an `Idempotency-Key`, and where its answer is lost the same once more: it is done once. While the first
 * one is still under way it waits for that one.
 */
export async function answerOf(send: () => Promise<ApiAnswer>, signal: AbortSignal): Promise<ApiAnswer> {
  try {
    const answer = await send();
    if (!isProxys(answer)) return answer;
  } catch (error) {
    if (signal.aborted || !isLost(error)) throw error;
  }
  const until = performance.now() + MOST_MS;
  for (;;) {
    await sleep(AGAIN_MS, undefined, { signal });
    const again = await send().catch((error: unknown) => {
      throw withUnknownOutcome(error);
    });
    if (!isUnderWay(again) || performance.now() > until) return again;
  }
}

/** What `fetch` threw is the cause of the Problem. */
function isLost(error: unknown): boolean {
  return error instanceof Problem && error.cause instanceof Error && BROKE_OFF.has(errorCode(error.cause.cause) ?? '');
}

function isProxys({ status, type }: ApiAnswer): boolean {
  return LOST_BEHIND.has(status) && type !== 'application/problem+json';
}

function isUnderWay({ status, json }: ApiAnswer): boolean {
  return status === 409 && typeof json === 'object' && json !== null && 'code' in json && json.code === 'under-way';
}

/** The second try has failed as well, and says nothing of the first. */
function withUnknownOutcome(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  const more = 'the answer to the first try was lost, so that it may have been done: look before you do it again';
  return new Problem(error.code, `${error.message}; ${more}`, { issues: error.issues, cause: error });
}
