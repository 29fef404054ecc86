import { z } from 'zod';
import { fraction, saying, textLike } from '../units.ts';
import { endpoint, LONGEST_PATH } from './expected-at.ts';
import { dryRun, ownReaction } from './reaction.ts';

const POINTER = '(?:\\/(?:[^\\/~\\s]|~[0-3])*)*';
const HEADER = "header [!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}";

const pointer = textLike(
  new RegExp(`^${POINTER}$`),
  'must be a JSON pointer such as /customer/name, with * for any item of a list (RFC 6901)',
).max(LONGEST_PATH);

const place = textLike(
  new RegExp(`^(?:${POINTER}|${HEADER})$`),
  'must be a JSON pointer such as /customer/name, or a header such as `header x-total`',
).max(LONGEST_PATH);

const ignored = textLike(
  new RegExp(`^(?:${POINTER}|(?:${POINTER})?\\/\\*\\*|${HEADER})$`),
  'must be a JSON pointer such as /meta/trace, with * for any part and /** at its end for all that is in it, or a header such as `header x-trace`',
).max(LONGEST_PATH);

const renamed = textLike(
  new RegExp(`^${POINTER} -> ${POINTER}$`),
  'must be two JSON pointers with an arrow between, such as /amount -> /total',
).max(LONGEST_PATH);

/** `/status -> REFUNDED`; without an arrow, whatever comes. */
function became(example: string) {
  return textLike(
    new RegExp(`^${POINTER}(?: -> \\S{1,100})?$`),
    `must be a JSON pointer, and may say what becomes of it, such as ${example}`,
  ).max(LONGEST_PATH);
}

const consumers = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(50)
  .optional()
  .describe('Of the answers to these consumers alone, which are then compared apart from all others; left out, of all');

/** Where, and of whose answers. */
const where = { endpoint, consumers };

const expectation = z.union(
  [
    z.strictObject({ renamed: renamed.describe('A field that gets another name'), ...where }),
    z.strictObject({ removed: place.describe('A field or header that goes'), ...where }),
    z.strictObject({ added: place.describe('A field or header that comes'), ...where }),
    z.strictObject({ retyped: became('/amount -> string').describe('A field that gets another type'), ...where }),
    z.strictObject({ nullable: pointer.describe('A field that may be null'), ...where }),
    z.strictObject({
      optional: pointer.describe('A field that may be missing, or a list that may be empty'),
      ...where,
    }),
    z.strictObject({ newValue: became('/status -> REFUNDED').describe('A new word'), ...where }),
    z.strictObject({ reformatted: became('/created -> date').describe('A text in another format'), ...where }),
    z.strictObject({ type: z.string().min(1).max(100).describe('Another content type, `text/html`'), ...where }),
  ],
  saying(
    'must be one of renamed, removed, added, retyped, nullable, optional, newValue, reformatted and type, and may have an endpoint and consumers',
  ),
);

/** What a policy says of the shape of answers. */
export const responseShapeTerms = z.strictObject({
  sample: fraction
    .refine((share) => share > 0 && share <= 1, 'must be above 0% and at most 100%')
    .prefault('10%')
    .describe('The share of the answers that are read, drawn by the id of the request, alike for both versions'),
  breaking: z
    .literal(['rollback', 'hold', 'report'])
    .default('hold')
    .describe('What a difference leads to that can break a client: a field that is gone, another type, null'),
  compatible: z
    .literal(['hold', 'report'])
    .default('report')
    .describe('What one leads to that cannot: a new field, a wider range'),
  ignore: z
    .array(ignored)
    .max(200)
    .default([])
    .describe(
      'Paths that are not compared; `*` is any part of a path, and `/**` at its end stands for it and all that is in it',
    ),
  exceptConsumers: z
    .array(z.string().min(1).max(100))
    .max(200)
    .default([])
    .describe(
      'Consumers whose answers are not compared; `expect` may name consumers instead, and goes on comparing them',
    ),
  expect: z
    .array(expectation)
    .max(200)
    .default([])
    .describe('Differences that are meant: each suppresses itself and nothing else, and is told when it does not come'),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe('Share of alpha where `breaking` is rollback: it is taken off before the others share'),
  dryRun,
  onHarm: ownReaction,
});

export type ResponseShapeTerms = z.output<typeof responseShapeTerms>;
export type ShapeExpectation = ResponseShapeTerms['expect'][number];
