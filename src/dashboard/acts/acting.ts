import type { ApiReply } from '../live/requests.ts';
import type { AuditView, PreviewView, RolloutView } from '../views.ts';
import { actOutcome } from './act-outcome.ts';
import type { Draft } from './draft.ts';
import type { Found } from './found.ts';
import { type Objection, objectionOf } from './objection.ts';

/** Why the question is asked anew. `by`: the entries of the audit since, newest first; null until they are read. */
export type Notice =
  | {
      /** `not-done`: what was confirmed was refused because of it (412). */
      readonly kind: 'moved' | 'not-done';
      readonly from: number;
      readonly to: number;
      readonly by: readonly AuditView[] | null;
    }
  | { readonly kind: 'signed-out' };

/** What is asked in the dialog, whatever state it is in. */
export interface ActQuestion {
  readonly draft: Draft;
  /** Kept through everything that happens while the dialog is open. */
  readonly reason: string;
  /** Counts the requests: an answer to an earlier one is dropped. */
  readonly turn: number;
  /** What the verb would do, as it was told last. */
  readonly preview: PreviewView | null;
  /** The highest version of the rollout that was seen. */
  readonly seen: number;
  readonly notice: Notice | null;
  readonly objection: Objection | null;
}

type With<Kind, More = unknown> = ActQuestion & More & { readonly kind: Kind };
type Previewed = { readonly preview: PreviewView };

/**
 * The dialog of an act. Only `asking` can be confirmed, and a deed is sent once, on the way into `sending`.
 *
 *     closed ─open─> previewing ─> asking ─confirm─> sending ─> done
 *                      ^   └─> refused  │                ├─> refused (4xx)
 *                      └── moved <──────┘                ├─> previewing, with a notice (412, 401)
 *                                                        └─> unknown (5xx, no answer)
 */
export type Acting =
  | { readonly kind: 'closed'; readonly turn: number }
  /** A preview is asked for; the last one, if any, is of before. */
  | With<'previewing'>
  | With<'asking', Previewed>
  /** The question has just changed under the reader: a click that was meant for the one before is not taken. */
  | With<'moved', Previewed>
  | With<'refused', { readonly objection: Objection }>
  | With<'sending', Previewed>
  /** Whether it was done is not known; `found` is what the state says. */
  | With<'unknown', Previewed & { readonly detail: string; readonly found: Found | null }>
  /** `at`: by the reader's clock, epoch ms. `after` is null where only the state says that it was done. */
  | {
      readonly kind: 'done';
      readonly turn: number;
      readonly draft: Draft;
      readonly at: number;
      readonly after: RolloutView | null;
    };

export type ActingEvent =
  | { readonly kind: 'opened'; readonly draft: Draft; readonly version: number }
  | { readonly kind: 'reasoned'; readonly reason: string }
  | { readonly kind: 'filled'; readonly field: string; readonly value: string }
  | { readonly kind: 'previewed'; readonly turn: number; readonly reply: ApiReply<PreviewView> }
  | { readonly kind: 'seen'; readonly version: number }
  | { readonly kind: 'told'; readonly since: number; readonly entries: readonly AuditView[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'answered'; readonly turn: number; readonly at: number; readonly reply: ApiReply<RolloutView> }
  | {
      readonly kind: 'found';
      readonly turn: number;
      readonly at: number;
      readonly found: Found;
      readonly version: number;
    }
  | { readonly kind: 'asked-again' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'cancelled' };

export const CLOSED: Acting = { kind: 'closed', turn: 0 };

export function act(state: Acting, event: ActingEvent): Acting {
  switch (event.kind) {
    case 'opened':
      return open(state, event.draft, event.version);
    case 'reasoned':
      return isWritable(state) ? { ...state, reason: event.reason } : state;
    case 'filled': {
      if (!isWritable(state)) return state;
      const { verb, fields } = state.draft;
      return ask({ ...state, draft: { verb, fields: { ...fields, [event.field]: event.value } } });
    }
    case 'previewed':
      return state.kind === 'previewing' && state.turn === event.turn ? previewed(state, event.reply) : state;
    case 'seen':
      return seeing(state, event.version);
    case 'told': {
      if (!isOpen(state) || state.notice === null || state.notice.kind === 'signed-out') return state;
      return state.notice.from === event.since ? { ...state, notice: { ...state.notice, by: event.entries } } : state;
    }
    case 'settled':
      return state.kind === 'moved' ? { ...state, kind: 'asking' } : state;
    case 'confirmed':
      return state.kind === 'asking' ? confirmed(state) : state;
    case 'answered':
      return state.kind === 'sending' && state.turn === event.turn ? answered(state, event.reply, event.at) : state;
    case 'found': {
      if (state.kind !== 'unknown' || state.turn !== event.turn) return state;
      const { found, version, at } = event;
      if (found.kind === 'done') return { kind: 'done', turn: state.turn, draft: state.draft, at, after: null };
      return { ...state, found, seen: Math.max(state.seen, version) };
    }
    case 'asked-again':
      return isWritable(state) || state.kind === 'unknown' ? ask({ ...questionOf(state), notice: null }) : state;
    case 'signed-in':
      return isWritable(state) ? ask(state) : state;
    case 'cancelled':
      return state.kind === 'sending' ? state : { kind: 'closed', turn: state.turn };
  }
}

type Open = Exclude<Acting, { readonly kind: 'closed' | 'done' }>;
type Writable = Exclude<Open, { readonly kind: 'sending' | 'unknown' }>;

export function isOpen(state: Acting): state is Open {
  return state.kind !== 'closed' && state.kind !== 'done';
}

function isWritable(state: Acting): state is Writable {
  return isOpen(state) && state.kind !== 'sending' && state.kind !== 'unknown';
}

/** Another verb in the open dialog keeps the reason. */
function open(state: Acting, draft: Draft, version: number): Acting {
  if (isOpen(state) && !isWritable(state)) return state;
  const kept = isOpen(state) ? { reason: state.reason, seen: Math.max(state.seen, version) } : null;
  return ask({
    turn: state.turn,
    draft,
    preview: null,
    notice: null,
    objection: null,
    ...(kept ?? { reason: '', seen: version }),
  });
}

function questionOf({ draft, reason, turn, preview, seen, notice, objection }: ActQuestion): ActQuestion {
  return { draft, reason, turn, preview, seen, notice, objection };
}

function ask(question: ActQuestion): Acting {
  return { ...questionOf(question), kind: 'previewing', turn: question.turn + 1, objection: null };
}

function previewed(state: With<'previewing'>, reply: ApiReply<PreviewView>): Acting {
  switch (reply.kind) {
    case 'ok': {
      const preview = reply.data;
      // A change came between: what it was told of is over.
      if (preview.version < state.seen) return ask(state);
      const now = { ...state, preview, seen: preview.version };
      if (preview.refused !== null) {
        return { ...now, kind: 'refused', objection: { field: null, detail: preview.refused, isOfDeed: false } };
      }
      const from = state.preview?.version ?? preview.version;
      if (preview.version === from) return { ...now, preview, kind: 'asking' };
      return { ...now, preview, kind: 'moved', notice: state.notice ?? movedFrom(null, from, preview.version) };
    }
    case 'refused':
      // Whoever signs in again sees the question anew.
      if (reply.status === 401) return { ...state, notice: { kind: 'signed-out' } };
      return { ...state, kind: 'refused', objection: objectionOf(reply, 'preview') };
    case 'unreachable':
      return { ...state, kind: 'refused', objection: { field: null, detail: reply.detail, isOfDeed: false } };
  }
}

function seeing(state: Acting, version: number): Acting {
  if (!isOpen(state) || version <= state.seen) return state;
  const seen = { ...state, seen: version };
  switch (seen.kind) {
    case 'previewing':
      return isOfMove(seen.notice) ? { ...seen, notice: movedFrom(seen.notice, state.seen, version) } : seen;
    case 'sending':
      return seen;
    case 'unknown':
      return { ...seen, turn: seen.turn + 1 };
    case 'asking':
    case 'moved':
    case 'refused':
      return ask({ ...seen, notice: movedFrom(seen.notice, state.seen, version) });
  }
}

function isOfMove(notice: Notice | null): boolean {
  return notice !== null && notice.kind !== 'signed-out';
}

/** What was said of an earlier change stays said, and is read again with the later one. */
function movedFrom(notice: Notice | null, from: number, to: number): Notice {
  if (notice === null || notice.kind === 'signed-out') return { kind: 'moved', from, to, by: null };
  return { ...notice, to, by: null };
}

function confirmed(state: With<'asking', Previewed>): Acting {
  if (state.reason.trim() === '') {
    return { ...state, objection: { field: 'reason', detail: 'Say why: it is kept in the audit.', isOfDeed: false } };
  }
  return { ...state, kind: 'sending', turn: state.turn + 1, notice: null, objection: null };
}

function answered(state: With<'sending', Previewed>, reply: ApiReply<RolloutView>, at: number): Acting {
  const outcome = actOutcome(reply);
  switch (outcome.kind) {
    case 'done':
      return { kind: 'done', turn: state.turn, draft: state.draft, at, after: outcome.after };
    case 'unknown':
      return { ...state, kind: 'unknown', detail: outcome.detail, found: null };
    case 'signed-out':
      return ask({ ...state, notice: { kind: 'signed-out' } });
    case 'too-late': {
      const from = state.preview.version;
      const to = Math.max(state.seen, from + 1);
      return ask({ ...state, seen: to, notice: { kind: 'not-done', from, to, by: null } });
    }
    case 'refused':
      return { ...state, kind: 'refused', objection: objectionOf(outcome.reply, 'deed') };
  }
}
