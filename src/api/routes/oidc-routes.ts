import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { Problem } from '../../problem/problem.ts';
import type { Entrance } from '../entry/authenticate.ts';
import { unauthenticated } from '../entry/present-token.ts';
import { HTTP_PROBLEMS } from '../problem-answer.ts';
import { requestUrl } from '../request-url.ts';

const CALLBACK = '/auth/oidc/callback';
const NOT_BEGUN = 'a sign-in has to be finished in the browser that began it: begin again';
/** A page of the dashboard, on this server. */
const LOCAL = /^\/(?:ui(?:[/?][!-~]{0,1000})?)?$/;
const PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Signing in by the OpenID provider, for browsers: to it, and back with a session. Before authentication. What the browser keeps meanwhile is sealed and
 * used once, so that no other browser finishes what this one began, and no page signs somebody in as its own author.
 */
export function oidcRoutes({ oidc, present, cookies }: Entrance, publicUrl: string | undefined): Hono {
  const app = new Hono();
  const home = publicUrl === undefined ? null : new URL(publicUrl);

  app.get('/auth/oidc/start', async (c) => {
    const asked = c.req.query('to') ?? '/';
    const to = LOCAL.test(asked) ? asked : '/';
    const here = requestUrl(c);
    // The provider sends browsers to one host, and a cookie is of the host that sets it.
    if (home !== null && home.host !== here?.host) {
      return c.redirect(`${home.origin}/auth/oidc/start?${new URLSearchParams({ to })}`, 302);
    }
    const { origin = '' } = home ?? here ?? {};
    try {
      const begun = await oidc.begin({ redirectUri: `${origin}${CALLBACK}`, to }, cookies.away.nameFor(c));
      cookies.away.give(c, begun.kept, begun.lastsMs);
      return c.redirect(begun.location, 302);
    } catch (error) {
      return notSignedIn(c, error, to);
    }
  });

  app.get(CALLBACK, async (c) => {
    const kept = cookies.away.presented(c) ?? '';
    const names = { flow: cookies.away.nameFor(c), session: cookies.nameFor(c) };
    const destination = oidc.destinationOf(kept, names.flow);
    const to = destination ?? '/';
    cookies.away.takeAway(c);
    try {
      const back = { query: requestUrl(c)?.search ?? '', kept };
      // Any page can have a browser ask for this: what no sign-in here began is no failed login of its address.
      const opened =
        destination === null ? unauthenticated(c, NOT_BEGUN) : await present(c, kept, () => oidc.finish(back, names));
      if (opened instanceof Response) return notSignedIn(c, opened, to);
      cookies.give(c, names.session, opened.value, opened.lastsMs);
      return c.redirect(to, 302);
    } catch (error) {
      return notSignedIn(c, error, to);
    }
  });

  return app;
}

/** A page with the sentence, for a person who has come here by a link. */
async function notSignedIn(c: Context, why: unknown, to: string): Promise<Response> {
  const { status, sentence } = why instanceof Response ? await said(why) : problemOf(why);
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not signed in - Serin</title>
<h1>Not signed in</h1>
<p role="alert">${sentence}</p>
<p><a href="${to}">Back to the sign-in page</a></p>
</html>
`;
  c.header('content-security-policy', PAGE_POLICY);
  c.header('referrer-policy', 'no-referrer');
  return c.html(page, status as 400);
}

async function said(refusal: Response) {
  const { detail } = (await refusal.json()) as { readonly detail: string };
  return { status: refusal.status, sentence: detail };
}

/** What is no problem is no sentence either: it is thrown on. */
function problemOf(error: unknown) {
  if (!(error instanceof Problem) || !(error.code in HTTP_PROBLEMS)) throw error;
  return { status: HTTP_PROBLEMS[error.code as keyof typeof HTTP_PROBLEMS].status, sentence: error.message };
}
