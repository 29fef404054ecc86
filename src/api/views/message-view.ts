import { z } from '@hono/zod-openapi';
import { redactedText } from '../../redact/example.ts';
import type { SentMessage } from '../../rollout/message.ts';

const instant = z.iso.datetime();

export const messageViewsSchema = z.array(
  z
    .strictObject({
      kind: z
        .enum(['page', 'resolve', 'change', 'note'])
        .describe(
          '`page`: a person must look; `resolve`: that page is over; `change`: a promotion; `note`: for the chat',
        ),
      channel: z.string().describe('As `channels` of serin.yaml calls it'),
      at: instant.describe('When it was decided'),
      deliveredAt: instant.nullable().describe('When the channel took it'),
      rejectedAt: instant.nullable().describe('When the channel refused it for good'),
      lastError: z
        .string()
        .nullable()
        .describe('Why the last attempt failed, without secrets; null before the first, and once it was delivered'),
    })
    .openapi('Message'),
);

export type MessageView = z.infer<typeof messageViewsSchema>[number];

/** What a channel said is a stranger's text: it may quote what it was sent. */
export function messageView({ kind, channel, at, deliveredAt, rejectedAt, lastError }: SentMessage): MessageView {
  return {
    kind,
    channel,
    at: new Date(at).toISOString(),
    deliveredAt: deliveredAt === null ? null : new Date(deliveredAt).toISOString(),
    rejectedAt: rejectedAt === null ? null : new Date(rejectedAt).toISOString(),
    lastError: lastError === null ? null : redactedText(lastError),
  };
}
