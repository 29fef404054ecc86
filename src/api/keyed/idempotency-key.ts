import type { Context } from 'hono';
import type { KeyedRequest } from '../../rollout/acts/keyed-request.ts';
import type { ApiEnv } from '../access.ts';
import { requestUrl } from '../request-url.ts';

/** A string of RFC 9651, as the draft has it, or the same without its quotes, as most clients send it. */
export const KEY_PATTERN = /^(?:"[ !#-[\]-~]{1,255}"|[!#$%&'*+./:=@A-Z^_`a-z|~0-9-]{1,255})$/;

/** The key itself; null where it is none. */
export function keyIn(header: string): string | null {
  const key = header.trim();
  if (!KEY_PATTERN.test(key)) return null;
  return key.startsWith('"') ? key.slice(1, -1) : key;
}

/**
 * The request by hashes. The credential is in both: no other one finds what it has asked, and a body that has a secret in it cannot
 * be guessed from its hash.
 */
export async function keyedRequestOf(c: Context<ApiEnv>, key: string): Promise<KeyedRequest> {
  const credential = c.get('credential');
  const search = requestUrl(c)?.search ?? '';
  const body = new Uint8Array(await c.req.arrayBuffer());
  return {
    id: await hashOf('key', credential, new TextEncoder().encode(key)),
    operation: `${c.req.method} ${c.req.path}${search}`,
    bodyHash: await hashOf('body', credential, body),
  };
}

async function hashOf(what: string, credential: string, bytes: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`serin ${what}\0${credential}\0`);
  const digest = await crypto.subtle.digest('SHA-256', Buffer.concat([head, bytes]));
  return Buffer.from(digest).toString('hex');
}
