import { z } from '@hono/zod-openapi';
import { changedConsumerSchema } from '../consumers/consumer-view.ts';

export const restoreViewSchema = z
  .strictObject({
    state: z.string().describe('Identifies what it was computed from: in quotes, it is the ETag that If-Match takes'),
    entry: z
      .strictObject({
        seq: z.int(),
        at: z.iso.datetime(),
        event: z.string(),
        actor: z.strictObject({ name: z.string(), role: z.string() }),
        reason: z.string(),
      })
      .describe('The entry before which it was as it will be'),
    rollout: z
      .strictObject({
        id: z.string(),
        version: z.int(),
        changes: z
          .array(
            z.strictObject({
              part: z.enum(['policy', 'weight', 'paused', 'skipped checks', 'added dwell']),
              before: z.string(),
              after: z.string(),
            }),
          )
          .readonly(),
      })
      .nullable()
      .describe('The rollout that runs, with what changes of it; null where none runs that ran then'),
    consumers: z.array(changedConsumerSchema).readonly().describe('Listed consumers that change'),
    says: z.array(z.string()).readonly().describe('Finished sentences'),
    left: z.array(z.string()).readonly().describe('What stays as it is although it may differ, each in a sentence'),
    verbs: z.array(z.string()).readonly().describe('Which verbs the token has to be for, beside restore'),
    asked: z
      .string()
      .nullable()
      .describe(
        'What a second person types, where the policy takes one: nothing is put back before. Null where it is done at once',
      ),
    seq: z
      .int()
      .nullable()
      .describe('Its own entry of the audit: a restore to it takes it back. Null where nothing was done'),
  })
  .openapi('Restore');

export type RestoreView = z.infer<typeof restoreViewSchema>;
