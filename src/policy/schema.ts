import { z } from 'zod';
import { dryRun, queryChecks } from './query-check.ts';
import {
  duration,
  formatDuration,
  formatPercent,
  fraction,
  parseDurationMs,
  parsePercent,
  points,
  saying,
  textLike,
  weight,
} from './units.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const gates = z
  .array(textLike(NAME, 'must be a lower-case name such as integration-tests'))
  .default([])
  .describe('Names of conditions that a person or a pipeline has to report as passed');

const errorMargin = z.strictObject({
  relative: fraction.describe("Of the stable's rate"),
  absolute: points.describe('Of all requests'),
});

const HARM = 'More than this is harm: the parts are added';
const PARITY = 'Shown to be within this, the check is at parity: the larger part counts';

const latencyMarginValue = z.strictObject({ relative: z.number(), absoluteMs: z.number() });

const LATENCY_LIMIT = /^\d{1,9}(\.\d{1,6})?(%|ms|s|m)$/;

const latencyLimit = z.codec(
  textLike(LATENCY_LIMIT, 'must be a relative margin such as 10% or an absolute one such as 5ms'),
  latencyMarginValue,
  {
    decode: (text, context) => {
      const relative = parsePercent(text);
      const absoluteMs = parseDurationMs(text);
      if (relative === null && absoluteMs === null) {
        context.issues.push({ code: 'custom', input: text, message: 'must be at most 365d' });
      }
      return { relative: relative ?? 0, absoluteMs: absoluteMs ?? 0 };
    },
    encode: (margin, context) => {
      if (margin.relative > 0 && margin.absoluteMs > 0) {
        context.issues.push({ code: 'custom', input: margin, message: 'must be one margin' });
      }
      return margin.absoluteMs > 0 ? formatDuration(margin.absoluteMs) : formatPercent(margin.relative);
    },
  },
);

const latencyLimits = z.codec(
  z.strictObject({
    relative: fraction.describe("Of the stable's latency"),
    absolute: duration.describe('Above the latency of the stable'),
  }),
  latencyMarginValue,
  {
    decode: ({ relative, absolute }) => ({ relative, absoluteMs: absolute }),
    encode: ({ relative, absoluteMs }) => ({ relative, absolute: absoluteMs }),
  },
);

const latencyMargin = z
  .union([latencyLimit, latencyLimits], saying('must be a margin such as 10%, 5ms or { relative: 10%, absolute: 5ms }'))
  .describe(
    'The larger of a relative and an absolute margin; a relative one is rounded down to whole buckets: 2 %, or those of a native histogram',
  );

const quantileCheck = z.strictObject({
  rollback: latencyMargin.describe('Slower than the stable by more than this is harm'),
  parity: latencyMargin.describe('Shown to be slower by no more than this, the check is at parity'),
  dryRun,
});

const internal = z.strictObject({
  requests: z.int().min(0).default(20).describe('Forced requests to the canary that this phase takes'),
  maxErrors: z.int().min(0).default(0).describe('Of those, how many may fail; one more rolls back'),
  dwell: duration.prefault('0s').describe('How long this phase lasts at least'),
  gates,
});

const weightStep = z.strictObject({
  weight,
  dwell: duration.describe('How long the step lasts at least, less what is paused, blind or a shared fault'),
  gates,
});

const consumerStep = z.strictObject({
  consumers: z.literal('listed').describe('Moves the listed consumers one by one; a person ends the step'),
  dwell: duration.describe('How long the step lasts at least, less what is paused, blind or a shared fault'),
  gates,
});

const step = z.union(
  [weightStep, consumerStep],
  saying('must have either weight (such as 10%) or consumers (listed), and a dwell'),
);

const errorsCheck = z.strictObject({
  statuses: z
    .array(
      z.union(
        [z.int().min(400).max(599), z.literal(['4xx', '5xx'])],
        saying('must be a status from 400 to 599, 4xx or 5xx'),
      ),
    )
    .min(1)
    .default(['5xx'])
    .describe('The answers that count as errors, beside no complete answer at all'),
  rollback: errorMargin.prefault({ relative: '10%', absolute: '0.01pp' }).describe(HARM),
  parity: errorMargin.prefault({ relative: '25%', absolute: '0.1pp' }).describe(PARITY),
  dryRun,
});

const clientErrorsCheck = z.strictObject({
  hold: errorMargin
    .prefault({ relative: '50%', absolute: '1pp' })
    .describe('Evidence of a larger share than this holds the canary; it never rolls back'),
  parity: errorMargin.prefault({ relative: '50%', absolute: '1pp' }).describe(PARITY),
  dryRun,
});

// 2, 3 and 5 buckets of 2 % to roll back, 5, 8 and 12 for parity (docs/statistics.md section 3.1). A margin counts as
// the whole buckets that fit in it, so that two buckets take 4.1%: 4% is less than 1.02^2 = 1.0404.
const latencyChecks = z.strictObject({
  p50: quantileCheck.prefault({ rollback: '4.1%', parity: '10.5%' }).describe('The median'),
  p95: quantileCheck
    .prefault({ rollback: '6.2%', parity: '17.2%' })
    .describe('The latency that 95 % of the answers keep'),
  p99: quantileCheck
    .prefault({ rollback: '10.5%', parity: '26.9%' })
    .describe('The latency that 99 % of the answers keep'),
  dominance: z
    .strictObject({ rollback: latencyMargin.optional().describe('The shift that is still no harm'), dryRun })
    .optional()
    .describe('The whole distribution, shifted by this margin; left out, by the rollback margin of p50'),
  classic: z
    .strictObject({
      rollback: errorMargin.prefault({ relative: '15%', absolute: '0.2pp' }).describe(HARM),
      parity: errorMargin.prefault({ relative: '25%', absolute: '0.5pp' }).describe(PARITY),
      dryRun,
    })
    .prefault({})
    .describe(
      'Shares of answers above fixed boundaries, where a source has nothing finer (classic Prometheus buckets)',
    ),
});

const checks = z.strictObject({
  errors: errorsCheck.prefault({}).describe('The share of requests that fail'),
  clientErrors: clientErrorsCheck.prefault({}).describe('The share of 4xx answers'),
  latency: latencyChecks.prefault({}).describe('From the head of a request to the head of its answer'),
  queries: queryChecks.default({}).describe('Checks on values of a metrics source, by name'),
});

const guards = z.strictObject({
  errors: fraction.optional().describe('The largest share of errors that is ever tolerated'),
  p50: duration.optional().describe('The largest median that is ever tolerated'),
  p95: duration.optional().describe('The same for the latency that 95 % of the answers keep'),
  p99: duration.optional().describe('The same for the latency that 99 % of the answers keep'),
  dryRun: z
    .array(z.literal(['errors', 'p50', 'p95', 'p99']))
    .default([])
    .describe('The limits among these that are reported only, and roll nothing back'),
});

const probability = z.number().gt(0).lt(1);
const share = z.number().min(0).max(1);
const phi = z.number().min(1).max(100);

const judge = z.strictObject({
  alpha: probability.max(0.1).default(0.001).describe('The false-rollback budget of a whole rollout'),
  beta: z
    .strictObject({
      first: probability.describe('Of the first compared step'),
      middle: probability.describe('Of every step between'),
      last: probability.describe('Of the last compared step'),
    })
    .default({ first: 0.2, middle: 0.1, last: 0.05 })
    .describe('The false-promotion budget of the first, a middle and the last compared step'),
  block: duration.prefault('5s').describe('The span of one look, and of the blocks that are compared'),
  minStep: duration.prefault('60s').describe('How long a compared step lasts at least, whatever the evidence'),
  warmUp: duration.prefault('60s').describe('Latency of the first span after the canary gets traffic is not judged'),
  reference: duration
    .prefault('5m')
    .describe('Half-life of what is remembered of the latency of the stable; the thresholds come from it'),
  minBlocks: z.int().min(1).max(100).default(3).describe('Blocks that evidence of harm takes at least'),
  hold: z.number().gt(1).default(20).describe('Odds of harm at which the canary is held, short of rolling back'),
  maxHold: duration
    .prefault('1h')
    .describe('How long evidence may hold a step, too little to roll back, before a page is sent'),
  weights: z
    .strictObject({
      errors: share.describe('Of `errors`, and of requests that nobody answers'),
      dominance: share.default(0).describe('Of the whole distribution of latencies'),
      p50: share.describe('Of the median'),
      p95: share.describe('Of p95'),
      p99: share.describe('Of p99'),
      guards: share.describe('Of all guards together'),
    })
    .default({ errors: 0.36, dominance: 0.27, p50: 0.09, p95: 0.09, p99: 0.09, guards: 0.1 })
    .describe(
      'Shares of alpha. Without guards theirs goes to the others in proportion: errors 0.4, dominance 0.3, quantiles 0.1',
    ),
  dispersion: z
    .strictObject({
      initial: phi.default(2).describe('Until the stable has been measured for 10 minutes in shadow groups'),
      ungrouped: phi.default(1).describe('Where the source of the measurements knows no shadow groups'),
    })
    .prefault({})
    .describe('By how much errors come in clumps: evidence is divided by it. Learnt from the stable where it can be'),
});

export const policySchema = z.strictObject({
  apiVersion: z.literal('serin.dev/v1').describe('The form of this file'),
  kind: z.literal('GraduationPolicy').describe('What this file declares'),
  metadata: z.strictObject({
    name: textLike(NAME, 'must be a lower-case name such as payments-api').describe(
      'What `policy` of a route names; the file may be called anything',
    ),
    description: z.string().max(500).optional().describe('For people'),
  }),
  spec: z.strictObject({
    internal: internal.prefault({}).describe('The phase before any share of the traffic: forced requests only'),
    consumers: z
      .strictObject({
        default: z.literal(['by-weight', 'stable']).describe('`by-weight`: as any client; `stable`: never the canary'),
      })
      .default({ default: 'by-weight' })
      .describe('What a consumer that nobody listed gets'),
    steps: z
      .array(step)
      .min(1)
      .max(50)
      .describe('The shares of the traffic that the canary gets, one after the other; they rise'),
    bake: z
      .strictObject({ dwell: duration.describe('How long it lasts') })
      .prefault({ dwell: '1h' })
      .describe('The canary has all traffic and the stable is kept warm; only guards and the brake still roll back'),
    finalise: z
      .literal(['automatic', 'manual'])
      .default('automatic')
      .describe('Whether a promoted version becomes the stable by itself, or by `serin finalise`'),
    checks: checks.prefault({}).describe('What is compared, and by what margins'),
    guards: guards.prefault({}).describe('Absolute limits, whatever the stable does'),
    judge: judge.prefault({}).describe('Budgets and spans of the judgement; the defaults are meant to stay'),
    undecided: z
      .strictObject({
        after: z
          .union(
            [
              z.strictObject({ dwells: z.number().gt(0).describe('In dwells of the step') }),
              z.codec(duration, z.strictObject({ ms: z.number() }), {
                decode: (ms) => ({ ms }),
                encode: ({ ms }) => ms,
              }),
            ],
            saying('must be a duration such as 6h, or { dwells: 3 }'),
          )
          .describe('A duration, or `{ dwells: 3 }`'),
      })
      .default({ after: { dwells: 3 } })
      .describe('How long a step may stay undecided before a page is sent, once; by default three dwells'),
    blind: z
      .strictObject({
        after: duration.describe('How long nothing may be seen'),
        action: z.literal(['hold', 'pause', 'rollback']).describe('What is done then, beside the page'),
      })
      .prefault({ after: '10m', action: 'hold' })
      .describe('What happens without usable measurements'),
    rollback: z
      .strictObject({ drain: duration.describe('How long open streams and tunnels to the canary may go on') })
      .prefault({ drain: '30s' })
      .describe('How the canary is left'),
    brake: z
      .strictObject({ failures: z.int().min(5).max(10_000).describe('How many, while the stable is well') })
      .default({ failures: 20 })
      .describe('Failures in a row on the canary at which the gateway itself sends everything to the stable'),
    failover: z
      .literal(['stable', 'none'])
      .default('stable')
      .describe('Who answers a request that the canary did not answer, where it can safely be sent again'),
  }),
});

/** A policy as people write it. */
export type PolicyDocument = z.input<typeof policySchema>;
/** A policy as the program reads it: durations in ms, weights in basis points, rates as fractions of one. */
export type Policy = z.output<typeof policySchema>;
export type Step = Policy['spec']['steps'][number];
export type WeightStep = z.output<typeof weightStep>;
export type Checks = Policy['spec']['checks'];
export type ErrorMargin = z.output<typeof errorMargin>;
export type LatencyMargin = z.output<typeof latencyMargin>;
export type Guards = Policy['spec']['guards'];
