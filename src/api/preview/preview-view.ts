import { z } from '@hono/zod-openapi';

const track = z.enum(['stable', 'canary']);

export const previewViewSchema = z
  .strictObject({
    version: z.int().describe('Of the rollout that this was told of: send it as If-Match with the verb'),
    refused: z
      .string()
      .nullable()
      .describe('Why the verb would be refused; null where it would be taken. The rest is empty where it is refused'),
    says: z.array(z.string()).readonly().describe('Finished sentences: what happens to whom, and the way back'),
    after: z
      .strictObject({
        version: z.int(),
        attempt: z.int(),
        stage: z.string(),
        nextStage: z.string().nullable(),
        canaryBps: z.int(),
        canaryWeight: z.string(),
        active: z.boolean(),
        paused: z.boolean(),
      })
      .nullable()
      .describe('Where the rollout stands then; of `retry`, the new attempt'),
    requestsPerSecond: z
      .number()
      .nullable()
      .describe('Requests that get the other version then; null where that is not known'),
    consumers: z
      .array(z.strictObject({ name: z.string(), to: track }))
      .readonly()
      .describe('Listed consumers that get the other version then'),
    drainMs: z
      .number()
      .nullable()
      .describe('How long tunnels and event streams to the canary may stay open; null where it keeps its requests'),
    messages: z
      .array(
        z.strictObject({
          kind: z.enum(['page', 'resolve', 'change', 'note']),
          channel: z.string(),
          summary: z.string().describe('As it is known now: what happens until then may change it'),
        }),
      )
      .readonly()
      .describe('What goes to which channel'),
  })
  .openapi('Preview');

export type PreviewView = z.infer<typeof previewViewSchema>;
