import { z } from 'zod';
import { DEFAULT_PACE } from '../gateway/http/timeouts.ts';
import { channelsSchema } from '../notify/channels.ts';
import { duration, fraction } from '../policy/units.ts';
import { ABOVE_ZERO, limitsSchema, timeoutsSchema, uploadRate } from './bounds.ts';
import { isLoopbackHost, readControlHost } from './control/control-hosts.ts';
import { oidcSchema } from './control/oidc.ts';
import { cidr, listenAddress, upstreamPlace } from './declared-address.ts';
import { secret, serviceUrl } from './declared-values.ts';
import { readText } from './read-text.ts';
import { HOST } from './route-host.ts';
import { ROUTE_RULES, routeSchema } from './route-schema.ts';
import { sourcesSchema } from './sources.ts';
export const configSchema = z.strictObject({
  environment: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, 'must be a name such as production')
    .optional()
    .describe('Put in front of the summary of every message'),
  gateway: z
    .strictObject({
      listen: listenAddress.prefault('0.0.0.0:8080').describe('Where clients connect'),
      trustedProxies: z
        .array(cidr)
        .default([])
        .describe('Networks of the proxies in front, whose `X-Forwarded-*` is believed; see docs/routes.md'),
      timeouts: timeoutsSchema.prefault({}).describe('How long things may take; see docs/timeouts-and-limits.md'),
      limits: limitsSchema.prefault({}).describe('What is refused beyond a bound; see docs/timeouts-and-limits.md'),
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
          file: z.string().min(1).describe('Relative to this file'),
          sample: fraction.prefault('100%').describe('The share of requests that is logged; failures always are'),
        })
        .optional()
        .describe('One line for each request; none when it is absent; see docs/reference/log.md'),
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
    .prefault({})
    .describe('The data path'),
  control: z
    .strictObject({
      listen: listenAddress.prefault('127.0.0.1:7780').describe('Where the API, `/metrics` and `/readyz` answer'),
      hosts: z
        .array(readText(readControlHost, HOST))
        .default([])
        .describe('Host names of the control API, besides addresses and localhost; `*.example.com` for all below'),
      publicUrl: serviceUrl.optional().describe('Where people reach the control API; messages link to it'),
      anonymous: z
        .literal(['off', 'viewer'])
        .default('off')
        .describe('`viewer`: whoever reaches the control API may read as a viewer, without a token; needs `hosts`'),
      oidc: oidcSchema.optional().describe('By which OpenID provider people sign in; see docs/sign-on.md'),
    })
    .refine(({ anonymous, hosts }) => anonymous === 'off' || hosts.length > 0, {
      message:
        'lets everybody read who reaches the control API: list in control.hosts the names by which it is reached, as all others are refused',
      path: ['anonymous'],
    })
    .refine(
      ({ oidc, publicUrl, listen }) => oidc === undefined || publicUrl !== undefined || isLoopbackHost(listen.host),
      {
        message: 'needs control.publicUrl: the provider sends browsers back there',
        path: ['oidc'],
      },
    )
    .prefault({})
    .describe('The control API'),
  controller: z
    .strictObject({
      tick: duration
        .prefault('5s')
        .refine(isEvenTick, 'must be whole seconds that divide a minute')
        .meta(ABOVE_ZERO)
        .describe('How often rollouts are looked at: whole seconds that divide a minute'),
      blindAfter: duration
        .prefault('1m')
        .meta(ABOVE_ZERO)
        .describe(
          'When no look was recorded for this long, the gateway may go back to the stable on its own figures; longer than `tick`',
        ),
    })
    .refine(({ tick, blindAfter }) => blindAfter > tick, { message: 'must be longer than tick', path: ['blindAfter'] })
    .prefault({})
    .describe('What decides about rollouts'),
  dataFolder: z
    .string()
    .min(1)
    .default('.serin')
    .describe('Database, secret and admin token, relative to this file; `SERIN_DATA` overrides it'),
  policies: z
    .array(z.string().min(1))
    .default([])
    .describe('Policy files beside the shipped ones, relative to this file'),
  sources: sourcesSchema.default({}).describe("Where evidence beside the gateway's own comes from, by name"),
  upstreams: z
    .array(upstreamPlace)
    .default([])
    .describe(
      'Networks and hosts (`10.0.0.0/8`, `*.svc.internal`) where an operator may start a canary; an admin may anywhere',
    ),
  routes: z.array(routeSchema.meta(ROUTE_RULES)).min(1).describe('What is served, and by whom; see docs/routes.md'),
  channels: channelsSchema({ secret, serviceUrl }).prefault({}).describe('Who is told; see docs/pages.md'),
});

export type ServerConfig = z.output<typeof configSchema>;
export type ConfiguredRoute = ServerConfig['routes'][number];

function isEvenTick(ms: number): boolean {
  return ms >= 1_000 && 60_000 % ms === 0 && ms % 1_000 === 0 && ms < 60_000;
}
