/**
 * - `page`: a person must look now; one per dedup key until resolved.
 * - `resolve`: the page with this dedup key is over.
 * - `change`: a version was promoted (a change event, wakes nobody).
 * - `note`: for the chat and the console.
 */
export type MessageKind = 'page' | 'resolve' | 'change' | 'note';

export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** What a page is about. `rolledBack` and `internalFailed` are safe already when it goes out. */
export type PageSubject = 'rolledBack' | 'internalFailed' | 'needsPerson';

/** How urgent a page is where a channel is not told otherwise. */
export const PAGE_SEVERITY: Readonly<Record<PageSubject, Severity>> = {
  rolledBack: 'error',
  internalFailed: 'warning',
  needsPerson: 'warning',
};

/** What leaves the outbox. Built in the transaction that decided it; the id stays the same over every retry. */
export interface Message {
  readonly id: string;
  readonly kind: MessageKind;
  readonly dedupKey: string;
  readonly route: string;
  readonly rolloutId: string;
  /** One sentence, as long as its reasons make it: a channel that has a limit cuts it. */
  readonly summary: string;
  readonly severity: Severity;
  /** Of a page; left out by those that were written before there was one. */
  readonly subject?: PageSubject;
  /** Name of the installation, where serin.yaml gives one. */
  readonly environment?: string;
  /** Where the rollout can be read, where serin.yaml says under which URL the control API is reached. */
  readonly link?: string;
  /** Flat facts for the channel's detail field. */
  readonly details: Readonly<Record<string, string | number>>;
  /** RFC 3339, UTC. */
  readonly at: string;
}
