import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { problemAnswer } from '../problem-answer.ts';
import { requestUrl } from '../request-url.ts';

/** Another site's page cannot make a browser act here (CSRF): its Origin names a different host from the request's. */
export const sameOrigin = createMiddleware(async (c, next) => {
  const origin = c.req.header('origin');
  if (origin !== undefined && URL.parse(origin)?.host !== requestUrl(c)?.host) {
    return problemAnswer(c, 'forbidden', 'requests from pages of another origin are refused');
  }
  await next();
  return undefined;
});

/** How browsers reach this server, which listens for plain http and may have TLS in front. */
export interface OwnPage {
  /** Whether `control.publicUrl` says that they reach this host by https only. */
  isHttpsOnly(c: Context): boolean;
  /** Whether this request came to its host by https, as far as the server can know: no proxy's field is believed. */
  isHttps(c: Context): boolean;
  /**
   * Why a request was not sent by a page of this server, as a sentence; null if it was. Behind `sameOrigin`, which has compared
   * the hosts. `Sec-Fetch-Site` compares scheme, host and port; browsers send it over TLS and to loopback only, and `Origin` with
   * everything but GET and HEAD.
   */
  refusal(c: Context): string | null;
}

const NOT_OWN = 'only a page of this server may do this, and';

export function ownPage(publicUrl: string | undefined): OwnPage {
  const known = publicUrl === undefined ? null : new URL(publicUrl);
  const isHttpsOnly = (c: Context) => known?.protocol === 'https:' && known.host === requestUrl(c)?.host;
  const originIsHttps = (c: Context) => URL.parse(c.req.header('origin') ?? '')?.protocol === 'https:';

  return {
    isHttpsOnly,
    isHttps: (c) => isHttpsOnly(c) || originIsHttps(c),
    refusal(c) {
      const site = c.req.header('sec-fetch-site');
      if (site !== undefined) {
        return site === 'same-origin' ? null : `${NOT_OWN} Sec-Fetch-Site says that another one sent it`;
      }
      if (c.req.header('origin') === undefined) {
        return `${NOT_OWN} neither Sec-Fetch-Site nor Origin says who sent it; a program sends its token as Authorization: Bearer TOKEN`;
      }
      return isHttpsOnly(c) && !originIsHttps(c)
        ? `${NOT_OWN} its Origin is not https, as control.publicUrl in serin.yaml is`
        : null;
    },
  };
}

/** Refuses what was not sent by a page of this server. */
export const onlyFor = (page: OwnPage) =>
  createMiddleware(async (c, next) => {
    const refusal = page.refusal(c);
    if (refusal !== null) return problemAnswer(c, 'forbidden', refusal);
    await next();
    return undefined;
  });
