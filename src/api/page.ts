import type { Context } from 'hono';
import { requestUrl } from './request-url.ts';

/** One page from `limit + 1` items: the extra one shows whether another page follows. */
export function pageOf<T>(items: readonly T[], limit: number): { items: readonly T[]; last: T | null } {
  const page = items.slice(0, limit);
  return { items: page, last: items.length > limit ? (page.at(-1) ?? null) : null };
}

/** RFC 8288: the same request with the next cursor. */
export function linkNext(c: Context, cursor: string | null): void {
  const url = requestUrl(c);
  if (cursor === null || url === null) return;
  const { pathname, searchParams } = url;
  searchParams.set('cursor', cursor);
  c.header('link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
