import { z } from 'zod';
import { duration, saying } from '../units.ts';
import { errorsByContent } from './answer-checks.ts';
import { errorMargin, HARM, PARITY } from './margins.ts';
import { dryRun, ownReaction } from './reaction.ts';

const LONGEST_EARLY_MS = 60_000;

export const errorsTerms = z.strictObject({
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
  webSocketEarlyClose: duration
    .refine((ms) => ms > 0 && ms <= LONGEST_EARLY_MS, 'must be above 0s and at most 1m')
    .optional()
    .describe('A WebSocket that its upstream ends within this time of the handshake is an error; left out, none is'),
  ...errorsByContent,
  rollback: errorMargin.prefault({ relative: '10%', absolute: '0.01pp' }).describe(HARM),
  parity: errorMargin.prefault({ relative: '25%', absolute: '0.1pp' }).describe(PARITY),
  dryRun,
  onHarm: ownReaction,
});

export const clientErrorsTerms = z.strictObject({
  hold: errorMargin
    .prefault({ relative: '50%', absolute: '1pp' })
    .describe('Evidence of a larger share than this holds the canary'),
  rollback: z
    .union([errorMargin, z.literal('off')], saying('must be a margin of relative and absolute, or off'))
    .prefault({ relative: '100%', absolute: '10pp' })
    .describe(
      'More than this is harm: the parts are added. Where more than 30 % of the answers of the stable are 4xx, so is to lose half of the others; `off`: they only hold',
    ),
  parity: errorMargin.prefault({ relative: '50%', absolute: '1pp' }).describe(PARITY),
  dryRun,
  onHarm: ownReaction,
});

export const emptyTerms = z.strictObject({
  hold: errorMargin
    .prefault({ relative: '100%', absolute: '5pp' })
    .describe(
      'Evidence of a larger share than this holds the canary; far more are rolled back as `kinds.rollback` says',
    ),
  parity: errorMargin.prefault({ relative: '100%', absolute: '5pp' }).describe(PARITY),
  dryRun,
});

export const kindsTerms = z.strictObject({
  hold: errorMargin
    .prefault({ relative: '100%', absolute: '5pp' })
    .describe('Evidence of a larger share of a kind than this holds the canary'),
  rollback: z
    .union([errorMargin, z.literal('off')], saying('must be a margin of relative and absolute, or off'))
    .prefault({ relative: '100%', absolute: '50pp' })
    .describe(
      'More than this is harm: the parts are added. To lose half of the answers of other kinds is harm in any case; `off`: they only hold',
    ),
  parity: errorMargin.prefault({ relative: '100%', absolute: '5pp' }).describe(PARITY),
  dryRun,
  onHarm: ownReaction,
});
