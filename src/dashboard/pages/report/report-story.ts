import { endOf } from '../../drawings/strips/live-story.ts';
import { type MarkedAct, pausedTimes, personMarks, stageMarks } from '../../drawings/strips/strip-marks.ts';
import { evidenceLines, type StripsStory } from '../../drawings/strips/strips-story.ts';
import type { ReportView } from '../../views.ts';

/** The strips of a report; null where it has no trail. Nothing of it depends on when it is read. */
export function reportStory({ trail, rollout, verdict, happened, upTo }: ReportView): StripsStory | null {
  if (trail === null) return null;
  const endedAt = rollout.endedAt === null ? null : Date.parse(rollout.endedAt);
  const from = Date.parse(rollout.startedAt);
  const acts = happened.flatMap(actOf);
  return {
    trail,
    from,
    to: Math.max(from + 1_000, Date.parse(upTo)),
    end: endedAt === null ? null : { at: endedAt, bps: rollout.canaryBps, ...endOf(rollout.stage) },
    silence: null,
    marks: [...stageMarks(rollout.stages), ...personMarks(acts, endedAt)],
    paused: pausedTimes(acts),
    lines: evidenceLines(verdict),
    split: rollout.router === 'none' ? 'advised' : 'moved',
  };
}

/** A report tells who paused and resumed; of what Serin did, it does not tell whether that paused the rollout. */
function actOf({ at, event, by, says }: ReportView['happened'][number]): readonly MarkedAct[] {
  if (event === null || by === null) return [];
  const paused = event === 'paused' ? true : event === 'resumed' ? false : null;
  return [{ at: Date.parse(at), event, by, reason: says, paused }];
}
