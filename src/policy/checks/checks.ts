import { z } from 'zod';
import { duration, latencyMargin } from '../units.ts';
import { answerChecks } from './answer-checks.ts';
import { answerComparison } from './answer-comparison.ts';
import { latencyTerms } from './latency-checks.ts';
import { logChecks } from './log-checks.ts';
import { queryChecks } from './query-check.ts';
import { clientErrorsTerms, emptyTerms, errorsTerms, kindsTerms } from './rate-checks.ts';
import { dryRun } from './reaction.ts';
import { responseShapeTerms } from './shape-checks.ts';

const probesTerms = z.strictObject({
  every: duration.describe('How long from one pair to the next, at least a tick of the controller'),
  rollback: latencyMargin
    .optional()
    .describe('Slower than this in more than half of the pairs is harm; by default as p50'),
  parity: latencyMargin
    .optional()
    .describe('Shown to be within this in most pairs, the check is at parity; by default as p50'),
  weight: z.number().gt(0).max(1).default(0.05).describe('Share of alpha: it is taken off before the others share'),
  dryRun,
});

/** What is compared, and by what margins. */
export const checks = z.strictObject({
  errors: errorsTerms.prefault({}).describe('The share of requests that fail'),
  clientErrors: clientErrorsTerms.prefault({}).describe('The share of 4xx answers'),
  slices: z
    .strictObject({ dryRun })
    .prefault({})
    .describe('Every endpoint and consumer by itself: harm in a small part of the traffic'),
  empty: emptyTerms
    .prefault({})
    .describe('The share of 2xx answers without content, but to HEAD; Prometheus knows only 204 and 205'),
  kinds: kindsTerms
    .prefault({})
    .describe('The shares of redirects, of 304, of answers with content, and of any other that is no error and no 4xx'),
  latency: latencyTerms.prefault({}).describe('From the head of a request to the head of its answer'),
  probes: probesTerms
    .optional()
    .describe('Requests of our own to both versions, where clients send few: `probes` of the route says which'),
  ...answerChecks,
  responseShape: responseShapeTerms
    .optional()
    .describe('What JSON answers look like: their fields, types, words and formats; left out, no body is read for it'),
  answers: answerComparison
    .optional()
    .describe(
      'What both versions answer to the same requests, field by field, against how often the stable differs from itself: `mirror` of the route says which',
    ),
  ...logChecks,
  queries: queryChecks.default({}).describe('Checks on values of a metrics source, by name'),
});
