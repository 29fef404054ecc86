import type { AuditView, RolloutView } from '../views.ts';
import type { ActVerb, Draft } from './draft.ts';

/** What has become of a rollout since a version of it: it, and the entries of its audit since then, newest first. */
export interface SinceVersion {
  readonly view: RolloutView;
  readonly entries: readonly AuditView[];
}

/** What came of a deed whose answer was not seen. */
export type Found =
  | { readonly kind: 'done' }
  /** As of now: what is still on its way may yet be done. */
  | { readonly kind: 'not-so-far' }
  /** Others changed the rollout first, so that the deed, which names the version, cannot be done any more. */
  | { readonly kind: 'overtaken'; readonly entries: readonly AuditView[] };

const EVENTS: Readonly<Record<Exclude<ActVerb, 'retry'>, string>> = {
  pause: 'paused',
  resume: 'resumed',
  advance: 'advanced',
  promote: 'promoted',
  rollback: 'rolledBack',
  abort: 'aborted',
  weight: 'weightSet',
  extend: 'extended',
  skip: 'checkSkipped',
  gate: 'gatePassed',
  rebase: 'rebased',
  finalise: 'finalisedByHand',
};

export interface Sent {
  readonly draft: Draft;
  readonly reason: string;
  /** Of the rollout, in If-Match. */
  readonly version: number;
  /** The name of who sent it. */
  readonly by: string;
}

/** A retry leaves its rollout as it is: `latest` is the newest rollout of the route. */
export function foundIn(sent: Sent, { view, entries }: SinceVersion, latest: RolloutView | null): Found {
  const { verb } = sent.draft;
  if (verb === 'retry') {
    const isNew = latest !== null && latest.id !== view.id && latest.startedBy === sent.by;
    return isNew && latest.attempt > view.attempt ? { kind: 'done' } : { kind: 'not-so-far' };
  }
  const { unrecorded } = view;
  if (unrecorded?.event === EVENTS[verb] && unrecorded.by === sent.by) return { kind: 'done' };
  const first = entries.at(-1);
  if (first === undefined) return { kind: 'not-so-far' };
  const isMine =
    first.event.kind === EVENTS[verb] && first.actor.name === sent.by && first.reason === sent.reason.trim();
  return isMine ? { kind: 'done' } : { kind: 'overtaken', entries };
}
