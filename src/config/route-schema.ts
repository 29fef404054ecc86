import { z } from 'zod';
import { routeName, versionName } from '../policy/names.ts';
import { textLike } from '../policy/units.ts';
import { DEFAULT_WELL, wellStatuses } from '../policy/well-statuses.ts';
import { ROUTER_NAMES } from '../split/capabilities.ts';
import { routeTimeoutsSchema, uploadRate } from './bounds.ts';
import { cidr } from './declared-address.ts';
import { keySetPlace, serviceUrl } from './declared-values.ts';
import { headerName, SHORT_TOKEN } from './header-name.ts';
import { mirrorSchema } from './mirror.ts';
import { readText } from './read-text.ts';
import { HOST, readRouteHost } from './route-host.ts';
import { routeLogsSchema } from './route-logs.ts';
import { routeMetricsSchema } from './route-metrics.ts';
import { PREFIX, readRoutePath } from './route-path.ts';
import { sourceName } from './sources.ts';

const upstream = z.union([
  serviceUrl.transform((url) => ({ url, version: undefined })),
  z.strictObject({
    url: serviceUrl.describe('Where it answers; a path is put in front of what requests ask for'),
    version: versionName.optional().describe('Its name in answers, figures and messages; `stable` when it is absent'),
  }),
]);

const cookieName = z.string().regex(SHORT_TOKEN, 'must be a cookie name');

const sticky = z.union([
  z
    .literal(['consumer', 'client-address', 'request'])
    .transform((kind) => ({ kind }))
    .describe('`consumer`: by `consumerKey`; `client-address`; `request`: each is drawn by itself'),
  z
    .strictObject({ header: headerName.describe('The header whose value is the key') })
    .transform(({ header }) => ({ kind: 'header' as const, name: header.toLowerCase() })),
  z
    .strictObject({
      cookie: cookieName.describe('The name of a signed cookie that Serin sets'),
      sameSite: z.literal(['lax', 'strict', 'none']).default('lax').describe('Its `SameSite`'),
    })
    .transform(({ cookie, sameSite }) => ({ kind: 'cookie' as const, name: cookie, sameSite })),
]);

const forceValue = textLike(/^[!-~]([ -~]{0,98}[!-~])?$/, 'must be 1 to 100 printable characters');

const forceHeader = z.union([
  headerName,
  z.strictObject({
    name: headerName.describe('The header'),
    canary: forceValue.describe(
      'The value that asks for the canary; any other, even the name of a version, asks for nothing',
    ),
    stable: forceValue.optional().describe('The value that asks for the stable'),
  }),
]);

const PROBE = /^(?:(GET|HEAD|OPTIONS) )?(\/[!-~]{0,2000})$/;

/** Safe methods alone: both versions get it, while clients use them (RFC 9110 section 9.2.1). */
const probeRequest = textLike(
  PROBE,
  'must be a path such as /orders?page=1, with GET, HEAD or OPTIONS before it',
).transform((text): { method: 'GET' | 'HEAD' | 'OPTIONS'; path: string } => {
  const [, method = 'GET', path = '/'] = PROBE.exec(text) ?? [];
  return { method: method === 'HEAD' || method === 'OPTIONS' ? method : 'GET', path };
});

const parameterName = z.string().regex(/^[^?&#=]{1,100}$/, 'must be only the name of a parameter, decoded');

const printable = (most: number) =>
  z.string().regex(new RegExp(`^[^\\x00-\\x1f\\x7f]{1,${most}}$`), `must be 1 to ${most} printable characters`);

/** Which JSON Web Tokens say whose a request is. */
const tokenRule = z.strictObject({
  jwks: keySetPlace.describe("The issuer's public keys: an https URL, or a file relative to this one"),
  issuer: printable(1_000).describe('The claim `iss`, byte by byte'),
  audience: z
    .union([printable(1_000).transform((one) => [one]), z.array(printable(1_000)).min(1).max(20)])
    .describe('The claim `aud`: it has to name this, or one of these'),
  claim: printable(100)
    .default('client_id')
    .describe('The claim with the client id; some issuers have it in `azp`, `cid` or `appid`'),
  header: headerName
    .default('authorization')
    .describe('The header with the token; of `Authorization` without `Bearer`'),
});

const consumerKey = z.union([
  z
    .strictObject({
      header: headerName.describe('The header that has it'),
      from: z
        .literal('trustedProxies')
        .optional()
        .describe('The header counts from `gateway.trustedProxies` alone, and has the client id that they verified'),
    })
    .transform(({ header, from }) => ({
      kind: 'header' as const,
      name: header.toLowerCase(),
      ...(from ? { from } : {}),
    })),
  z
    .strictObject({ jwt: tokenRule.describe('The header has a token, which says the client id; see docs/routes.md') })
    .transform(({ jwt: { header, jwks, ...rule } }) => ({
      kind: 'jwt' as const,
      name: header.toLowerCase(),
      rule: { ...rule, jwks: /^https?:/.test(jwks) ? { url: jwks } : { file: jwks } },
    })),
  z
    .strictObject({ query: parameterName.describe('The parameter of the query that has it, decoded') })
    .transform(({ query }) => ({ kind: 'query' as const, name: query })),
]);

const template = z
  .string()
  .max(200)
  .regex(
    /^(\/((?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+|\{[A-Za-z0-9_-]+\}))+\/?$|^\/$/,
    'must be a path of plain segments and placeholders, such as /orders/{id}',
  );

const healthPath = z
  .string()
  .regex(/^[^?#\s]*$/, 'must be a path without query and white space')
  .refine(
    (path) => !/\\|\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(path),
    'must have neither //, nor a backslash, nor a segment . or ..',
  )
  .describe('`/path` on the origin of the upstream, `path` below its own path');

const health = z.union([
  healthPath.transform((path) => ({ path, status: [...DEFAULT_WELL] })),
  z.strictObject({
    path: healthPath.default('/healthz'),
    status: wellStatuses.prefault([...DEFAULT_WELL]).describe('The statuses that are healthy'),
  }),
]);

const openapi = z.union([
  healthPath.transform((path) => ({ path })),
  z.strictObject({
    file: z
      .string()
      .max(1_000)
      .regex(/\{version\}/, 'must have {version} in it: each version has a document of its own')
      .describe('A file for each version, such as `openapi/{version}.yaml`, seen from `serin.yaml`'),
  }),
]);

export const routeSchema = z.strictObject({
  name: routeName.describe('What commands, figures and messages call the route'),
  path: readText(readRoutePath, PREFIX).prefault('/').describe('A plain prefix; see docs/routes.md'),
  host: readText(readRouteHost, HOST)
    .optional()
    .describe('A name, or `*.example.com` for every name below it; every host when it is absent'),
  stable: upstream.describe('The version that serves now: its URL, or its URL and name'),
  policy: z.string().min(1).describe('The `metadata.name` of the policy that rollouts follow'),
  health: health.prefault('/healthz').describe('What a canary is asked before a rollout starts; see docs/health.md'),
  rewrite: z.boolean().default(true).describe("Whether the route's path is taken off what the upstream is asked for"),
  hostHeader: z
    .literal(['upstream', 'preserve'])
    .default('upstream')
    .describe("`Host` at the upstream: its own name, or the client's"),
  encodedSlash: z
    .literal(['refuse', 'pass'])
    .default('refuse')
    .describe('Whether `%2F` and `%5C` may appear in a path; they are matched and passed on unchanged'),
  redirects: z
    .literal(['map', 'keep'])
    .default('map')
    .describe('Whether Location and other fields that name an upstream are made to name the route instead'),
  sticky: sticky
    .optional()
    .describe('What keeps a client on its version; each request is drawn by itself when it is absent'),
  consumerKey: consumerKey.optional().describe("Where a request has its consumer's credential"),
  probes: z
    .strictObject({
      requests: z
        .array(probeRequest)
        .min(1)
        .max(20)
        .describe('Paths below the upstream, in turn: `/orders?page=1`, `HEAD /catalogue`'),
    })
    .optional()
    .describe(
      'What Serin asks of both versions where the policy has `checks.probes`: harmless, and the same each time',
    ),
  mirror: mirrorSchema
    .optional()
    .describe(
      'Requests that the stable answered are sent to a canary as well, and nobody waits: `5%`; see docs/mirroring.md',
    ),
  openapi: openapi
    .optional()
    .describe('Where each version has its OpenAPI document, which is held against what is seen of its answers'),
  forceHeader: forceHeader
    .default('x-serin-version')
    .describe('The header by which a request asks for a version: its name, or with values of its own'),
  unfollowedForce: z
    .literal(['refuse', 'ignore'])
    .default('refuse')
    .describe('What to do with a request for a version that the route does not have now; `refuse`: 412'),
  force: z
    .strictObject({
      from: z.array(cidr).default([]).describe('Networks, such as `10.0.0.0/8`'),
      tokens: z
        .literal(['accepted', 'none'])
        .default('none')
        .describe('Whether a token of `serin force-token` counts as well'),
    })
    .refine(({ from, tokens }) => from.length > 0 || tokens === 'accepted', 'must name networks, or accept tokens')
    .optional()
    .meta({
      description: 'Whose force header counts; everybody when it is absent',
      anyOf: [
        { properties: { from: { minItems: 1 } }, required: ['from'] },
        { properties: { tokens: { const: 'accepted' } }, required: ['tokens'] },
      ],
    }),
  showVersion: z.boolean().default(true).describe('Whether answers name their version in `x-serin-version`'),
  source: sourceName.optional().describe("Whose evidence decides; the gateway's own when it is absent"),
  metrics: routeMetricsSchema.optional().describe('Where a source has the measurements of this route'),
  logs: routeLogsSchema.optional().describe('Where the logs of its versions come from; see docs/logs.md'),
  router: z
    .literal(ROUTER_NAMES)
    .default('gateway')
    .describe(
      '`none`: another router makes the split, and Serin only reports; then it listens on no path for the route',
    ),
  templates: z
    .array(template)
    .max(90)
    .default([])
    .describe('Templates of paths, `/orders/{id}`; a path that fits none is guessed'),
  timeouts: routeTimeoutsSchema.prefault({}).describe('Instead of those of `gateway.timeouts`, one by one'),
  uploadBytesPerSecond: uploadRate.optional().describe('Instead of `gateway.uploadBytesPerSecond`'),
});

/** What `routeFaults` refuses about a single route, in terms that an editor can check. */
const NO_ROUTER = { properties: { router: { const: 'none' } }, required: ['router'] };
const BY_CONSUMER = { properties: { sticky: { const: 'consumer' } }, required: ['sticky'] };
export const ROUTE_RULES = {
  dependentRequired: { source: ['metrics'], metrics: ['source'] },
  allOf: [
    { anyOf: [{ not: NO_ROUTER }, { required: ['source'] }] },
    { anyOf: [{ not: BY_CONSUMER }, NO_ROUTER, { required: ['consumerKey'] }] },
  ],
};
