import { type Context, Hono } from 'hono';
import { problemAnswer } from '../problem-answer.ts';
import type { DashboardFiles, PageFile } from './page-file.ts';

/** Nothing inline, nothing from elsewhere, nobody's frame, and no text that becomes markup (CSP level 3; Trusted Types). */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': PAGE_POLICY,
  // What is opened from here does not learn where it was.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};
// Their names have a hash of what they hold.
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The dashboard's own files. They say nothing: what they show they ask the API for, which asks who is there. */
export function dashboardRoutes(files: DashboardFiles | null): Hono {
  const app = new Hono();

  const shell = (c: Context) => {
    // A program that gets HTML for a file that is not there would take it for the file.
    if (c.req.path.includes('.')) return c.notFound();
    if (files === null) {
      return problemAnswer(
        c,
        'unavailable',
        'the dashboard is not built here: run npm run build, and start Serin again',
      );
    }
    return answer(c, files.shell, 'no-cache');
  };
  app.get('/', shell);
  app.get('/ui', shell);
  app.get('/ui/*', shell);
  app.get('/assets/:name', (c) => {
    const file = files?.assets.get(c.req.path);
    if (file === undefined) return c.notFound();
    return answer(c, file, /-[\w-]{8}\.\w+$/.test(c.req.path) ? IMMUTABLE : 'no-cache');
  });

  return app;
}

function answer(c: Context, { bytes, contentType }: PageFile, cacheControl: string): Response {
  return c.body(bytes, 200, { ...HEADERS, 'content-type': contentType, 'cache-control': cacheControl });
}
