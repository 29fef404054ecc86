import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { requestUrl } from '../request-url.ts';
import type { OwnPage } from './own-page.ts';

export interface SessionCookies {
  /** The name of the cookie that a browser which sent this request should get. */
  nameFor(c: Context): string;
  /** The cookie that came; null if none did. */
  presented(c: Context): { readonly name: string; readonly value: string } | null;
  give(c: Context, name: string, value: string, lastsMs: number): void;
  takeAway(c: Context): void;
  /** What a browser keeps while it is at the OpenID provider, which sends it back from another site. */
  readonly away: {
    nameFor(c: Context): string;
    presented(c: Context): string | null;
    give(c: Context, value: string, lastsMs: number): void;
    takeAway(c: Context): void;
  };
}

/**
 * The cookie in which a browser keeps its session. Browsers send a cookie to every port of a host, so its name has the port by
 * which they reach this one. Over https its name says `__Host-`: then no other host and no page without TLS can have set it.
 */
export function sessionCookies(page: OwnPage): SessionCookies {
  const overTls = (c: Context) => `__Host-serin-${portOf(c) || '443'}`;
  const plain = (c: Context) => `serin-${portOf(c) || '80'}`;
  const namesAt = (c: Context) => (page.isHttpsOnly(c) ? [overTls(c)] : [overTls(c), plain(c)]);
  const awayName = (c: Context) => `${page.isHttpsOnly(c) ? overTls(c) : plain(c)}-away`;

  return {
    nameFor: (c) => (page.isHttps(c) ? overTls(c) : plain(c)),
    presented(c) {
      for (const name of namesAt(c)) {
        const value = getCookie(c, name);
        if (value !== undefined) return { name, value };
      }
      return null;
    },
    give: (c, name, value, lastsMs) => setCookie(c, name, value, { ...traitsOf(name), maxAge: lastsMs / 1_000 }),
    away: {
      nameFor: awayName,
      presented: (c) => getCookie(c, awayName(c)) ?? null,
      give: (c, value, lastsMs) => {
        const name = awayName(c);
        setCookie(c, name, value, { ...traitsOf(name), sameSite: 'Lax', maxAge: lastsMs / 1_000 });
      },
      takeAway: (c) => void deleteCookie(c, awayName(c), traitsOf(awayName(c))),
    },
    takeAway(c) {
      for (const name of namesAt(c)) if (getCookie(c, name) !== undefined) deleteCookie(c, name, traitsOf(name));
    },
  };
}

/** Empty for the scheme's own. */
function portOf(c: Context): string {
  return requestUrl(c)?.port ?? '';
}

function traitsOf(name: string) {
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: name.startsWith('__Host-') } as const;
}
