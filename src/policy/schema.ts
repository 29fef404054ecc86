import { z } from 'zod';
import { checks } from './checks/checks.ts';
import { ownReaction, reaction } from './checks/reaction.ts';
import { duration, fraction, saying, textLike, weight } from './units.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const DAY = 'must be a day such as 2027-03-01';
const day = textLike(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, DAY).refine(isDay, DAY);

const gateName = textLike(NAME, 'must be a lower-case name such as integration-tests');

const approval = z.strictObject({
  by: z.int().min(1).max(5).default(1).describe('How many people have to, each once'),
  notStarter: z.boolean().default(false).describe('Whether none of them may have started or rebased the rollout'),
});

const gate = z.union(
  [
    gateName,
    z.strictObject({
      name: gateName.describe('Of the gate'),
      approval: approval.describe('Who has to approve before it opens'),
    }),
  ],
  saying('must be a name such as integration-tests, or { name: owner, approval: { by: 2, notStarter: true } }'),
);

const gates = z
  .array(gate)
  .default([])
  .describe(
    'Conditions that a person or a pipeline has to report as passed: a name, or `{ name: owner, approval: { by: 2, notStarter: true } }` where several people have to approve',
  );

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
  onHarm: ownReaction,
});

const consumerStep = z.strictObject({
  consumers: z.literal('listed').describe('Moves the listed consumers one by one; a person ends the step'),
  dwell: duration.describe('How long the step lasts at least, less what is paused, blind or a shared fault'),
  gates,
  onHarm: ownReaction,
});

const step = z.union(
  [weightStep, consumerStep],
  saying('must have either weight (such as 10%) or consumers (listed), and a dwell'),
);

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

/** Verbs that one person may be kept from doing alone. */
export const PROTECTABLE = [
  'promote --full',
  'promote',
  'advance',
  'weight',
  'skip',
  'extend',
  'resume',
  'rebase',
  'finalise',
] as const;

export type Protectable = (typeof PROTECTABLE)[number];

const STOPS: ReadonlySet<unknown> = new Set(['rollback', 'abort', 'pause']);

const protect = z.strictObject({
  verbs: z
    .array(
      z.literal(PROTECTABLE, {
        error: ({ input }) =>
          STOPS.has(input)
            ? `must not be ${String(input)}: one person has to be able to stop harm`
            : `must be one of ${PROTECTABLE.join(', ')}`,
      }),
    )
    .min(1)
    .describe(
      'Verbs that take two people. `promote --full` without the bake alone, `promote` both ways; `weight` only a larger one. Never rollback, abort and pause',
    ),
  within: duration.prefault('30m').describe('How long the second person has'),
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
  warmUp: duration
    .prefault('4m')
    .describe(
      'For so long after each increase of the weight a canary may still be cold: only gross failures roll back, and one that is worse for certain goes back once to the weight before. `0s`: none, and no `ramp` either',
    ),
  reference: duration
    .prefault('5m')
    .describe(
      'Half-life of what is remembered of the latency of the stable, beyond its last 2,000 answers; the thresholds come from it',
    ),
  minBlocks: z.int().min(1).max(100).default(3).describe('Blocks that evidence of harm takes at least'),
  hold: z.number().gt(1).default(20).describe('Odds of harm at which the canary is held, short of rolling back'),
  maxHold: duration
    .prefault('5m')
    .describe('How long evidence may hold a rollout, too little to roll back, before a page is sent'),
  weights: z
    .strictObject({
      errors: share.describe('Of `errors`, and of requests that nobody answers'),
      dominance: share.default(0).describe('Of the whole distribution of latencies'),
      p50: share.describe('Of the median'),
      p95: share.describe('Of p95'),
      p99: share.describe('Of p99'),
      clientErrors: share.default(0).describe('Of 4xx answers'),
      kinds: share.default(0).describe('Of all kinds of other answers together'),
      slices: share.default(0).describe('Of all endpoints and consumers together'),
      cold: share.default(0).describe('Of what is judged while the canary warms up'),
      guards: share.describe('Of all guards together'),
    })
    .default({
      errors: 0.288,
      dominance: 0.198,
      p50: 0.063,
      p95: 0.063,
      p99: 0.063,
      clientErrors: 0.03,
      kinds: 0.015,
      slices: 0.09,
      cold: 0.09,
      guards: 0.1,
    })
    .describe(
      'Shares of alpha. What nothing uses goes to the others in proportion: without guards, errors have 0.32 and 4xx answers 0.033',
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
        default: z
          .literal(['by-weight', 'stable'])
          .default('by-weight')
          .describe('What a consumer that nobody listed gets. `by-weight`: as any client; `stable`: never the canary'),
        onHarm: z
          .literal(['hold', 'move-back', 'page'])
          .optional()
          .describe(
            'What follows when a moved consumer fares worse than in its own past on the old version. `hold`, also where it is left out: the rollout goes no further, and a person is paged; `move-back`: that consumer gets the rule `stable`, and the rollout goes on; `page`: only the page. It never rolls back',
          ),
        unlisted: z
          .strictObject({
            max: weight.describe('Of the requests of the last 7 days, such as `1%`'),
          })
          .optional()
          .describe(
            'With `default: stable`, how much of the traffic may be of clients that nobody listed when the last step ends. Left out, it is not bounded',
          ),
        deprecation: z
          .strictObject({
            since: day.describe('From this day on the old version is deprecated'),
            sunset: day
              .optional()
              .describe('The last day of the old version; a consumer with a due date is told that instead'),
            link: textLike(/^https?:\/\/[!#-;=?-~]{1,2000}$/, 'must be an http or https URL')
              .optional()
              .describe('Where a person reads about it'),
          })
          .optional()
          .describe(
            'In the steps, answers of the stable to consumers whom a rule keeps there carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link`. Days are in UTC',
          ),
      })
      .default({ default: 'by-weight' })
      .describe('What consumers get, what those on the old version are told, and what keeps the rollout from its bake'),
    steps: z
      .array(step)
      .min(1)
      .max(50)
      .describe('The shares of the traffic that the canary gets, one after the other; they rise'),
    bake: z
      .strictObject({ dwell: duration.describe('How long it lasts') })
      .prefault({ dwell: '1h' })
      .describe('The canary has all traffic and the stable is kept warm; only guards and the brake still roll back'),
    protect: protect
      .optional()
      .describe(
        'What takes a second person: the first one only asks for it, the second does the same. Left out: nothing',
      ),
    finalise: z
      .literal(['automatic', 'manual'])
      .default('automatic')
      .describe('Whether a promoted version becomes the stable by itself, or by `serin finalise`'),
    dryRun: z
      .boolean()
      .default(false)
      .describe(
        'Every check and guard reports only: no evidence rolls back, holds or advances; after the internal phase a person ends each stage',
      ),
    onHarm: reaction
      .default('rollback')
      .describe(
        'What harm leads to. `hold` is for changes that cannot go back: paused at the present weight and paged, and a person decides. A step and a check may say otherwise; the brake of the gateway is not asked',
      ),
    ramp: duration
      .optional()
      .describe(
        'How long the gateway takes over an increase of the weight, in moves of 15 s; `0s` for none. At most `judge.warmUp`; left out, half of it, so that `judge.warmUp: 0s` allows no ramp. What is shown as the weight meanwhile is the ordered one',
      ),
    harm: z
      .strictObject({
        failed: z.int().min(1).default(50).describe('Requests that failed'),
        slow: z.int().min(1).default(500).describe('Answers slower than the p99 of the stable and a tenth more'),
      })
      .prefault({})
      .describe(
        'How many requests one warm-up of a canary may cost, beyond what the stable would have failed or served as slowly: with more, one that is worse for certain is rolled back at once',
      ),
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
      .describe(
        'Failures in a row at which the gateway sends all to the stable; on a sticky route of five keys, or of fewer after a trial',
      ),
    heavyKeys: z
      .literal(['with-others', 'last'])
      .default('with-others')
      .describe(
        'On a sticky route, when keys join that had more than 2 % of the traffic each before the start: by their draw, or `last`, at 100 %',
      ),
    failover: z
      .literal(['stable', 'none'])
      .default('stable')
      .describe('Who answers a request that the canary did not answer, where it can safely be sent again'),
  }),
});

/** February has no 30th, whatever the form says. */
function isDay(text: string): boolean {
  return new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

/** A policy as people write it. */
export type PolicyDocument = z.input<typeof policySchema>;
/** A policy as the program reads it: durations in ms, weights in basis points, rates as fractions of one. */
export type Policy = z.output<typeof policySchema>;
export type Gate = z.output<typeof gate>;
export type Step = Policy['spec']['steps'][number];
export type Checks = Policy['spec']['checks'];
export type OnHarm = Policy['spec']['onHarm'];
export type Guards = Policy['spec']['guards'];
