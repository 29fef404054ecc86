import type { Context } from 'hono';
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

/** The strong entity tag of a text, by its content. */
export async function contentTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'));
  return `"${hex.join('').slice(0, 32)}"`;
}

/** Whether whoever asks has it already: If-None-Match compares weakly (RFC 9110 section 13.1.2). */
export function hasAlready(c: Context, tag: string): boolean {
  const known = c.req.header('if-none-match')?.split(',') ?? [];
  return known.some((one) => ['*', tag, `W/${tag}`].includes(one.trim()));
}
