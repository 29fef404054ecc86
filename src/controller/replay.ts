import { pinnedPolicy } from '../policy/pinned.ts';
import type { RolloutEvent } from '../rollout/event.ts';
import type { AuditDraft } from '../rollout/record.ts';
import type { Rollout } from '../rollout/state.ts';
import { begin, transition } from '../rollout/transition.ts';

/** Rebuilds a rollout from its audit entries, oldest first: replay(audit) is the stored rollout, byte for byte. */
export function replay(entries: readonly AuditDraft[]): Rollout {
  const [first, ...rest] = entries;
  const started = first?.event as RolloutEvent | undefined;
  if (!first || started?.kind !== 'rolloutStarted')
    throw new Error('the audit of a rollout begins with rolloutStarted');
  const replayed = rest.reduce<Rollout>(
    (rollout, entry) => {
      const context = { at: entry.at, actor: entry.actor, reason: entry.reason };
      const moved = transition(rollout, entry.event as RolloutEvent, context);
      if (moved.kind === 'refused') throw new Error(`the audit cannot be replayed: ${moved.reason}`);
      return moved.rollout;
    },
    begin(started, first.at, { by: first.actor, reason: first.reason }),
  );
  return { ...replayed, policy: pinnedPolicy(replayed.policy) };
}
