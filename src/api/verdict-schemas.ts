import { z } from '@hono/zod-openapi';
import { differenceViewSchema } from './views/difference-view.ts';

export const checkName = z
  .string()
  .describe('errors, clientErrors, p50, p95, p99, p99.9, slower:250, guard:errors, value:NAME.p50, query:NAME, ...');
const logEvidence = z.number().nullable().describe('Natural logarithm of an e-value');

const interval = z
  .strictObject({ low: z.number(), high: z.number().nullable() })
  .nullable()
  .describe('95 % confidence sequence: it holds at all looks together');

export const findingViewSchema = z
  .strictObject({
    check: checkName,
    canary: z.number().nullable(),
    stable: z.number().nullable(),
    unit: z
      .enum(['share', 'ms', 'value'])
      .describe('value: in the unit of the query, or of the value that answers carry'),
    subject: z.string().optional().describe('What the figures are of, where they are no latency to the head: queries'),
    in: z.string().optional().describe('Of a value that answers carry: its unit, where the policy names one'),
    quantile: z.string().nullable().describe('Which quantile the figures are: p50, p99.9'),
    named: z
      .string()
      .optional()
      .describe('What the figures are, where the name of the check says too little: finish-reason length'),
    figures: z
      .literal('interpolated')
      .optional()
      .describe('Between the boundaries of a histogram: approximate, and not what is tested'),
    bounds: z.strictObject({ canary: interval, stable: interval }),
    requests: z.strictObject({ canary: z.number(), stable: z.number() }),
    counted: z
      .string()
      .optional()
      .describe('What those are where they are no requests: of the answers that were read, of a sample of 10 %'),
    logHarm: logEvidence,
    budgetWeight: z.number(),
    dispersion: z.number().describe('What evidence is divided by, because errors come in clumps'),
    logParity: logEvidence,
    logParityThreshold: logEvidence,
    rollbackMargin: z.string(),
    parityMargin: z.string().nullable(),
    limits: z
      .strictObject({ rollback: z.number().nullable(), parity: z.number().nullable() })
      .describe('Where both margins end at the present figure of the stable, in its unit; null where there is none'),
    needsCanaryRequests: z.number().nullable(),
    needsAt: z
      .array(z.strictObject({ weightBps: z.int(), canaryRequests: z.number() }))
      .readonly()
      .describe('The same at the next weights of the policy'),
    slice: z
      .strictObject({
        dimension: z.enum(['endpoint', 'consumer', 'upstream', 'status']),
        name: z.string(),
        kind: z.enum(['errors', 'clientErrors', 'slow']),
      })
      .optional()
      .describe('Of the check of single slices: the one that the figures describe, over about an hour'),
    intervals: z
      .strictObject({ counted: z.int(), least: z.int().nullable() })
      .optional()
      .describe('Of a query: intervals that its figures cover, and how many it takes at least to hold or to roll back'),
    differences: z
      .array(differenceViewSchema)
      .optional()
      .describe('What differs, the worst first, at most 20; of a check that compares many things'),
    dryRun: z.literal(true).optional().describe('Reports only: it takes no part in the verdict'),
    says: z.string(),
  })
  .openapi('Finding');

const reservation = z
  .strictObject({
    kind: z
      .enum(['refuses', 'holds', 'waits', 'tells'])
      .describe(
        "Takes the rollout back, keeps it until a person advances it, waits for more to be seen, or is in nobody's way",
      ),
    check: checkName,
    reason: z.string(),
    differences: z
      .array(differenceViewSchema)
      .optional()
      .describe(
        'What differs, the worst first, at most 20; of answers that are compared in pairs the finding has them',
      ),
  })
  .openapi('Reservation');

const forecast = z
  .strictObject({
    parity: z
      .strictObject({
        lowMs: z.number(),
        highMs: z.number(),
        at: z.array(z.strictObject({ weightBps: z.int(), ms: z.number() })),
      })
      .nullable()
      .describe('Until every check has shown parity, in four rollouts of five, and about at the next weights'),
    doublingMs: z.number().nullable().describe('Until a canary with twice the errors would be rolled back'),
    says: z.string(),
  })
  .describe('Estimates at the present traffic');

const worseSlice = z.strictObject({
  dimension: z.enum(['endpoint', 'consumer', 'upstream', 'status']),
  name: z.string().describe('POST /orders/{id}, the name of a consumer, ...; other'),
  canary: z.number().describe('Share of errors, or of slow answers'),
  stable: z.number(),
  requests: z.strictObject({ canary: z.number(), stable: z.number() }),
  part: z.number().describe('Its part of all that the canary does worse'),
});

const where = z
  .strictObject({
    measure: z
      .enum(['errors', 'clientErrors', 'p50', 'p95', 'p99', 'slow'])
      .describe('Errors, 4xx, answers above that quantile of the stable, or above the own p95 of the slice (slow)'),
    slowMs: z.number().nullable(),
    slices: z.array(worseSlice).describe('Those that carry the difference, worst first; empty where none stands out'),
    status: worseSlice.nullable().describe('What most of the errors were answered with'),
    address: z
      .string()
      .optional()
      .describe('The only address of the canary, where the stable has several and latencies are compared'),
    worse: z.int().describe('How many slices are worse, whether or not they stand out'),
    says: z.string(),
  })
  .openapi('Where');

export const verdictViewSchema = z
  .strictObject({
    name: z.enum(['harmful', 'suspect', 'shared-fault', 'blind', 'undecided', 'at-parity']),
    reason: z.string(),
    since: z.iso
      .datetime()
      .nullable()
      .describe(
        'When what it rests on was first seen: the onset of the evidence of harm, by the clock of the gateway, or since when it is so; null where nothing leads',
      ),
    logEvidence,
    logThreshold: logEvidence.describe('The evidence of harm at which the canary is rolled back'),
    logHold: logEvidence.describe('The evidence of harm at which the weight is held'),
    worst: z.string().nullable(),
    needs: z.strictObject({ canaryRequests: z.number(), ms: z.number().nullable() }).nullable(),
    forecast: forecast.nullable(),
    where: where.nullable().describe('Where the canary is worse: with suspect and harmful, and while that holds it'),
    findings: z.array(findingViewSchema),
    reservations: z
      .array(reservation)
      .optional()
      .describe('What checks say of the internal phase, where nothing is drawn; omitted outside of it'),
  })
  .openapi('Verdict');

export type FindingView = z.infer<typeof findingViewSchema>;
export type ReservationView = z.infer<typeof reservation>;
export type VerdictView = z.infer<typeof verdictViewSchema>;
