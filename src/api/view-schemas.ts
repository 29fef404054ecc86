import { z } from '@hono/zod-openapi';
import { ROLES } from '../rollout/event.ts';
import { ROUTER_NAMES } from '../split/capabilities.ts';
import { POST_OUTCOMES, type PostOutcome } from '../stats/answers/posted-value.ts';

const instant = z.iso.datetime().describe('RFC 3339, UTC');
const version = z.strictObject({ url: z.string(), version: z.string() });
const actor = z.strictObject({ name: z.string(), role: z.string() });
const checkName = z.string().describe('errors, clientErrors, p50, p95, p99, slower:250, guard:errors, query:NAME, ...');
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
    unit: z.enum(['share', 'ms', 'value']).describe('value: in the unit of the query'),
    quantile: z.enum(['p50', 'p95', 'p99']).nullable().describe('Which quantile the figures in ms are'),
    figures: z
      .literal('interpolated')
      .optional()
      .describe('Between the boundaries of a histogram: approximate, and not what is tested'),
    bounds: z.strictObject({ canary: interval, stable: interval }),
    requests: z.strictObject({ canary: z.number(), stable: z.number() }),
    logHarm: logEvidence,
    budgetWeight: z.number(),
    dispersion: z.number().describe('What evidence is divided by, because errors come in clumps'),
    logParity: logEvidence,
    logParityThreshold: logEvidence,
    rollbackMargin: z.string(),
    parityMargin: z.string().nullable(),
    needsCanaryRequests: z.number().nullable(),
    needsAt: z
      .array(z.strictObject({ weightBps: z.int(), canaryRequests: z.number() }))
      .readonly()
      .describe('The same at the next weights of the policy'),
    intervals: z
      .strictObject({ counted: z.int(), least: z.int().nullable() })
      .optional()
      .describe('Of a query: intervals that its figures cover, and how many it takes at least to hold or to roll back'),
    dryRun: z.literal(true).optional().describe('Reports only: it takes no part in the verdict'),
    says: z.string(),
  })
  .openapi('Finding');

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
    measure: z.enum(['errors', 'p50', 'p95', 'p99']).describe('Errors, or answers above that quantile of the stable'),
    slowMs: z.number().nullable(),
    slices: z.array(worseSlice).describe('Those that carry the difference, worst first; empty where none stands out'),
    status: worseSlice.nullable().describe('What most of the errors were answered with'),
    worse: z.int().describe('How many slices are worse, whether or not they stand out'),
    says: z.string(),
  })
  .openapi('Where');

export const verdictViewSchema = z
  .strictObject({
    name: z.enum(['harmful', 'suspect', 'shared-fault', 'blind', 'undecided', 'at-parity']),
    reason: z.string(),
    logEvidence,
    logThreshold: logEvidence.describe('The evidence of harm at which the canary is rolled back'),
    logHold: logEvidence.describe('The evidence of harm at which the weight is held'),
    worst: z.string().nullable(),
    needs: z.strictObject({ canaryRequests: z.number(), ms: z.number().nullable() }).nullable(),
    forecast: forecast.nullable(),
    where: where.nullable().describe('Where the canary is worse: with suspect and harmful'),
    findings: z.array(findingViewSchema),
  })
  .openapi('Verdict');

export const rolloutViewSchema = z
  .strictObject({
    id: z.string(),
    route: z.string(),
    attempt: z.int(),
    version: z.int().describe('Counts the changes; also the ETag'),
    active: z.boolean(),
    stage: z.string().describe('preflight, internal, step-1, ..., bake, promoted, finalised, rolled-back, ...'),
    nextStage: z.string().nullable(),
    stages: z
      .array(z.strictObject({ name: z.string(), label: z.string() }))
      .describe('The way from internal to promoted'),
    stageEnteredAt: instant,
    router: z
      .enum(ROUTER_NAMES)
      .describe('`none`: another router makes the split, and the share of the canary is advice'),
    canaryWeight: z.string().describe('The share of the canary: 25%'),
    canaryBps: z.int().describe('The share of the canary in basis points'),
    stable: version,
    canary: version,
    policy: z.strictObject({ name: z.string(), digest: z.string() }),
    paused: z.strictObject({ at: instant, by: z.string(), reason: z.string() }).nullable(),
    dwell: z.strictObject({ needMs: z.number(), haveMs: z.number() }),
    gates: z.array(z.strictObject({ name: z.string(), open: z.boolean() })),
    forced: z
      .strictObject({ requests: z.int(), errors: z.int(), needRequests: z.int(), maxErrors: z.int() })
      .describe('The forced requests that the internal phase has seen and takes'),
    skippedChecks: z.array(checkName),
    verdict: verdictViewSchema.nullable(),
    waitsFor: z
      .array(z.string())
      .describe('What only a person can do now: resume, look, advance, finalise, gate:NAME; empty when nothing'),
    openPage: z.enum(['rolled-back', 'undecided', 'blind', 'shared-fault']).nullable(),
    reason: z.string().describe('Why it is where it is, in one sentence'),
    startedAt: instant,
    endedAt: instant.nullable(),
    lookedAt: instant.describe('The last look at the evidence'),
    look: z
      .strictObject({
        agoMs: z.number().describe('Age of the verdict: time since the last recorded look'),
        failures: z.int().describe('Looks that have failed since'),
        trouble: z.string().nullable().describe('Why the last one failed'),
      })
      .nullable()
      .describe('Null once the rollout has ended'),
    unrecorded: z
      .strictObject({
        event: z.string().describe('rolledBack, aborted or canaryBraked'),
        by: z.string(),
        reason: z.string(),
        at: instant.nullable(),
      })
      .nullable()
      .describe('The gateway already sends everything to the stable; the database has not recorded it yet'),
  })
  .openapi('Rollout');

export const auditViewSchema = z
  .strictObject({
    seq: z.int(),
    at: instant,
    actor,
    route: z.string(),
    rolloutId: z.string().nullable(),
    event: z.looseObject({ kind: z.string() }),
    reason: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    hash: z.string(),
  })
  .openapi('AuditEntry');

export const consumerViewSchema = z
  .strictObject({
    route: z.string(),
    name: z.string(),
    rule: z.enum(['canary', 'stable', 'by-weight']),
    changedAt: instant,
  })
  .openapi('Consumer');

export const tokenViewSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    createdAt: instant,
    revokedAt: instant.nullable(),
  })
  .openapi('Token');

// Not `extend`: the description would require a Token, which allows no other keys, that also has this one.
export const newTokenViewSchema = z
  .strictObject({ ...tokenViewSchema.shape, token: z.string().describe('Shown this once; only its hash is kept') })
  .openapi('NewToken');

export const auditVerificationSchema = z
  .strictObject({ entries: z.int(), brokenAt: z.int().nullable() })
  .openapi('AuditVerification');

const issue = z.strictObject({
  path: z.string(),
  message: z.string(),
  place: z.strictObject({ file: z.string(), line: z.int(), column: z.int() }).optional(),
  excerpt: z.string().optional().describe('The line with a caret under the place'),
});

const policyAnswer = z.strictObject({
  what: z.string().describe('The query check, or what the source was asked for of its own'),
  source: z.string(),
  track: z.enum(['stable', 'canary']),
  version: z.string(),
  outcome: z.enum(['value', 'nothing', 'unusable', 'refused', 'undeclared', 'unreachable']),
  value: z
    .union([z.number(), z.array(z.number()).readonly()])
    .nullable()
    .describe('A list has one value for each pod'),
  says: z.string(),
});

export const policyCheckViewSchema = z
  .strictObject({
    route: z.string(),
    issues: z.array(issue).readonly().describe('What is wrong with the policy; empty when nothing is'),
    unreachable: z.array(z.string()).readonly().describe('What could not be found out'),
    answers: z.array(policyAnswer).readonly(),
    notes: z.array(z.string()).readonly().describe('What the route makes of every policy, such as its sticky keys'),
  })
  .openapi('PolicyCheck');

export const buildViewSchema = z
  .strictObject({
    name: z.literal('serin').describe('Distinguishes the control API from another server at the same address'),
    version: z.string(),
    node: z.string(),
  })
  .openapi('Build');

const postOutcome = z
  .enum(POST_OUTCOMES)
  .describe(
    'twice: the answer had this value already; late: the split of the request is over; unknown-request: no answer that is remembered ' +
      'has this id; ambiguous-request: several have it; unknown-value: no check of the rollout waits for it; unusable: no number from 0 on',
  );

const lines = (what: string) => z.int().describe(what);

export const postedViewSchema = z.strictObject({
  route: z.string(),
  counts: z.strictObject(
    Object.fromEntries(POST_OUTCOMES.map((outcome) => [outcome, z.number()])) as Record<PostOutcome, z.ZodNumber>,
  ),
  values: z
    .array(z.strictObject({ requestId: z.string(), name: z.string(), outcome: postOutcome }))
    .describe('In the order in which they were posted'),
});

export const rolloutViewsSchema = z.array(rolloutViewSchema);
export const auditViewsSchema = z.array(auditViewSchema);
export const consumerViewsSchema = z.array(consumerViewSchema);
export const tokenViewsSchema = z.array(tokenViewSchema);

export type BuildView = z.infer<typeof buildViewSchema>;
export type PolicyCheckView = z.infer<typeof policyCheckViewSchema>;
export type FindingView = z.infer<typeof findingViewSchema>;
export type VerdictView = z.infer<typeof verdictViewSchema>;
export type RolloutView = z.infer<typeof rolloutViewSchema>;
export type AuditView = z.infer<typeof auditViewSchema>;
export type PostedView = z.output<typeof postedViewSchema>;
