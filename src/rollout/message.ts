/**
 * - `page`: a person must look now; one per dedup key until resolved.
 * - `resolve`: the page with this dedup key is over.
 * - `change`: a version was promoted (a change event, wakes nobody).
 * - `note`: for the chat and the console.
 */
export type MessageKind = 'page' | 'resolve' | 'change' | 'note';

export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** What a page is about. `rolledBack` and `internalFailed` are safe already when it goes out; `harmHeld` goes on hurting. */
export type PageSubject = 'rolledBack' | 'internalFailed' | 'harmHeld' | 'needsPerson';

/** How urgent a page is unless a channel is configured otherwise. */
export const PAGE_SEVERITY: Readonly<Record<PageSubject, Severity>> = {
  rolledBack: 'error',
  internalFailed: 'warning',
  harmHeld: 'critical',
  needsPerson: 'warning',
};

/** A message to one channel, and what became of it; times are epoch ms of the database. */
export interface SentMessage {
  readonly kind: MessageKind;
  readonly channel: string;
  /** When it was decided. */
  readonly at: number;
  readonly deliveredAt: number | null;
  /** The channel refused it for good. */
  readonly rejectedAt: number | null;
  /** Why the last attempt failed; null before the first, and once it was delivered. */
  readonly lastError: string | null;
}

/** A message in the outbox. Built in the transaction that decided it; the id stays the same over every retry. */
export interface Message {
  readonly id: string;
  readonly kind: MessageKind;
  readonly dedupKey: string;
  readonly route: string;
  readonly rolloutId: string;
  /** One sentence, of any length: a channel with a limit truncates it. */
  readonly summary: string;
  readonly severity: Severity;
  /** Pages only; missing from messages written before this field existed. */
  readonly subject?: PageSubject;
  /** Name of the installation, if serin.yaml gives one. */
  readonly environment?: string;
  /** URL of the rollout, if serin.yaml gives the URL of the control API. */
  readonly link?: string;
  /** Flat facts for the channel's detail field. */
  readonly details: Readonly<Record<string, string | number>>;
  /** RFC 3339, UTC. */
  readonly at: string;
}
