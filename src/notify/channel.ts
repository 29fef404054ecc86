import type { Message, MessageKind } from '../rollout/message.ts';

/** A rejected message is never tried again (it would be rejected again); a failed one is, with back-off. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'rejected'; readonly reason: string };

export interface Channel {
  readonly name: string;
  readonly takes: readonly MessageKind[];
  deliver(message: Message, signal: AbortSignal): Promise<Delivery>;
  /** Null when the service answers, else one clause why not. It sends no message, and nothing secret. */
  reach?(signal: AbortSignal): Promise<string | null>;
}
