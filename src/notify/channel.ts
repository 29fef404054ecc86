import type { z } from 'zod';
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
  /** Null when the service answers, else one clause why not. It sends no message, and nothing secret. Absent: there is no service. */
  reach?(signal: AbortSignal): Promise<string | null>;
}

/** How values are written in serin.yaml that mean the same wherever they appear. */
export interface DeclaredValues {
  /** A reference to a secret. */
  readonly secret: z.ZodType<string>;
  /** The URL of a service. */
  readonly serviceUrl: z.ZodType<string>;
}

/** What a channel needs of the process that opens it. */
export interface ChannelOpening {
  /** A reference to a secret -> the secret itself. Throws Problem when it is not there. */
  readonly secret: (reference: string) => string;
  /** Takes lines for people; null silences them. */
  readonly notices: ((line: string) => void) | null;
}

/** A channel as serin.yaml declares it. */
export interface DeclaredChannel {
  /** Its secrets: the reference, by the field that it is in. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Null where it would tell nobody. Throws Problem when a secret is not there, or not fit. */
  open(opening: ChannelOpening): Channel | null;
}

/** A member of the list in `channels.ts`. */
export interface ChannelKind {
  /** Its key under `channels` in serin.yaml, which is the name of its channel as well. */
  readonly name: string;
  /** What may be declared under that key; undefined where there is no such channel. */
  schema(values: DeclaredValues): z.ZodType<DeclaredChannel | undefined>;
}
