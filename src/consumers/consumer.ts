import type { ConsumerRule } from '../split/order.ts';

/** A consumer as a route lists it. */
export interface Consumer {
  readonly name: string;
  /** Keyed hash of the credential, hex. The credential itself is never stored. */
  readonly keyHash: string;
  readonly rule: ConsumerRule;
  /** Those who are moved together, by share; null for none. */
  readonly group: string | null;
  /** In which wave it is moved; null for none. */
  readonly wave: number | null;
  /** The last day on the old version, as `2027-03-01`; null for none. */
  readonly due: string | null;
  /** Whom to write to; null if nobody said. */
  readonly contact: string | null;
}

/** On one route: a change shows each of them, and is one entry of the audit. */
export const MOST_CONSUMERS = 1_000;

const DAY_MS = 86_400_000;

/** The end of a day in UTC, epoch ms: a due date is the last day, all of it. */
export function endOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS;
}

/** Whether a consumer that is not moved should have been. */
export function isOverdue({ rule, due }: Pick<Consumer, 'rule' | 'due'>, at: number): boolean {
  return rule !== 'canary' && due !== null && at >= endOfDay(due);
}

const AUDITED: readonly string[] = ['consumerListed', 'consumerRemoved', 'consumersMoved', 'consumersImported'];

/** Whether an entry of the audit with this event is about the list of a route. Its two sides are consumers by their names. */
export function isOfConsumers(event: string): boolean {
  return AUDITED.includes(event);
}
