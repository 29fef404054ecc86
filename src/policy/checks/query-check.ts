import { z } from 'zod';
import { duration, fraction, textLike } from '../units.ts';
import { dryRun } from './reaction.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const margin = z.strictObject({
  relative: fraction.prefault('0%').describe('Of the value of the stable'),
  absolute: z.number().min(0).default(0).describe('In the unit of the values'),
});

const queryCheck = z.strictObject({
  source: textLike(NAME, 'must name a source of serin.yaml')
    .default('prometheus')
    .describe('The source of `serin.yaml` that is asked'),
  query: z
    .string()
    .min(1)
    .max(4_000)
    .describe(
      "Gives one value per version; {{version}}, {{track}} and {{route}} stand for what is asked about, {{labels}} for the matchers of the version's series by `metrics` of the route, {{label.NAME}} for the value of one of them",
    ),
  interval: duration.prefault('1m').describe('How often a value is taken: at least the window that the query looks at'),
  nan: z
    .literal(['missing', 'zero'])
    .default('missing')
    .describe('What NaN is, such as 0/0 where nothing was asked, or null of a JSON endpoint: no value, or 0'),
  worse: z.literal(['higher', 'lower', 'both']).describe('Which difference is bad'),
  rollback: margin.prefault({ relative: '5%' }).describe('A difference within the larger of both is none'),
  parity: margin
    .prefault({ relative: '10%' })
    .describe('Shown to be within the larger of both, the check is at parity'),
  comparable: z
    .boolean()
    .default(false)
    .describe('Both versions run on arms of the same size; without it, and on a sticky route, the check may only hold'),
  limit: z.number().optional().describe('The value beyond which the canary is bad, whatever the stable does'),
  action: z
    .literal(['hold', 'rollback'])
    .default('hold')
    .describe('What evidence of harm does; on a sticky route it holds at most'),
  weight: z.number().gt(0).max(1).default(0.05).describe('Share of alpha where the action is rollback'),
  dryRun,
});

/** Checks on values that are measured elsewhere, by name. */
export const queryChecks = z.record(textLike(NAME, 'must be a lower-case name such as cpu'), queryCheck);

export type QueryCheck = z.output<typeof queryCheck>;
