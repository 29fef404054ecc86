import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../problem/problem.ts';

/** The strong entity tag of a rollout's version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * The version that If-Match requires; null if it requires none (absent, or `*`). The comparison is strong
 * (RFC 9110 section 13.1.1), so a weak tag, or one that we never issued, matches nothing: Problem('stale').
 */
export function expectedVersion(c: Context): number | null {
  const tag = c.req.header('if-match')?.trim();
  if (tag === undefined || tag === '*') return null;
  const version = /^"(\d{1,15})"$/.exec(tag)?.[1];
  if (version === undefined) throw new Problem('stale', `If-Match ${tag} is no entity tag of this rollout`);
  return Number(version);
}

/** The tag of a list of consumers, or of what a restore was told of, that If-Match requires, by the same rules. */
export function expectedTag(c: Context, of = 'a list of consumers'): string | null {
  const tag = c.req.header('if-match')?.trim();
  if (tag === undefined || tag === '*') return null;
  const content = /^"([0-9a-f]{32})"$/.exec(tag)?.[1];
  if (content === undefined) throw new Problem('stale', `If-Match ${tag} is no entity tag of ${of}`);
  return content;
}

/** The strong entity tag of a text, by its content. */
export async function contentTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'));
  return `"${hex.join('').slice(0, 32)}"`;
}

/** Spread into the request of a write: what it was read as. */
export const ifMatch = z.object({
  'if-match': z.string().optional().describe('Only if it still has this ETag; else 412'),
});

/** Throws Problem('stale'), with what is there now, unless If-Match has the tag of this content. */
export async function requireContent(c: Context, content: unknown): Promise<void> {
  const tags = (c.req.header('if-match') ?? '*').split(',').map((tag) => tag.trim());
  const now = JSON.stringify(content);
  if (tags.includes('*') || tags.includes(await contentTag(now))) return;
  throw new Problem('stale', `it is not what If-Match names: it is ${now} now`);
}

/**
 * Gives every JSON answer to a GET the tag of its content, and answers 304 to whoever has that already. What has a version has the tag of
 * its version instead, which says nothing of the figures beside it.
 */
export const contentTags = createMiddleware(async (c, next) => {
  await next();
  const { status, headers } = c.res;
  const isRead = (c.req.method === 'GET' || c.req.method === 'HEAD') && status === 200;
  if (!isRead || headers.has('etag') || !headers.get('content-type')?.startsWith('application/json')) return;
  const tag = await contentTag(await c.res.clone().text());
  c.res.headers.set('etag', tag);
  if (!hasAlready(c, tag)) return;
  const kept = new Headers(c.res.headers);
  kept.delete('content-type');
  c.res = undefined;
  c.res = new Response(null, { status: 304, headers: kept });
});

/** Whether whoever asks has it already: If-None-Match compares weakly (RFC 9110 section 13.1.2). */
export function hasAlready(c: Context, tag: string): boolean {
  const known = c.req.header('if-none-match')?.split(',') ?? [];
  return known.some((one) => ['*', tag, `W/${tag}`].includes(one.trim()));
}
