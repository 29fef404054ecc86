import { z } from 'zod';
import { unfitToChoose } from '../gateway/http/headers.ts';
import { DEFAULT_LIMITS } from '../gateway/http/limits.ts';
import { DEFAULT_PACE } from '../gateway/http/timeouts.ts';
import { versionName } from '../policy/names.ts';
import { duration, fraction } from '../policy/units.ts';
import { DEFAULT_WELL, wellStatuses } from '../policy/well-statuses.ts';
import { readControlHost } from './control-hosts.ts';
import { cidr, listenAddress, upstreamPlace } from './declared-address.ts';
import { secret, serviceUrl } from './declared-values.ts';
import { readText } from './read-text.ts';
import { readRouteHost } from './route-host.ts';
import { routeMetricsSchema } from './route-metrics.ts';
import { readRoutePath } from './route-path.ts';
import { sourceName, sourcesSchema } from './sources.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a lower-case name such as payments');

const upstream = z.union([
  serviceUrl.transform((url) => ({ url, version: undefined })),
  z.strictObject({ url: serviceUrl, version: versionName.optional() }),
]);

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** A field by which a version is chosen: the client says it, and it goes on to the upstream. */
const headerName = z
  .string()
  .regex(TOKEN, 'must be a header name')
  .superRefine((name, context) => {
    const reason = unfitToChoose(name.toLowerCase());
    if (reason !== null) context.addIssue({ code: 'custom', message: reason });
  });

const cookieName = z.string().regex(TOKEN, 'must be a cookie name');

const sticky = z.union([
  z.literal(['consumer', 'client-address', 'request']).transform((kind) => ({ kind })),
  z
    .strictObject({ header: headerName })
    .transform(({ header }) => ({ kind: 'header' as const, name: header.toLowerCase() })),
  z
    .strictObject({ cookie: cookieName, sameSite: z.literal(['lax', 'strict', 'none']).default('lax') })
    .transform(({ cookie, sameSite }) => ({ kind: 'cookie' as const, name: cookie, sameSite })),
]);

const parameterName = z.string().regex(/^[^?&#=]{1,100}$/, 'must be only the name of a parameter, decoded');

const consumerKey = z.union([
  z
    .strictObject({ header: headerName })
    .transform(({ header }) => ({ kind: 'header' as const, name: header.toLowerCase() })),
  z.strictObject({ query: parameterName }).transform(({ query }) => ({ kind: 'query' as const, name: query })),
]);

const template = z
  .string()
  .max(200)
  .regex(
    /^(\/((?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+|\{[A-Za-z0-9_-]+\}))+\/?$|^\/$/,
    'must be a path of plain segments and placeholders, such as /orders/{id}',
  );

/** Beyond 2^31 ms Node's timers end at once. */
const span = duration.refine((ms) => ms > 0 && ms < 2 ** 31, 'must be more than 0s and at most 24d');

const uploadRate = z.int().min(0).max(1_000_000_000);

const routeTimeouts = z.strictObject({
  connect: span.optional(),
  answer: span.optional(),
  silence: span.optional(),
  upload: span.optional(),
  uploadGrace: span.optional(),
});

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

export const routeSchema = z.strictObject({
  name,
  path: readText(readRoutePath).prefault('/').describe('A plain prefix; see docs/routes.md'),
  host: readText(readRouteHost).optional().describe('A name, or `*.example.com` for every name below it'),
  stable: upstream,
  policy: z.string().min(1),
  health: health.prefault('/healthz'),
  rewrite: z.boolean().default(true),
  hostHeader: z.literal(['upstream', 'preserve']).default('upstream'),
  encodedSlash: z
    .literal(['refuse', 'pass'])
    .default('refuse')
    .describe('Whether `%2F` and `%5C` may appear in a path; they are matched and passed on unchanged'),
  redirects: z
    .literal(['map', 'keep'])
    .default('map')
    .describe('Whether Location and other fields that name an upstream are made to name the route instead'),
  sticky: sticky.prefault('client-address'),
  consumerKey: consumerKey.optional(),
  forceHeader: headerName.default('x-serin-version'),
  unfollowedForce: z
    .literal(['refuse', 'ignore'])
    .default('refuse')
    .describe('What to do with a request for a version that the route does not have now; `refuse`: 412'),
  force: z
    .strictObject({ from: z.array(cidr).default([]), tokens: z.literal(['accepted', 'none']).default('none') })
    .refine(({ from, tokens }) => from.length > 0 || tokens === 'accepted', 'must name networks, or accept tokens')
    .optional()
    .describe('Whose force header counts; everybody when it is absent'),
  showVersion: z.boolean().default(true),
  source: sourceName.optional().describe("Whose evidence decides; the gateway's own when it is absent"),
  metrics: routeMetricsSchema.optional().describe('Where a source has the measurements of this route'),
  router: z
    .literal(['gateway', 'none'])
    .default('gateway')
    .describe(
      '`none`: another router makes the split, and Serin only reports; then it listens on no path for the route',
    ),
  templates: z
    .array(template)
    .max(90)
    .default([])
    .describe('Templates of paths, `/orders/{id}`; a path that fits none is guessed'),
  timeouts: routeTimeouts.prefault({}).describe('The default of each is that of gateway.timeouts'),
  uploadBytesPerSecond: uploadRate.optional().describe('Instead of gateway.uploadBytesPerSecond'),
});

const timeouts = z.strictObject({
  connect: duration.prefault('1s').describe('To connect to an upstream, TLS included'),
  answer: duration.prefault('60s').describe('From the end of a request to the head of its answer'),
  silence: span.optional().describe('Within an answer; as long as `answer` when it is absent'),
  headers: duration.prefault('5s').describe('For the head of a request'),
  upload: span.prefault('30s').describe('Silence of a client within the body of its request'),
  uploadGrace: span.prefault('10s').describe('How long a body may fall short of uploadBytesPerSecond'),
  download: span.prefault('30s').describe('How long a client may read nothing of its answer'),
  idle: duration.prefault('15s').describe('Between two requests of a client'),
  notice: duration.prefault('1s').describe('How long connections are still accepted once /readyz says no'),
  drain: duration.prefault('30s').describe('How long what is open may take after that'),
});

const count = z.int().min(1).max(1_000_000);

const limits = z
  .strictObject({
    headerBytes: z.int().min(1_024).max(1_048_576).default(DEFAULT_LIMITS.headerBytes).describe('Of a request head'),
    headerCount: count.default(DEFAULT_LIMITS.headerCount),
    urlBytes: count.default(DEFAULT_LIMITS.urlBytes),
    bodyBytes: z.int().min(0).nullable().default(DEFAULT_LIMITS.bodyBytes).describe('Of a request body; null for any'),
    connections: count.default(DEFAULT_LIMITS.connections),
    connectionsPerAddress: count
      .default(DEFAULT_LIMITS.connectionsPerAddress)
      .describe('Trusted proxies may have more'),
    inFlightPerUpstream: count.default(DEFAULT_LIMITS.inFlightPerUpstream),
    inFlightPerAddress: count
      .optional()
      .describe('Of one client address, to all upstreams; half of inFlightPerUpstream when it is absent'),
    uploadsPerAddress: count
      .optional()
      .describe(
        'Of those, requests whose body is still on its way; an eighth of inFlightPerUpstream when it is absent',
      ),
    heldBackPerAddress: count
      .optional()
      .describe(
        'Of those, answers that wait for their client to take them; an eighth of inFlightPerUpstream when it is absent',
      ),
    forcedPerUpstream: count
      .optional()
      .describe('Of those, requests that force their version; a sixteenth when it is absent'),
    pipelined: count.default(DEFAULT_LIMITS.pipelined).describe('Requests of one connection that are open at a time'),
  })
  .refine(({ headerBytes, urlBytes }) => urlBytes < headerBytes, {
    message: 'must be less than headerBytes, which the request line is part of',
    path: ['urlBytes'],
  });

const severity = z.literal(['critical', 'error', 'warning', 'info']);

const pagerduty = z.strictObject({
  routingKey: secret,
  eventsUrl: serviceUrl.optional(),
  severity: z
    .strictObject({
      rolledBack: severity.optional(),
      internalFailed: severity.optional(),
      needsPerson: severity.optional(),
    })
    .optional()
    .describe('The severity of pages, by their subject'),
});

export const configSchema = z.strictObject({
  environment: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, 'must be a name such as production')
    .optional()
    .describe('Put in front of the summary of every message'),
  gateway: z
    .strictObject({
      listen: listenAddress.prefault('0.0.0.0:8080'),
      trustedProxies: z.array(cidr).default([]),
      timeouts: timeouts.prefault({}),
      limits: limits.prefault({}),
      uploadBytesPerSecond: uploadRate
        .default(DEFAULT_PACE.uploadBytesPerSecond)
        .describe('The minimum average rate of a request body; 0 for no minimum'),
      upstreamCa: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Relative to this file; PEM of authorities that are trusted for https upstreams beside the known ones',
        ),
      accessLog: z
        .strictObject({
          file: z.string().min(1).describe('Relative to this file; one JSON line for each request'),
          sample: fraction.prefault('100%').describe('The share of requests that is logged; failures always are'),
        })
        .optional(),
      slices: z
        .literal(['on', 'off'])
        .default('on')
        .describe(
          'Whether traffic is counted by endpoint, consumer, upstream and status, to say where a version is worse',
        ),
      readiness: listenAddress
        .optional()
        .describe('An address for load balancers that answers only /readyz (of the gateway) and /livez'),
      fastPath: z.literal(['on', 'off']).default('on').describe('`off` leaves every request to node:http'),
    })
    .prefault({}),
  control: z
    .strictObject({
      listen: listenAddress.prefault('127.0.0.1:7780'),
      hosts: z
        .array(readText(readControlHost))
        .default([])
        .describe('Host names of the control API, besides addresses and localhost; `*.example.com` for all below'),
      publicUrl: serviceUrl.optional().describe('Where people reach the control API; messages link to it'),
    })
    .prefault({}),
  controller: z
    .strictObject({
      tick: duration.prefault('5s').refine(isEvenTick, 'must be whole seconds that divide a minute'),
      blindAfter: duration
        .prefault('1m')
        .describe('When no look was recorded for this long, the gateway may go back to the stable on its own figures'),
    })
    .refine(({ tick, blindAfter }) => blindAfter > tick, { message: 'must be longer than tick', path: ['blindAfter'] })
    .prefault({}),
  dataFolder: z.string().min(1).default('.serin'),
  policies: z
    .array(z.string().min(1))
    .default([])
    .describe('Policy files beside the shipped ones, relative to this file'),
  sources: sourcesSchema.default({}),
  upstreams: z
    .array(upstreamPlace)
    .default([])
    .describe(
      'Networks and hosts (`10.0.0.0/8`, `*.svc.internal`) where an operator may start a canary; an admin may anywhere',
    ),
  routes: z.array(routeSchema).min(1),
  channels: z
    .strictObject({
      console: z.boolean().default(true),
      pagerduty: pagerduty.optional(),
    })
    .prefault({}),
});

export type ServerConfig = z.output<typeof configSchema>;
export type ConfiguredRoute = ServerConfig['routes'][number];

function isEvenTick(ms: number): boolean {
  return ms >= 1_000 && 60_000 % ms === 0 && ms % 1_000 === 0 && ms < 60_000;
}
