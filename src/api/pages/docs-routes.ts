import { type Context, Hono } from 'hono';
import { problemAnswer } from '../problem-answer.ts';
import type { DocsFile, PageFile } from './page-file.ts';

/**
 * The library on this page is not ours, so the page has an origin of its own (`sandbox` without `allow-same-origin`): no cookie of this
 * server is sent for it, it reads nothing here, and it can send nothing anywhere. Its styles are written by its script.
 */
const DOCS_POLICY = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': DOCS_POLICY,
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-cache',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The control API of Serin</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/description.js"></script>
</body>
</html>
`;

/** No request is sent from the page: neither one that tries an operation, nor one to a validator elsewhere. */
const OPTIONS = { dom_id: '#docs', docExpansion: 'list', supportedSubmitMethods: [], validatorUrl: null };

/** Nobody is to type a token into a page that cannot use it. */
const NO_TOKENS =
  '() => ({ wrapComponents: { authorizeBtn: () => () => null, authorizeOperationBtn: () => () => null } })';

/** The description of the API for people, by a library that this process serves itself. */
export function docsRoutes(file: DocsFile, description: () => object): Hono {
  const app = new Hono();
  app.get('/docs', (c) => c.body(PAGE, 200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' }));
  app.get('/docs/description.js', (c) => {
    const options = JSON.stringify({ ...OPTIONS, spec: description() });
    return c.body(`SwaggerUIBundle({ ...${options}, plugins: [${NO_TOKENS}] });\n`, 200, {
      ...HEADERS,
      'content-type': 'text/javascript; charset=utf-8',
    });
  });
  for (const name of ['swagger-ui-bundle.js', 'swagger-ui.css'] as const) {
    app.get(`/docs/${name}`, async (c) => answer(c, await file(name)));
  }
  return app;
}

function answer(c: Context, found: PageFile | null): Response {
  if (found === null) {
    return problemAnswer(c, 'unavailable', 'the docs page is not built here: run npm run build, and start Serin again');
  }
  return c.body(found.bytes, 200, { ...HEADERS, 'content-type': found.contentType });
}
