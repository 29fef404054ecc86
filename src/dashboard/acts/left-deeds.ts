import { Observable } from '../live/observable.ts';
import { stream } from '../live/session.ts';
import type { RolloutView } from '../views.ts';
import { type ActOutcome, actOutcome } from './act-outcome.ts';
import type { ConfirmedDeed } from './confirmed-deed.ts';
import type { Found } from './found.ts';
import { deedsOfEarlier, forgetDeed, type SentDeed } from './sent-deed.ts';
import { findDeed } from './since-version.ts';

/** How a deed stands that was left: `after` is null where only the state says that it was done. */
export type LeftState =
  | { readonly kind: 'sending' }
  | { readonly kind: 'done'; readonly at: number; readonly after: RolloutView | null }
  | { readonly kind: 'unknown'; readonly detail: string; readonly at: number; readonly found: Found | null }
  | Exclude<ActOutcome, { readonly kind: 'done' | 'unknown' }>;

export interface LeftDeed {
  readonly deed: ConfirmedDeed;
  readonly state: LeftState;
}

/** The deeds whose dialog is gone before their outcome was told, in the order in which they were left. */
export const leftDeeds = new Observable<readonly LeftDeed[]>([]);

/** Follows a deed from here on, until its outcome is known. */
export function leaveDeed({ deed, reply }: SentDeed): void {
  leftDeeds.set([...leftDeeds.value, { deed, state: { kind: 'sending' } }]);
  void reply.then((answer) => {
    const outcome = actOutcome(answer);
    if (outcome.kind === 'done') stand(deed, { ...outcome, at: Date.now() });
    else if (outcome.kind === 'unknown') void search(deed, outcome.detail);
    else stand(deed, outcome);
  });
}

/** Called by whoever has read the outcome. */
export function dismissDeed(deed: ConfirmedDeed): void {
  forgetDeed({ deed });
  leftDeeds.set(leftDeeds.value.filter((one) => one.deed !== deed));
}

/** Takes up what was under way when the page was loaded anew. */
export function takeUpDeeds(): void {
  for (const sent of deedsOfEarlier()) leaveDeed(sent);
}

async function search(deed: ConfirmedDeed, detail: string): Promise<void> {
  const isOver = () => !leftDeeds.value.some((one) => one.deed === deed);
  stand(deed, { kind: 'unknown', detail, at: Date.now(), found: null });
  while (!isOver()) {
    const change = changeOf(deed);
    const seen = await findDeed(deed.rollout.id, deed.sent, isOver);
    if (seen === null) return;
    const at = Date.now();
    if (seen.found.kind === 'done') {
      forgetDeed({ deed });
      return stand(deed, { kind: 'done', at, after: null });
    }
    stand(deed, { kind: 'unknown', detail, at, found: seen.found });
    if (seen.found.kind === 'overtaken') return forgetDeed({ deed });
    // What is still on its way may be done yet.
    await change;
  }
}

function stand(deed: ConfirmedDeed, state: LeftState): void {
  leftDeeds.set(leftDeeds.value.map((one) => (one.deed === deed ? { deed, state } : one)));
}

/** Resolves with the next event by which it may have been done. */
function changeOf({ rollout: { route } }: ConfirmedDeed): Promise<void> {
  return new Promise((changed) => {
    const leave = stream.subscribe(({ kind, data }) => {
      if (kind === 'rollout' && data.route !== route) return;
      if (kind !== 'rollout' && kind !== 'reset' && kind !== 'hello') return;
      leave();
      changed();
    });
  });
}
