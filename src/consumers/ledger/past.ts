import type { Consumer } from '../consumer.ts';
import {
  addConsumerCounts,
  type ConsumerCounts,
  type ConsumerDay,
  keyHashOf,
  NO_ANSWERS,
  nameAsListed,
  type Who,
} from './consumer-day.ts';

/** What a consumer is found by in the ledger. */
export type Known = Pick<Consumer, 'name' | 'keyHash'>;

/**
 * Whose past a row is on the list as it is now; null for those that are not listed. The name decides, so that a consumer keeps its
 * past with a new credential; then the credential, so that it keeps it under a new name, and has what it did before it was listed.
 */
export function ownerIn<Listed extends Known>(list: readonly Listed[]): (who: Who) => Listed | null {
  const byName = new Map(list.map((consumer) => [consumer.name, consumer]));
  const byKey = new Map(list.map((consumer) => [consumer.keyHash, consumer]));
  return (who) => byName.get(nameAsListed(who)) ?? byKey.get(keyHashOf(who)) ?? null;
}

/** The rows of each consumer of the list, by its name; empty for those that never asked. */
export function pastsOf(
  list: readonly Known[],
  days: readonly ConsumerDay[],
): ReadonlyMap<string, readonly ConsumerDay[]> {
  const owner = ownerIn(list);
  const pasts = new Map<string, ConsumerDay[]>(list.map(({ name }) => [name, []]));
  for (const day of days) pasts.get(owner(day.who)?.name ?? '')?.push(day);
  return pasts;
}

/** What a version answered in these days, of all that are given. */
export function answeredBy(version: string, days: readonly ConsumerDay[]): ConsumerCounts {
  return days.filter((day) => day.version === version).reduce<ConsumerCounts>(addConsumerCounts, NO_ANSWERS);
}
