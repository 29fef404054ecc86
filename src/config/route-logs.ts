import { z } from 'zod';
import { duration } from '../policy/units.ts';
import { ABOVE_ZERO } from './bounds.ts';
import { asked, tenant } from './sources.ts';

const serviceName = z.string().min(1).max(200);

/** Loki takes no more at once by default (`max_entries_limit_per_query`). */
const MOST_LINES = 5_000;

const loki = z.strictObject({
  ...asked,
  url: asked.url.describe('Where it answers; `/loki/api/v1/query_range` is put behind it'),
  query: z
    .string()
    .max(2_000)
    .regex(/^\s*\{/, 'must be a query for lines, which begins with a selector such as {app="shop"}')
    .describe('LogQL that selects the lines of both versions: `{app="shop"}`, with what may follow a selector'),
  versionLabel: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a label')
    .optional()
    .describe(
      'The label, or the metadata, that names the version of a line; `version`, `service_version` and what the line says when it is absent',
    ),
  tenant: tenant.optional(),
  interval: duration
    .prefault('5s')
    .refine((ms) => ms >= 1_000 && ms <= 30_000, 'must be from 1s to 30s')
    .meta(ABOVE_ZERO)
    .describe('How often it is asked while a rollout is judged by logs; from `1s` to `30s`'),
  settle: duration
    .prefault('5s')
    .refine((ms) => ms <= 30_000, 'must be at most 30s')
    .describe('How long lines may take to reach it: younger ones are not asked for yet; at most `30s`'),
  limit: z
    .int()
    .min(10)
    .max(MOST_LINES)
    .default(MOST_LINES)
    .describe('Lines of one answer; Loki refuses more than its `max_entries_limit_per_query`'),
  maxAnswerBytes: z
    .int()
    .min(1_048_576)
    .max(16_777_216)
    .default(8_388_608)
    .describe('Bytes of an answer after it is inflated; less is asked for where one has more'),
});

/** Where a route's logs come from besides those that are sent with its name. */
export const routeLogsSchema = z.strictObject({
  services: z
    .array(serviceName)
    .max(50)
    .default([])
    .describe('`service.name` of what is sent by OTLP, besides the name of the route itself'),
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(1_000).describe('Relative to this file; it may be absent for now'),
        version: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .describe('Whose lines they are; what the lines say when it is absent'),
      }),
    )
    .max(20)
    .default([])
    .describe('Files of this machine that are read as they grow: lines of JSON, or of text'),
  loki: loki.optional().describe('A Loki that has the logs, and is asked for them'),
});

export type ConfiguredLoki = z.output<typeof loki>;
