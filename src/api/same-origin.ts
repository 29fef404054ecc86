import { createMiddleware } from 'hono/factory';
import { problemAnswer } from './problem-answer.ts';
import { requestUrl } from './request-url.ts';

/** A page of another site cannot make a browser act here (CSRF): its Origin names another host than the request's. */
export const sameOrigin = createMiddleware(async (c, next) => {
  const origin = c.req.header('origin');
  if (origin !== undefined && URL.parse(origin)?.host !== requestUrl(c)?.host) {
    return problemAnswer(c, 'forbidden', 'requests from pages of another origin are refused');
  }
  await next();
  return undefined;
});
