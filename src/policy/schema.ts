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

const errorMargin = z.strictObject({ relative: fraction, absolute: points });

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

const latencyLimits = z.codec(z.strictObject({ relative: fraction, absolute: duration }), latencyMarginValue, {
  decode: ({ relative, absolute }) => ({ relative, absoluteMs: absolute }),
  encode: ({ relative, absoluteMs }) => ({ relative, absolute: absoluteMs }),
});

const latencyMargin = z
  .union([latencyLimit, latencyLimits], saying('must be a margin such as 10%, 5ms or { relative: 10%, absolute: 5ms }'))
  .describe(
    'The larger of a relative and an absolute margin; a relative one is rounded down to whole buckets: 2 %, or those of a native histogram',
  );

const quantileCheck = z.strictObject({ rollback: latencyMargin, parity: latencyMargin, dryRun });

const internal = z.strictObject({
  requests: z.int().min(0).default(20).describe('Forced requests to the canary that this phase takes'),
  maxErrors: z.int().min(0).default(0),
  dwell: duration.prefault('0s'),
  gates,
});

const weightStep = z.strictObject({
  weight,
  dwell: duration,
  gates,
});

const consumerStep = z.strictObject({
  consumers: z.literal('listed').describe('Moves the listed consumers one by one; a person ends the step'),
  dwell: duration,
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
  rollback: errorMargin.prefault({ relative: '10%', absolute: '0.01pp' }),
  parity: errorMargin.prefault({ relative: '25%', absolute: '0.1pp' }),
  dryRun,
});

const clientErrorsCheck = z.strictObject({
  hold: errorMargin
    .prefault({ relative: '50%', absolute: '1pp' })
    .describe('Evidence of a larger share than this holds the canary; it never rolls back'),
  parity: errorMargin.prefault({ relative: '50%', absolute: '1pp' }),
  dryRun,
});

// 2, 3 and 5 buckets of 2 % to roll back, 5, 8 and 12 for parity (statistics.md 3.1). A margin counts as the whole
// buckets that fit in it, so that two buckets take 4.1%: 4% is less than 1.02^2 = 1.0404.
const latencyChecks = z.strictObject({
  p50: quantileCheck.prefault({ rollback: '4.1%', parity: '10.5%' }),
  p95: quantileCheck.prefault({ rollback: '6.2%', parity: '17.2%' }),
  p99: quantileCheck.prefault({ rollback: '10.5%', parity: '26.9%' }),
  dominance: z
    .strictObject({ rollback: latencyMargin.optional(), dryRun })
    .optional()
    .describe('The whole distribution, shifted by this margin; left out, by the rollback margin of p50'),
  classic: z
    .strictObject({
      rollback: errorMargin.prefault({ relative: '15%', absolute: '0.2pp' }),
      parity: errorMargin.prefault({ relative: '25%', absolute: '0.5pp' }),
      dryRun,
    })
    .prefault({})
    .describe(
      'Shares of answers above fixed boundaries, where a source has nothing finer (classic Prometheus buckets)',
    ),
});

const checks = z.strictObject({
  errors: errorsCheck.prefault({}),
  clientErrors: clientErrorsCheck.prefault({}),
  latency: latencyChecks.prefault({}),
  queries: queryChecks.default({}).describe('Checks on values of a metrics source, by name'),
});

const guards = z.strictObject({
  errors: fraction.optional().describe('The largest share of errors that is ever tolerated'),
  p50: duration.optional(),
  p95: duration.optional(),
  p99: duration.optional(),
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
    .strictObject({ first: probability, middle: probability, last: probability })
    .default({ first: 0.2, middle: 0.1, last: 0.05 })
    .describe('The false-promotion budget of the first, a middle and the last compared step'),
  block: duration.prefault('5s'),
  minStep: duration.prefault('60s'),
  warmUp: duration.prefault('60s').describe('Latency of the first span after the canary gets traffic is not judged'),
  reference: duration
    .prefault('5m')
    .describe('Half-life of what is remembered of the latency of the stable; the thresholds come from it'),
  minBlocks: z.int().min(1).max(100).default(3),
  hold: z.number().gt(1).default(20),
  maxHold: duration
    .prefault('1h')
    .describe('How long evidence may hold a step, too little to roll back, before a page is sent'),
  weights: z
    .strictObject({
      errors: share,
      dominance: share.default(0),
      p50: share,
      p95: share,
      p99: share,
      guards: share,
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
  apiVersion: z.literal('serin.dev/v1'),
  kind: z.literal('GraduationPolicy'),
  metadata: z.strictObject({
    name: textLike(NAME, 'must be a lower-case name such as payments-api'),
    description: z.string().max(500).optional(),
  }),
  spec: z.strictObject({
    internal: internal.prefault({}),
    consumers: z
      .strictObject({ default: z.literal(['by-weight', 'stable']) })
      .default({ default: 'by-weight' })
      .describe('What a consumer that nobody listed gets'),
    steps: z.array(step).min(1).max(50),
    bake: z.strictObject({ dwell: duration }).prefault({ dwell: '1h' }),
    finalise: z.literal(['automatic', 'manual']).default('automatic'),
    checks: checks.prefault({}),
    guards: guards.prefault({}),
    judge: judge.prefault({}),
    undecided: z
      .strictObject({
        after: z.union(
          [
            z.strictObject({ dwells: z.number().gt(0) }),
            z.codec(duration, z.strictObject({ ms: z.number() }), {
              decode: (ms) => ({ ms }),
              encode: ({ ms }) => ms,
            }),
          ],
          saying('must be a duration such as 6h, or { dwells: 3 }'),
        ),
      })
      .default({ after: { dwells: 3 } })
      .describe('How long a step may stay undecided before a page is sent: a duration, or { dwells: 3 }'),
    blind: z
      .strictObject({ after: duration, action: z.literal(['hold', 'pause', 'rollback']) })
      .prefault({ after: '10m', action: 'hold' }),
    rollback: z.strictObject({ drain: duration }).prefault({ drain: '30s' }),
    brake: z
      .strictObject({ failures: z.int().min(5).max(10_000) })
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
