import type { Context } from 'hono';
import { requestUrl } from './request-url.ts';

/** One page from `limit + 1` items: the extra one shows whether another page follows. */
export function pageOf<T>(items: readonly T[], limit: number): { items: readonly T[]; last: T | null } {
  const page = items.slice(0, limit);
  return { items: page, last: items.length > limit ? (page.at(-1) ?? null) : null };
}

/** One page of a list that is read as a whole and grows at its end. The cursor is how many came before. */
export function pageFrom<T>(
  items: readonly T[],
  { limit, cursor = 0 }: { limit: number; cursor?: number | undefined },
) {
  const end = cursor + limit;
  return { items: items.slice(cursor, end), next: end < items.length ? String(end) : null };
}

/** The same of a list that grows at its beginning. The cursor is how many are left. */
export function pageOfNewest<T>(
  items: readonly T[],
  { limit, cursor = items.length }: { limit: number; cursor?: number | undefined },
) {
  const page = items.slice(Math.max(0, items.length - cursor)).slice(0, limit);
  const left = Math.min(cursor, items.length) - page.length;
  return { items: page, next: left > 0 ? String(left) : null };
}

/** RFC 8288: the same request with the next cursor. */
export function linkNext(c: Context, cursor: string | null): void {
  const url = requestUrl(c);
  if (cursor === null || url === null) return;
  const { pathname, searchParams } = url;
  searchParams.set('cursor', cursor);
  c.header('link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
