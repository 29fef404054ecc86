import type { ConsumerRule } from '../split/order.ts';
import type { Consumer } from './consumer.ts';

/** Which of the listed consumers are moved. */
export type MovedConsumers =
  | { readonly by: 'names'; readonly names: readonly string[] }
  | { readonly by: 'wave'; readonly wave: number }
  | { readonly by: 'group'; readonly group: string }
  /** So much of the group has the new version then: the others that have it are taken back. */
  | { readonly by: 'share'; readonly group: string; readonly shareBps: number };

/** A consumer as a file lists it. What it does not say of group, wave, due date and contact is nothing; the rule stays. */
export interface ImportedConsumer extends Omit<Consumer, 'keyHash' | 'rule'> {
  /** Keyed hash of its credential; null where the listed one stays. */
  readonly keyHash: string | null;
}

/** What a person wants of the list of a route. */
export type ListCommand =
  | { readonly kind: 'move'; readonly who: MovedConsumers; readonly to: ConsumerRule }
  | {
      readonly kind: 'import';
      readonly consumers: readonly ImportedConsumer[];
      /** What becomes of those that are listed and not in the file. */
      readonly others: 'stay' | 'removed';
    }
  /** What is left out stays as it is. */
  | { readonly kind: 'put'; readonly consumer: Pick<Consumer, 'name'> & Partial<Consumer> }
  | { readonly kind: 'remove'; readonly name: string };
