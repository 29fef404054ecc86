import { z } from 'zod';
import { saying, textLike } from '../units.ts';
import { endpoint, LONGEST_PATH } from './expected-at.ts';
import { errorMargin } from './margins.ts';
import { dryRun, ownReaction } from './reaction.ts';

/** A path of a body, or what of the head is compared. */
const FIELD = "(?:status|type|body|header [!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}|(?:\\/(?:[^\\/~\\s]|~[0-3])*)+)";

const field = textLike(
  new RegExp(`^${FIELD}$`),
  'must be a path such as /meta/took or /items/*/score, a header such as `header etag`, or status, type or body',
).max(LONGEST_PATH);

const renamed = textLike(
  new RegExp(`^${FIELD} -> ${FIELD}$`),
  'must be two paths with an arrow between, such as /amount -> /total',
).max(LONGEST_PATH);

const expected = z.union(
  [
    z.strictObject({ changed: field.describe('A field that gets another value, or type'), endpoint }),
    z.strictObject({ removed: field.describe('A field that goes'), endpoint }),
    z.strictObject({ added: field.describe('A field that comes'), endpoint }),
    z.strictObject({ renamed: renamed.describe('A field that gets another name'), endpoint }),
  ],
  saying('must be one of changed, removed, added and renamed, and may have an endpoint'),
);

/** `checks.answers`. */
export const answerComparison = z.strictObject({
  differences: z
    .literal(['hold', 'rollback', 'report'])
    .default('hold')
    .describe(
      'What a field does in which the canary answers otherwise than the stable: it keeps the canary where it is, from the internal phase on; it is evidence of harm as well; or it is told',
    ),
  requests: z
    .int()
    .min(0)
    .max(10_000)
    .default(20)
    .describe('Compared requests that the internal phase takes, where differences hold or roll back'),
  margin: errorMargin
    .prefault({ relative: '10%', absolute: '0.1pp' })
    .describe(
      'A field may differ from the stable more often than the stable differs from itself by so much: of how often it does, and of the requests; the parts are added',
    ),
  ignore: z
    .array(field)
    .max(200)
    .default([])
    .describe('Fields that are not compared, with what is inside of them; `*` is any item of a list'),
  expect: z
    .array(expected)
    .max(200)
    .default([])
    .describe('Differences that are meant: each is told, and neither holds nor rolls back'),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Share of alpha where differences roll back: it is taken off before the others share'),
  dryRun,
  onHarm: ownReaction,
});

export type ComparisonTerms = z.output<typeof answerComparison>;
