import { z } from 'zod';
import { fraction, saying, textLike } from '../units.ts';
import { type ErrorMargin, errorMargin, HARM, PARITY } from './margins.ts';
import { pattern } from './pattern.ts';
import { dryRun, ownReaction } from './reaction.ts';

const POINTER = /^(\/([^/~]|~[01])*)*$/;
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const VALUE_NAME = /^(?!(?:end|upload|size|first-event|gap|event-rate)$)[a-z0-9][a-z0-9-]{0,62}$/;
const ANY_QUANTILE = /^p[1-9]\d?(?:\.\d?[1-9])?$/;

const pointer = textLike(POINTER, 'must be a JSON pointer such as /usage/total_tokens (RFC 6901)').max(500);
const field = textLike(FIELD, 'must be the name of a field, such as x-query-count');
const name = textLike(
  VALUE_NAME,
  'must be a lower-case name such as queries, and none of end, upload, size, first-event, gap, event-rate',
);

const condition = z
  .union(
    [
      z.literal(['present', 'non-empty', 'invalid-json']),
      z.strictObject({
        equals: z.union([z.string().max(500), z.number(), z.boolean(), z.null()]).describe('This value, of this type'),
      }),
      z.strictObject({ matches: pattern.describe('A text in whose first 2,000 characters this is') }),
    ],
    saying('must be present, non-empty, invalid-json, { equals: VALUE } or { matches: PATTERN }'),
  )
  .describe(
    '`present`: there, whatever it is; `non-empty`: there, and none of null, false, 0, an empty text, list or object; `invalid-json`: a text that is no JSON document',
  );

const failureRule = z.union(
  [
    z.strictObject({ json: pointer.describe('Of a JSON body'), is: condition }),
    z.strictObject({ header: field.describe('Of the head'), is: condition }),
    z.strictObject({
      graphql: z
        .literal(['total', 'any'])
        .describe('`total`: errors and no data; `any`: answers with data and errors, too'),
    }),
    z.strictObject({ jsonRpc: z.literal('any').describe('An error in the answer, or in any part of a batch') }),
  ],
  saying('must be one of json, header, graphql and jsonRpc'),
);

/** `errors.when` and `errors.sample`. */
export const errorsByContent = {
  when: z
    .array(failureRule)
    .max(20)
    .default([])
    .describe(
      'Answers that are errors although their status is none: one of these rules is enough. Rules on headers alone are asked of every answer; where one needs the body, all are asked of the sample',
    ),
  sample: fraction
    .refine((share) => share > 0 && share <= 1, 'must be above 0% and at most 100%')
    .prefault('10%')
    .describe(
      'The share of the answers whose body is read, drawn alike for both versions; bodies of up to 64 KiB, and of 1 MiB once they are inflated',
    ),
  content: z
    .strictObject({
      rollback: errorMargin.optional().describe(`${HARM}; by default that of errors`),
      parity: errorMargin
        .optional()
        .describe(`${PARITY}. By default 25% or 0.5pp, and never less than that of errors, part by part`),
    })
    .prefault({})
    .describe('The share of the answers that were read and are errors by `when`'),
  partial: answersThatHold({ relative: '50%', absolute: '1pp' }).describe(
    'The share of GraphQL answers with data and errors, where `when` has `graphql: total`',
  ),
  unread: answersThatHold({ relative: '50%', absolute: '5pp' }).describe(
    'The share of the sample that cannot be read: of another type, too long, or not what their type says',
  ),
};

/** A share of answers of which more holds the canary. */
function answersThatHold(margin: { readonly relative: string; readonly absolute: string }) {
  return z
    .strictObject({
      hold: errorMargin.prefault(margin).describe('Evidence of a larger share than this holds the canary'),
      parity: errorMargin.prefault(margin).describe(PARITY),
      dryRun,
    })
    .prefault({});
}

const carriedSources = [
  z.strictObject({ header: field.describe('Of the head of the answer') }),
  z.strictObject({ trailer: field.describe('Of the trailers of a chunked answer') }),
  z.strictObject({ serverTiming: field.describe('`dur` of this metric of Server-Timing') }),
  z.strictObject({ json: pointer.describe('Of a JSON body') }),
  z.strictObject({ lastEvent: pointer.describe('Of the last event of a stream that has it') }),
  z.strictObject({ body: z.literal('bytes').describe('The length of the body, as it came') }),
] as const;

const wordSource = z.union(
  carriedSources,
  saying('must be one of header, trailer, serverTiming, json, lastEvent and body'),
);

const valueSource = z.union(
  [
    ...carriedSources,
    z.strictObject({ posted: z.literal(true).describe('Posted to `/api/v1/values`, by the id of the request') }),
  ],
  saying('must be one of header, trailer, serverTiming, json, lastEvent, body and posted'),
);

const valueMargin = z
  .strictObject({
    relative: fraction.prefault('0%').describe('Of the value of the stable'),
    absolute: z.number().min(0).default(0).describe('In the unit of the value'),
  })
  .describe('The larger of both');

const valueQuantile = z.strictObject({
  rollback: valueMargin.prefault({ relative: '10.5%' }).describe('Worse than the stable by more than this is harm'),
  parity: valueMargin
    .prefault({ relative: '26.9%' })
    .describe('Shown to be worse by no more than this, the quantile is at parity'),
});

/** @param tail the quantile of those for whom it is worst */
const quantilesWith = (tail: 'p95' | 'p5') =>
  z
    .record(textLike(ANY_QUANTILE, 'must be a quantile from p1 to p99.99, such as p50'), valueQuantile)
    .refine((declared) => Object.keys(declared).length > 0, 'must name a quantile at least')
    .prefault({ p50: {}, [tail]: {} })
    .describe('Which quantiles are compared; the whole distribution is, with the rollback margin of the first');

const share = z.number().gt(0).max(1).default(0.05).describe('Share of alpha: it is taken off before the others share');

const valueTerms = {
  quantiles: quantilesWith('p95'),
  weight: share,
  dryRun,
  onHarm: ownReaction,
};

const missing = z
  .strictObject({
    rollback: errorMargin.prefault({ relative: '50%', absolute: '5pp' }).describe(HARM),
    parity: errorMargin.prefault({ relative: '100%', absolute: '10pp' }).describe(PARITY),
  })
  .prefault({})
  .describe(
    'The share of answers without the value: a version that stops sending it says nothing of itself. Of a posted value none is missing',
  );

const valueCheck = z.strictObject({
  from: valueSource.describe('Where the answers carry it, or who says it'),
  worse: z.literal(['higher', 'lower', 'both']).describe('Which difference is bad'),
  unit: z.string().min(1).max(20).optional().describe('For people: `tokens`'),
  missing,
  ...valueTerms,
});

const ownValue = z.strictObject(valueTerms);

const categoryCheck = z.strictObject({
  from: wordSource.describe('Where the answers carry the word'),
  worse: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default([])
    .describe('The words of which more is harm; of every other word, a larger share than the margin holds'),
  rollback: errorMargin.prefault({ relative: '10%', absolute: '2pp' }).describe(HARM),
  parity: errorMargin.prefault({ relative: '25%', absolute: '5pp' }).describe(PARITY),
  weight: share,
  dryRun,
  onHarm: ownReaction,
});

const streamsCheck = z.strictObject({
  firstEvent: ownValue.prefault({}).describe('From the head of the request to its first event; slower is worse'),
  gap: ownValue.prefault({}).describe('The longest silence between two events of a stream; longer is worse'),
  rate: ownValue
    .extend({ quantiles: quantilesWith('p5') })
    .prefault({})
    .describe('Events per second from the first to the last; fewer are worse'),
  end: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The data of the event that ends a stream properly, such as `[DONE]`: a stream without it is an error'),
});

/** Kinds of checks on what answers carry. */
export const answerChecks = {
  streams: streamsCheck.optional().describe('Event streams, whose head says little of how long a client waits'),
  values: z.record(name, valueCheck).default({}).describe('Numbers that answers carry, by name'),
  categories: z.record(name, categoryCheck).default({}).describe('Words that answers carry, by name'),
  upload: ownValue
    .extend({ dryRun: z.boolean().default(true).describe('Reports only, unless set to false') })
    .optional()
    .describe(
      'How long the body of a request takes to come, where it does not come with its head: the time of its client, and what the version takes to read it; longer is worse',
    ),
  size: ownValue
    .extend({ dryRun: z.boolean().default(true).describe('Reports only, unless set to false') })
    .optional()
    .describe('Bytes of the body; smaller and larger are worse'),
};

/** Of a sample, what the parity of errors asks for takes too long to show. */
const CONTENT_PARITY: ErrorMargin = { relative: 0.25, absolute: 0.005 };

/** The parity margin of errors by content where the policy gives them none of their own. */
export function contentParity(errors: ErrorMargin): ErrorMargin {
  return {
    relative: Math.max(errors.relative, CONTENT_PARITY.relative),
    absolute: Math.max(errors.absolute, CONTENT_PARITY.absolute),
  };
}

export type ValueTerms = z.output<typeof valueCheck>;
export type OwnValueTerms = z.output<typeof ownValue>;
export type CategoryTerms = z.output<typeof categoryCheck>;
export type ValueMargin = z.output<typeof valueMargin>;
