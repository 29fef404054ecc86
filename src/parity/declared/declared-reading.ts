import type { DeclaredDifference } from './declared-difference.ts';

/** What is known of the documents of both versions of a rollout. */
export type DeclaredReading =
  | { readonly state: 'reading' }
  /** At least one could not be had or read: why, in a sentence. It changes nothing else. */
  | { readonly state: 'unread'; readonly says: string }
  | {
      readonly state: 'compared';
      readonly differences: readonly DeclaredDifference[];
      /** Differences that were found and left out of `differences`: there are too many, or they are too long. */
      readonly left: number;
    };
