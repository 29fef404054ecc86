import { z } from 'zod';
import { duration } from '../policy/units.ts';
import { ABOVE_ZERO } from './bounds.ts';
import { secret, serviceUrl } from './declared-values.ts';

export const sourceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a lower-case name such as prometheus');

const file = z.string().regex(/^file:.+$/, 'must be file:PATH');

const auth = z
  .strictObject({
    bearer: secret.optional().describe('A bearer token'),
    basic: z
      .strictObject({
        username: z.string().min(1).max(200).describe('The name; no secret'),
        password: secret.describe('The password'),
      })
      .optional()
      .describe('HTTP basic authentication'),
    certificate: z
      .strictObject({
        cert: file.describe('The certificate, with its chain'),
        key: file.describe('Its private key'),
      })
      .optional()
      .describe('PEM, for mutual TLS'),
  })
  .refine(({ bearer, basic }) => !(bearer && basic), 'bearer and basic exclude each other')
  .meta({ not: { required: ['bearer', 'basic'] } });

const headerValue = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/, 'must be a header value');

export const tenant = z
  .union([
    headerValue.transform((value) => ({ header: 'X-Scope-OrgID', value })),
    z.strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be a header name')
        .describe('The header that names the tenant'),
      value: headerValue.describe('The tenant'),
    }),
  ])
  .describe('Sent as `X-Scope-OrgID`, or in a header of your choice');

/** How a service is reached that Serin asks. */
export const asked = {
  url: serviceUrl.describe('Where it answers; the path of a query is put behind it'),
  timeout: duration
    .prefault('3s')
    .refine((ms) => ms >= 1 && ms <= 60_000, 'must be at most 1m')
    .meta(ABOVE_ZERO)
    .describe('Of one query; at most `1m`'),
  maxAnswerBytes: z
    .int()
    .min(1_024)
    .max(67_108_864)
    .default(4_194_304)
    .describe('Bytes of an answer after it is inflated'),
  auth: auth.optional().describe('How Serin identifies itself'),
  ca: file.optional().describe('`file:PATH`; PEM of the authorities that its certificate may be from'),
};

const prometheus = z.strictObject({
  kind: z.literal('prometheus').describe('Prometheus, or what has its HTTP API'),
  ...asked,
  interval: duration
    .prefault('15s')
    .refine((ms) => ms >= 1_000, 'must be at least 1s')
    .meta(ABOVE_ZERO)
    .describe('Of its scrapes'),
  tenant: tenant.optional(),
});

const json = z.strictObject({
  kind: z.literal('json').describe('any service that answers query checks with JSON'),
  ...asked,
});

/** Sources of evidence other than the gateway, by name. */
export const sourcesSchema = z.record(sourceName, z.discriminatedUnion('kind', [prometheus, json]));

/** A service that Serin asks, as the file declares it. */
export type AskedService = z.output<z.ZodObject<typeof asked>> & {
  readonly tenant?: z.output<typeof tenant> | undefined;
};
export type ConfiguredSource = z.output<typeof sourcesSchema>[string];
export type ConfiguredPrometheus = Extract<ConfiguredSource, { kind: 'prometheus' }>;
