import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './access.ts';
import type { BodyRoom } from './body-room.ts';
import { problemAnswer, tooMany } from './problem-answer.ts';

/** A policy may have 64 KiB, and JSON escapes make it longer. */
const LIMIT_BYTES = 256 * 1024;

/**
 * Reads the body, and refuses a larger one than this: before reading it if its length is declared, else once more than that has arrived.
 * One that breaks off is the sender's fault, whichever route it was for.
 *
 * Hono's own middleware passes on what it has read as `new Request(c.req.raw, ...)`, which throws for the Request of
 * @hono/node-server while the global objects are not overridden: so the new request is built from its parts.
 *
 * @param room where bodies are large: for what may arrive, and refused before reading it where there is none
 */
export const limitBodyTo = (limitBytes: number, room?: BodyRoom) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const refuse = () => problemAnswer(c, 'too-large', `a body is at most ${limitBytes / 1024} KiB`);
    // Transfer-Encoding overrides Content-Length (RFC 9112 section 6.3).
    const length = c.req.header('transfer-encoding') === undefined ? c.req.header('content-length') : undefined;
    const most = length === undefined ? limitBytes : Number(length);
    if (most > limitBytes) return refuse();
    if (c.req.raw.body) {
      const taken = room && { room, name: c.get('actor').name };
      if (taken?.room.take(taken.name, most) === false) return noRoom(c);
      const body = await readAtMost(limitBytes, c.req.raw.body).finally(() => taken?.room.free(taken.name, most));
      if (body === 'broken-off') return problemAnswer(c, 'malformed', 'the body broke off');
      if (body === 'too-large') return refuse();
      const { method, url, raw } = c.req;
      c.req.raw = new Request(url, { method, headers: [...raw.headers], body, signal: raw.signal });
    }
    await next();
    return undefined;
  });

export const limitBody = limitBodyTo(LIMIT_BYTES);

const AGAIN_MS = 1_000;

function noRoom(c: Context): Response {
  return tooMany(c, 'busy', 'too many bodies are being received at once; send this again', AGAIN_MS);
}

/** Stops reading at the limit. */
async function readAtMost(limitBytes: number, body: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks);
      length += value.length;
      if (length > limitBytes) return 'too-large';
      chunks.push(value);
    }
  } catch {
    return 'broken-off';
  }
}
