import { certificateFault } from '../problem/certificate.ts';
import { errorCode } from '../problem/error-code.ts';
import type { Delivery } from './channel.ts';

const BODY_LIMIT = 64 * 1024;
const LONGEST_RETRY_MS = 60 * 60 * 1000;

/** What the outcome of a POST means to the outbox. Shared by the channels that send one POST per message. */
export interface AnswerRules {
  /** The statuses that mean the message was accepted. */
  readonly delivered: readonly number[];
  /** One line from the body of a refusal, or null if it says nothing. */
  readonly explain?: (body: string) => string | null;
}

/**
 * 429, 5xx, a redirect and an unexpected success are retried: a proxy in between may answer like that for a while, and a
 * page must not be lost to it. Every other 4xx would be refused again.
 */
export async function judgeAnswer(answer: Response, rules: AnswerRules, now: number): Promise<Delivery> {
  const { status } = answer;
  if (rules.delivered.includes(status)) {
    await discard(answer);
    return { kind: 'delivered' };
  }
  const body = await readStart(answer);
  const said = rules.explain?.(body) ?? null;
  const reason = said === null ? `it answered ${status}` : `it answered ${status}: ${said}`;
  if (status >= 400 && status < 500 && status !== 429) return { kind: 'rejected', reason };
  const retryAfterMs = parseRetryAfter(answer.headers.get('retry-after'), now);
  return retryAfterMs === null ? { kind: 'failed', reason } : { kind: 'failed', reason, retryAfterMs };
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3) -> ms from `now`, at most an hour; null when it is neither. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_RETRY_MS);
}

/** Why a request got no answer, without the address or any other part of the request. */
export function describeFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no complete answer in time';
  const code = error instanceof Error ? errorCode(error.cause) : null;
  if (code === null) return 'the connection failed';
  return certificateFault(code, 'the file of NODE_EXTRA_CA_CERTS') ?? `the connection failed (${code})`;
}

async function discard(answer: Response): Promise<void> {
  await answer.body?.cancel();
}

async function readStart(answer: Response): Promise<string> {
  if (!answer.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of answer.body) {
    const rest = BODY_LIMIT - size;
    text += decoder.decode(chunk.subarray(0, rest), { stream: true });
    size += chunk.byteLength;
    // Leaving the loop cancels the stream, so an endless body costs nothing more.
    if (size >= BODY_LIMIT) break;
  }
  return text;
}
