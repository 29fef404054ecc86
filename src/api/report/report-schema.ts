import { z } from '@hono/zod-openapi';
import { verdictViewSchema } from '../verdict-schemas.ts';
import { canaryLanes, rolloutViewSchema } from '../view-schemas.ts';
import { messageViewsSchema } from '../views/message-view.ts';
import { trailViewSchema } from '../views/trail-view.ts';

const instant = z.iso.datetime();
const says = z.string().describe('The same in words');
const { shape } = rolloutViewSchema;

/** Of a rollout, what stays as it is once it has ended. */
const reportedRollout = z.strictObject({
  id: shape.id,
  route: shape.route,
  attempt: shape.attempt,
  stage: shape.stage,
  stages: shape.stages,
  router: shape.router,
  heavyLast: shape.heavyLast,
  canaryWeight: shape.canaryWeight,
  canaryBps: shape.canaryBps,
  stable: shape.stable,
  canary: shape.canary,
  forced: shape.forced,
  skippedChecks: shape.skippedChecks,
  reason: shape.reason,
  reasonBy: shape.reasonBy,
  startedAt: shape.startedAt,
  startedBy: shape.startedBy,
  endedAt: shape.endedAt,
  endedBy: shape.endedBy,
});

const numbers = z.strictObject({
  harmed: z
    .strictObject({ estimate: z.number(), low: z.number().nullable(), high: z.number().nullable(), says })
    .nullable()
    .describe('Requests that failed beyond what the rate of the stable would have given; null where both never served'),
  firstSign: z
    .strictObject({ at: instant, ms: z.number(), says })
    .nullable()
    .describe('From the onset of the evidence to the decision; null where no evidence of harm ended it'),
  requests: z
    .strictObject({
      canary: z.int().describe('All that the canary has answered or failed, forced ones included'),
      lanes: canaryLanes,
      stable: z.int().nullable().describe('Those that the weight gave it; null where that was not recorded'),
      says,
    })
    .nullable(),
  duration: z.strictObject({
    ms: z.number(),
    lastStage: z
      .strictObject({ name: z.string(), label: z.string(), ms: z.number() })
      .nullable()
      .describe('The last stage before the end, or the present one'),
    says,
  }),
});

const happened = z.strictObject({
  kind: z
    .enum(['decision', 'page', 'page-over'])
    .describe('An entry of the audit, a page to one channel, or the word that it is over'),
  at: instant,
  seq: z.int().nullable().describe('Number of the entry in the audit; null for a page, like what follows'),
  hash: z.string().nullable(),
  event: z.string().nullable(),
  by: z.strictObject({ name: z.string(), role: z.string() }).nullable(),
  title: z.string().describe('What changed, in a few words: `1 % -> 10 %`'),
  says: z.string().describe("Why, a person's words in quotation marks; of a page, what became of it"),
});

export const reportViewSchema = z
  .strictObject({
    final: z.boolean().describe('It never changes any more, but for the trail, which is deleted a year after the end'),
    says: z.string().describe('The same as a sentence, with what may still change'),
    upTo: instant.describe('The end, or the last look'),
    title: z.string(),
    lead: z.string().describe('When it ended, who ended it, how and why; of one that runs, where it stands'),
    rollout: reportedRollout.describe('Without what moves after the end: GET /rollouts/{id} has that'),
    numbers,
    happened: z.array(happened).describe('Everything up to the end, the oldest first'),
    judged: z
      .strictObject({
        at: z
          .enum(['end', 'step', 'look'])
          .describe(
            'Of when the verdict is: at the end; of the last step that was passed, where it was promoted; at the last look, while it runs',
          ),
        stage: z.string().describe('That it judged'),
      })
      .nullable(),
    verdict: verdictViewSchema.nullable(),
    // Not the schema itself: the description would allow null wherever there is a trail.
    trail: z
      .strictObject(trailViewSchema.shape)
      .nullable()
      .describe('Null where no look left a row, and from a year after the end on, when trails are deleted'),
    messages: messageViewsSchema.describe('What was sent about it up to the end, the oldest first, at most 1,000'),
    policy: z.strictObject({
      name: z.string(),
      digest: z.string(),
      yaml: z.string().describe('Of the policy that the rollout kept'),
      promised: z.array(z.string()).describe('What it promised, and what people overrode: finished sentences'),
    }),
    cost: shape.cost,
    verify: z
      .array(z.strictObject({ command: z.string(), says: z.string().describe('What it shows') }))
      .describe('How to check it'),
  })
  .openapi('Report');

export type ReportView = z.infer<typeof reportViewSchema>;
