import type { Standing } from '../api/control.ts';
import type { Memory } from '../controller/memory.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { isEnded } from '../rollout/state.ts';

/** What this process knows of a rollout beside its record: how old the last look is, and what waits to be recorded. */
export function standingOf(
  { looks, unrecorded, brakes, time }: Memory,
  { rollout, evidence }: RolloutRecord,
): Standing {
  if (isEnded(rollout)) return { look: null, unrecorded: null };
  const { id, route } = rollout;
  const look = looks.standing(id) ?? {
    agoMs: Math.max(0, time.estimate() - evidence.lookedAt),
    failures: 0,
    trouble: null,
  };
  const done = unrecorded.get(id);
  if (done) {
    const { event, by, reason, at } = done;
    return { look, unrecorded: { event: event.kind, by: by.name, reason, at } };
  }
  const braked = brakes.get(route);
  if (braked === undefined) return { look, unrecorded: null };
  return { look, unrecorded: { event: 'canaryBraked', by: 'serin', reason: braked, at: null } };
}
