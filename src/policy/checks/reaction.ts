import { z } from 'zod';

/** For every kind of check: it is tested and shown, and takes no part in any verdict. */
export const dryRun = z
  .boolean()
  .default(false)
  .describe('Reports only: neither rolls back nor holds, and no promotion waits for it');

/** What harm leads to: `hold` for a change that cannot go back. */
export const reaction = z.literal(['rollback', 'hold']);

/** For every kind of check that can roll back, and for a step. */
export const ownReaction = reaction
  .optional()
  .describe(
    'What harm leads to: `hold` pauses at the present weight and pages. Left out, as the step or `spec.onHarm` says',
  );
