import { z } from 'zod';
import { duration, fraction, saying } from '../units.ts';
import { pattern } from './pattern.ts';
import { dryRun, ownReaction } from './reaction.ts';

const action = z.literal(['rollback', 'hold', 'report']);
const actionOf = (byDefault: z.output<typeof action>, what: string) => action.default(byDefault).describe(what);

const name = z.string().min(1).max(200);

const template = pattern.describe(
  'A pattern in the level, logger and text of a template, as in `^error pay[.]Charge: card .* declined`',
);

/** @param absolute lines, or calls, in 1,000 requests */
function rateTerms(relative: string, absolute: number, of: string, byDefault: 'hold' | 'report') {
  return z
    .strictObject({
      relative: fraction.prefault(relative).describe('Of the rate of the stable'),
      absolute: z.number().min(0).default(absolute).describe('In 1,000 requests'),
      action: actionOf(byDefault, 'What evidence of it does'),
    })
    .prefault({})
    .describe(`${of}: the parts are added`);
}

const ignored = z.union(
  [
    z.strictObject({ template }),
    z.strictObject({ logger: name.describe('Every line of it') }),
    z.strictObject({ call: name.describe('As it is told: `db postgresql`') }),
    z.strictObject({ field: name.describe('Of the lines, by its name') }),
  ],
  saying('must be one of template, logger, call and field'),
);

const expected = z.union(
  [
    z.strictObject({ template }),
    z.strictObject({ newCall: name.describe('As it is told: `http payments.internal`') }),
    z.strictObject({ lostCall: name.describe('One that the canary makes no longer, or less often') }),
    z.strictObject({ lostField: name.describe('A field that its lines have no longer') }),
  ],
  saying('must be one of template, newCall, lostCall and lostField'),
);

const logTerms = z.strictObject({
  newErrors: actionOf('hold', 'What a line at error level does that the stable never logs'),
  newWarnings: actionOf('report', 'The same at warn level'),
  errors: rateTerms('100%', 10, 'More lines at error level for each request than this', 'hold'),
  warnings: rateTerms('100%', 10, 'More lines at warn level for each request than this', 'report'),
  fields: actionOf(
    'hold',
    'What it does that the lines of the canary lack a field that those of the stable always have',
  ),
  calls: z
    .strictObject({
      new: actionOf('hold', 'What a call of a service does that the stable never calls'),
      lost: actionOf('hold', 'What it does that the canary no longer calls a service'),
      rate: rateTerms('50%', 5, 'More or fewer calls of a service for each request than this', 'hold'),
    })
    .prefault({})
    .describe('What the versions call, as far as their lines say it'),
  mix: actionOf(
    'report',
    'What it does that a template has a larger or smaller part of all lines, by half and 2 points',
  ),
  ignore: z.array(ignored).max(50).default([]).describe('Counted of neither version'),
  expect: z
    .array(expected)
    .max(50)
    .default([])
    .describe('Changes that are meant: told, and no evidence. Everything else stays judged'),
  silentAfter: duration
    .prefault('2m')
    .describe('A version that serves requests and of which nothing has come for so long makes the verdict blind'),
  unsent: z
    .literal(['blind', 'report'])
    .default('blind')
    .describe(
      'What it means that no line of either version has ever come: the verdict is blind, or it is told and nothing waits for it. For policies of many routes',
    ),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Share of alpha where anything here rolls back: it is taken off before the others share'),
  dryRun,
  onHarm: ownReaction,
});

/** What the versions log. */
export const logChecks = {
  logs: logTerms
    .optional()
    .describe(
      'What the versions log: new errors, lines and calls for each request, fields. Lines have to be sent or fetched',
    ),
};

export type LogTerms = z.output<typeof logTerms>;
export type LogAction = z.output<typeof action>;
