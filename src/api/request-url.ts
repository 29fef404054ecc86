import type { Context } from 'hono';

/** The URL of a request, or null: the client chooses its host, and `1.2.3.256` and `0x100000000` are invalid (WHATWG URL). */
export function requestUrl(c: Context): URL | null {
  return URL.parse(c.req.url);
}
