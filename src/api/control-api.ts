import { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type ApiEnv, knowsRollouts } from './access.ts';
import { configurationRoutes } from './configuration/configuration-routes.ts';
import { consumerRoutes } from './consumers/consumer-routes.ts';
import type { ControlPlane } from './control.ts';
import { withManners } from './described-manners.ts';
import { contentTags } from './entity-tag.ts';
import { authenticate } from './entry/authenticate.ts';
import { ownPage, sameOrigin } from './entry/own-page.ts';
import { presentToken } from './entry/present-token.ts';
import { sessionCookies } from './entry/session-cookie.ts';
import { refuseInvalid } from './invalid-request.ts';
import { doneOnce } from './keyed/done-once.ts';
import { limitBody } from './limit-body.ts';
import { ownNames } from './own-names.ts';
import { dashboardRoutes } from './pages/dashboard-routes.ts';
import { docsRoutes } from './pages/docs-routes.ts';
import type { DashboardFiles, DocsFile } from './pages/page-file.ts';
import { previewRoutes } from './preview/preview-routes.ts';
import { answerThrown, problemAnswer } from './problem-answer.ts';
import { reportRoutes } from './report/report-routes.ts';
import { restoreRoutes } from './restore/restore-routes.ts';
import { auditRoutes } from './routes/audit-routes.ts';
import { detailRoutes } from './routes/detail-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { logRoutes } from './routes/log-routes.ts';
import { oidcRoutes } from './routes/oidc-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { overrideRoutes } from './routes/override-routes.ts';
import { policyRoutes } from './routes/policy-routes.ts';
import { rolloutRoutes } from './routes/rollout-routes.ts';
import { routeRoutes } from './routes/route-routes.ts';
import { meRoutes, signInRoutes } from './routes/session-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { valueRoutes } from './routes/value-routes.ts';

export interface ControlApiOptions {
  /** Called with unexpected errors and their cause: for the log (default: stderr), never for the response. */
  readonly onUnforeseen?: (error: unknown) => void;
  /** Host names that it accepts, in addition to addresses and localhost; none by default. */
  readonly isOwnName?: (name: string) => boolean;
  /** `control.publicUrl`: where it is https, no session of its host goes without TLS. */
  readonly publicUrl?: string | undefined;
  /** `viewer`: requests without credentials may read. */
  readonly anonymous?: 'off' | 'viewer';
  /** The pages for people; null where they were not built. */
  readonly dashboard?: DashboardFiles | null;
  /** What draws the docs page; nothing where it was not built. */
  readonly docsFile?: DocsFile;
  /** Ms of a monotonic clock, for the rate limit of failed authentications. */
  readonly now?: () => number;
}

/** The control API as a Hono application; the server listens. It translates and decides nothing. */
export function controlApi(control: ControlPlane, options: ControlApiOptions = {}): Hono<ApiEnv> {
  const {
    onUnforeseen = (error) => console.error(error),
    isOwnName = () => false,
    publicUrl,
    anonymous = 'off',
    dashboard = null,
    docsFile = async () => null,
    now = () => performance.now(),
  } = options;
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });

  let methodsOf: ReturnType<typeof allowedMethods> = () => [];

  app.onError((error, c) => answerThrown(c, error, onUnforeseen));
  app.notFound((c) => {
    const { method, path } = c.req;
    const methods = methodsOf(path);
    // Under a path with a parameter, such as the name of a file, there need be nothing.
    if (methods.length === 0 || methods.includes(method))
      return problemAnswer(c, 'not-found', `nothing answers ${method} ${path}`);
    const allow = methods.join(', ');
    return problemAnswer(c, 'method-not-allowed', `${path} answers ${allow}, not ${method}`, { headers: { allow } });
  });

  app.use(async (c, next) => {
    c.header('x-content-type-options', 'nosniff');
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use(ownNames(isOwnName));
  app.use(sameOrigin);
  app.route('/', operationRoutes(control));
  app.route('/', dashboardRoutes(dashboard));

  const page = ownPage(publicUrl);
  const { tokens, sessions, oidc } = control;
  const entrance = {
    tokens,
    sessions,
    oidc,
    anonymous,
    page,
    cookies: sessionCookies(page),
    present: presentToken(now),
  };
  app.route('/', oidcRoutes(entrance, publicUrl));
  app.use('/api/v1/sign-in', fedUpTo(control.feed));
  app.use('/api/v1/sign-in', contentTags);
  app.route('/api/v1', signInRoutes(entrance));
  app.use('/api/*', authenticate(entrance));
  app.use('/api/*', knowsRollouts(control.reader));
  app.use('/api/*', fedUpTo(control.feed));
  app.use('/api/*', contentTags);
  // Their bodies may be larger.
  app.route('/api/v1', logRoutes(control));
  app.use('/api/*', limitBody);
  app.use('/api/*', doneOnce(control.keyed));
  for (const routes of [
    meRoutes,
    rolloutRoutes,
    routeRoutes,
    detailRoutes,
    reportRoutes,
    overrideRoutes,
    previewRoutes,
    auditRoutes,
    consumerRoutes,
    restoreRoutes,
    tokenRoutes,
    policyRoutes,
    configurationRoutes,
    valueRoutes,
    eventRoutes,
  ]) {
    app.route('/api/v1', routes(control));
  }

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'serin-7780',
    description: 'Set by POST /api/v1/session. Its name has the port, and begins with __Host- over https',
  });
  const info = { title: 'Serin control API', version: control.build.version };
  const description = () => withManners(app.getOpenAPI31Document({ openapi: '3.1.0', info }));
  app.get('/openapi.json', (c) => c.json(description()));
  app.route('/', docsRoutes(docsFile, description));
  methodsOf = allowedMethods(app.routes);
  return app;
}

/** The methods that a path supports; empty if the path does not exist (RFC 9110 sections 10.2.1 and 15.5.6). */
function allowedMethods(routes: Hono['routes']): (path: string) => readonly string[] {
  // Middleware is registered for every method.
  const doors = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({
      method,
      pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*')}$`),
    }));
  return (path) => {
    const methods = new Set(doors.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].toSorted();
  };
}

/**
 * Says up to which event an answer is complete. The position is taken before anything is read: what was published by then had
 * been committed, so the answer shows it. What is published later may be in the answer as well.
 */
const fedUpTo = (feed: ControlPlane['feed']) =>
  createMiddleware(async (c, next) => {
    c.header('x-serin-feed', feed.position());
    await next();
  });
