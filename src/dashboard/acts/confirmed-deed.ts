import type { ActWords } from './act-words.ts';
import type { Sent } from './found.ts';

/** What somebody has confirmed, with what names it where its rollout is not on the page. */
export interface ConfirmedDeed {
  readonly key: string;
  readonly rollout: { readonly id: string; readonly route: string };
  readonly words: Pick<ActWords, 'confirm' | 'did'>;
  readonly sent: Sent;
}
