import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../../problem/problem.ts';
import type { KeyClaim, KeyedAnswer, KeyedRequests } from '../../rollout/acts/keyed-request.ts';
import type { ApiEnv } from '../access.ts';
import { problemAnswer } from '../problem-answer.ts';
import { withWayOn } from '../way-on.ts';
import { keyedRequestOf, keyIn } from './idempotency-key.ts';
import { type KeyTaking, keyUse } from './takes-key.ts';

const KEPT_HEADERS = ['content-type', 'etag', 'location'];
const MOST_KEPT_BYTES = 64 * 1024;
/** They go without the database, and once done they are refused: neither it nor an earlier try may be in their way. */
const GOES_ON = /^\/api\/v1\/rollouts\/[^/]+\/(?:rollback|abort)$/;
const AGAIN_S = 1;

/**
 * A POST that carries an `Idempotency-Key` is done once (draft-ietf-httpapi-idempotency-key-header): whoever lost the answer asks again
 * with the same key. Behind authentication, and behind what reads the body.
 */
export const doneOnce = (keyed: KeyedRequests) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const header = c.req.header('idempotency-key');
    const use = keyUse(c.req.method, c.req.path);
    if (header === undefined || use === 'passed-over') {
      await next();
      return undefined;
    }
    const key = keyIn(header);
    if (key === null) {
      const detail = 'Idempotency-Key: must be 1 to 255 printable ASCII characters, in quotes or without spaces';
      return problemAnswer(c, 'malformed', detail, { errors: [{ parameter: 'idempotency-key', detail }] });
    }
    // Of this request alone: its audit entries are known by it.
    const by = { ...c.get('actor') };
    c.set('actor', by);
    const claim = await claimed(c, keyed.claim(await keyedRequestOf(c, key), by));
    const refused = claim && answerTo(c, claim);
    if (refused) return refused;

    await next();
    // The answer is given whether it can be kept or not: if not, whoever asks again is told that it was done.
    await (c.res.ok ? keyed.keep(by, await answerToKeep(c.res, use)) : keyed.release(by)).catch(() => undefined);
    return undefined;
  });

/** Null where it goes on without. */
async function claimed(c: Context<ApiEnv>, claim: Promise<KeyClaim>): Promise<KeyClaim | null> {
  try {
    return await claim;
  } catch (error) {
    if (GOES_ON.test(c.req.path) && error instanceof Problem) return null;
    throw withWayOn(error);
  }
}

/** Null where it is done now. */
function answerTo(c: Context<ApiEnv>, claim: KeyClaim): Response | null {
  switch (claim.kind) {
    case 'claimed':
      return null;
    case 'answered': {
      const { status, headers, body } = claim.answer;
      return new Response(body, { status, headers: { ...headers, 'idempotent-replayed': 'true' } });
    }
    case 'under-way': {
      if (GOES_ON.test(c.req.path)) return null;
      const seconds = Math.ceil(claim.retryInMs / 1_000);
      const detail = `the same request is still being answered, or broke off: ask again with the same key; in ${seconds} s at the latest it is known whether it was done`;
      return problemAnswer(c, 'under-way', detail, { headers: { 'retry-after': String(AGAIN_S) } });
    }
    case 'done': {
      const isSecret = keyUse(c.req.method, c.req.path) === 'withheld';
      const why = isSecret
        ? 'its answer has a secret, which is shown once and not stored: if it did not arrive, revoke it, and make another with a new key'
        : 'its answer was not kept: read what has become of it; to do it once more, send a new key';
      return problemAnswer(
        c,
        'answer-lost',
        `this was done before, as entry ${claim.seq} of the audit log, and ${why}`,
      );
    }
    case 'another': {
      const detail = `the Idempotency-Key was sent before with another request (${claim.operation}), or with another body: each request has a key of its own`;
      return problemAnswer(c, 'key-reused', detail, { errors: [{ parameter: 'idempotency-key', detail }] });
    }
  }
}

async function answerToKeep(response: Response, use: KeyTaking): Promise<KeyedAnswer | null> {
  if (use === 'withheld') return null;
  const body = await response.clone().text();
  if (body.length > MOST_KEPT_BYTES) return null;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body };
}
