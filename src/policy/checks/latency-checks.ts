import { z } from 'zod';
import { NAMED_QUANTILE } from '../names.ts';
import { latencyMargin, textLike } from '../units.ts';
import { errorMargin, HARM, PARITY } from './margins.ts';
import { dryRun, ownReaction } from './reaction.ts';

const until = z
  .literal(['head', 'end'])
  .default('head')
  .describe(
    'What is timed: to the head of the answer, or to its end, without the time that its client takes to receive it',
  );

/** A margin that is left out has the check's own default: `p50: { dryRun: true }` is whole. */
function quantileCheck(margins: { readonly rollback: string; readonly parity: string }) {
  return z
    .strictObject({
      rollback: latencyMargin.prefault(margins.rollback).describe('Slower than the stable by more than this is harm'),
      parity: latencyMargin
        .prefault(margins.parity)
        .describe('Shown to be slower by no more than this, the check is at parity'),
      until,
      dryRun,
      onHarm: ownReaction,
    })
    .prefault({});
}

const namedQuantile = z.strictObject({
  rollback: latencyMargin.prefault('10.5%').describe('Slower than the stable by more than this is harm'),
  parity: latencyMargin.prefault('26.9%').describe('Shown to be slower by no more than this, the check is at parity'),
  weight: z.number().gt(0).max(1).default(0.05).describe('Share of alpha: it is taken off before the others share'),
  until,
  dryRun,
  onHarm: ownReaction,
});

// 2, 3 and 5 buckets of 2 % to roll back, 5, 8 and 12 for parity (docs/statistics.md section 3.1). A margin counts as
// the whole buckets that fit in it, so that two buckets take 4.1%: 4% is less than 1.02^2 = 1.0404.
export const latencyTerms = z.strictObject({
  p50: quantileCheck({ rollback: '4.1%', parity: '10.5%' }).describe('The median'),
  p95: quantileCheck({ rollback: '6.2%', parity: '17.2%' }).describe('The latency that 95 % of the answers keep'),
  p99: quantileCheck({ rollback: '10.5%', parity: '26.9%' }).describe('The latency that 99 % of the answers keep'),
  quantiles: z
    .record(
      textLike(
        NAMED_QUANTILE,
        'must be a quantile from p1 to p99.99, such as p90 or p99.9; p50, p95 and p99 have places of their own, beside quantiles',
      ),
      namedQuantile,
    )
    .default({})
    .describe('More quantiles, by name from p1 to p99.99: `quantiles: { p90: { parity: 15% } }`'),
  dominance: z
    .strictObject({
      rollback: latencyMargin.optional().describe('The shift that is still no harm'),
      until,
      dryRun,
      onHarm: ownReaction,
    })
    .optional()
    .describe('The whole distribution, shifted by this margin; left out, by the rollback margin of p50'),
  classic: z
    .strictObject({
      rollback: errorMargin.prefault({ relative: '15%', absolute: '0.2pp' }).describe(HARM),
      parity: errorMargin.prefault({ relative: '25%', absolute: '0.5pp' }).describe(PARITY),
      dryRun,
      onHarm: ownReaction,
    })
    .prefault({})
    .describe(
      'Shares of answers above fixed boundaries, where a source has nothing finer (classic Prometheus buckets)',
    ),
});
