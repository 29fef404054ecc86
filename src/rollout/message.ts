/**
 * - `page`: somebody must look now; one per dedup key until resolved.
 * - `resolve`: the page with this dedup key is over.
 * - `change`: a version was promoted (a change event, wakes nobody).
 * - `note`: for the chat and the console.
 */
export type MessageKind = 'page' | 'resolve' | 'change' | 'note';

/** What leaves the outbox. Built in the transaction that decided it; the id stays the same over every retry. */
export interface Message {
  readonly id: string;
  readonly kind: MessageKind;
  readonly dedupKey: string;
  readonly route: string;
  readonly rolloutId: string;
  /** One sentence, at most 1024 characters. */
  readonly summary: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  /** Flat facts for the channel's detail field. */
  readonly details: Readonly<Record<string, string | number>>;
  /** RFC 3339, UTC. */
  readonly at: string;
}
