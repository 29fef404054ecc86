import { rolloutStory } from '../../drawings/strips/rollout-story.ts';
import type { MarkedAct } from '../../drawings/strips/strip-marks.ts';
import type { StripsStory } from '../../drawings/strips/strips-story.ts';
import type { ReportView } from '../../views.ts';

/** The strips of a report; null where it has no trail. Nothing of it depends on when it is read. */
export function reportStory({ trail, rollout, verdict, happened, upTo }: ReportView): StripsStory | null {
  if (trail === null) return null;
  const acts = happened.flatMap(actOf);
  return rolloutStory({ rollout, trail, acts, upTo: Date.parse(upTo), silence: null, verdict });
}

/** A report tells who paused and resumed; of what Serin did, it does not tell whether that paused the rollout. */
function actOf({ at, event, by, says }: ReportView['happened'][number]): readonly MarkedAct[] {
  if (event === null || by === null) return [];
  const paused = event === 'paused' ? true : event === 'resumed' ? false : null;
  return [{ at: Date.parse(at), event, by, reason: says, paused }];
}
