import { z } from '@hono/zod-openapi';
import type { ConsumerReport } from '../../consumers/ledger/report.ts';

const instant = z.iso.datetime();
const share = z.number().nullable().describe('0 to 1; null where there are no requests');
const ms = z.number().nullable().describe('Within 8.2 % above; null where no latency counts');

const answers = z.strictObject({
  version: z.string(),
  requests: z.int(),
  errorShare: share,
  clientErrorShare: share,
  p50Ms: ms,
  p95Ms: ms,
});

const traffic = {
  requests: z.int(),
  share: z.number().nullable().describe('Of all requests that are counted, 0 to 1; null while there are none'),
  byVersion: z.array(z.strictObject({ version: z.string(), requests: z.int() })).readonly(),
};

export const consumerReportSchema: z.ZodType<ConsumerReport> = z
  .strictObject({
    route: z.string(),
    at: instant,
    days: z.int().describe('How many UTC days count; the last is not over'),
    fromDay: z.iso.date(),
    versions: z
      .strictObject({ before: z.string(), after: z.string().nullable() })
      .describe('The old version and the new one: of the rollout that runs, or of the last one that was finalised'),
    consumers: z
      .array(
        z.strictObject({
          name: z.string(),
          group: z.string().nullable(),
          wave: z.int().nullable(),
          due: z.string().nullable().describe('The last day on the old version, in UTC'),
          isOverdue: z.boolean(),
          contact: z.string().nullable(),
          rule: z.enum(['canary', 'stable', 'by-weight']),
          now: z.strictObject({ version: z.string().nullable(), says: z.string() }),
          firstSeenAt: instant.nullable().describe('Null for one that was never seen'),
          lastSeenAt: instant.nullable(),
          requestsPerDay: z.strictObject({ lastWeek: z.number(), all: z.number() }),
          before: answers,
          after: answers.nullable(),
        }),
      )
      .readonly(),
    listed: z.strictObject(traffic),
    unlisted: z.strictObject({
      ...traffic,
      credentials: z.int().describe('How many are counted one by one'),
      largest: z
        .array(
          z.strictObject({
            hash: z.string().describe('The first 12 hex digits of the keyed hash'),
            formerName: z.string().nullable().describe('As it was listed before'),
            requests: z.int(),
            firstSeenAt: instant,
            lastSeenAt: instant,
          }),
        )
        .readonly(),
    }),
    unlistedOthers: z.strictObject(traffic).describe('Credentials that are not counted one by one'),
    withoutCredential: z.strictObject(traffic).describe('Without a credential, or with one that does not verify'),
  })
  .openapi('ConsumerReport');
