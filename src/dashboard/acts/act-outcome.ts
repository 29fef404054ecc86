import type { ApiReply } from '../live/requests.ts';
import type { RolloutView } from '../views.ts';
import type { Refused } from './objection.ts';

/** What an answer says of the deed that it answers. */
export type ActOutcome =
  | { readonly kind: 'done'; readonly after: RolloutView }
  /** Nothing was done: somebody else changed the rollout first (412). */
  | { readonly kind: 'too-late' }
  /** Nothing was done: nobody is signed in any more (401). */
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'refused'; readonly reply: Refused }
  /** Nobody has heard whether it was done. */
  | { readonly kind: 'unknown'; readonly detail: string };

export function actOutcome(reply: ApiReply<RolloutView>): ActOutcome {
  switch (reply.kind) {
    case 'ok':
      return { kind: 'done', after: reply.data };
    case 'unreachable':
      return { kind: 'unknown', detail: reply.detail };
    case 'refused':
      if (reply.status >= 500) return { kind: 'unknown', detail: reply.detail };
      if (reply.status === 401) return { kind: 'signed-out' };
      return reply.status === 412 ? { kind: 'too-late' } : { kind: 'refused', reply };
  }
}
