import type { z } from 'zod';
import type { Message, MessageKind } from '../rollout/message.ts';

/** A rejected message is never retried (it would be rejected again); a failed one is, with back-off. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'rejected'; readonly reason: string };

export interface Channel {
  readonly name: string;
  readonly takes: readonly MessageKind[];
  deliver(message: Message, signal: AbortSignal): Promise<Delivery>;
  /** Null when the service answers, else one clause why not. Sends no message and no secret. Absent: there is no service. */
  reach?(signal: AbortSignal): Promise<string | null>;
}

/** Schemas for values that mean the same wherever they appear in serin.yaml. */
export interface DeclaredValues {
  /** A reference to a secret. */
  readonly secret: z.ZodType<string>;
  /** The URL of a service. */
  readonly serviceUrl: z.ZodType<string>;
}

/** What a channel needs from the process that opens it. */
export interface ChannelOpening {
  /** Resolves a reference to the secret itself. Throws Problem when it is missing. */
  readonly secret: (reference: string) => string;
  /** Writes lines for operators; null silences them. */
  readonly notices: ((line: string) => void) | null;
}

/** A channel as declared in serin.yaml. */
export interface DeclaredChannel {
  /** Its secrets: the reference, keyed by its field. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Null if it would reach no one. Throws Problem when a secret is missing or unusable. */
  open(opening: ChannelOpening): Channel | null;
}

/** An entry of the list in `channels.ts`. */
export interface ChannelKind {
  /** Its key under `channels` in serin.yaml, which is also the channel's name. */
  readonly name: string;
  /** What may be declared under that key; undefined if there is no such channel. */
  schema(values: DeclaredValues): z.ZodType<DeclaredChannel | undefined>;
}
