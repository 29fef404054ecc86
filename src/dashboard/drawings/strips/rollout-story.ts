import type { RolloutView, TrailView } from '../../views.ts';
import { endSign } from '../../words/end-sign.ts';
import { type MarkedAct, pausedTimes, personMarks, stageMarks } from './strip-marks.ts';
import { evidenceLines, type StripsStory } from './strips-story.ts';

/** What the page of a rollout and its report draw alike. */
export interface DrawnRollout {
  readonly rollout: Pick<RolloutView, 'startedAt' | 'endedAt' | 'stage' | 'stages' | 'canaryBps' | 'router'> & {
    readonly inForceBps?: number | null;
  };
  readonly trail: TrailView;
  /** The oldest first. */
  readonly acts: readonly MarkedAct[];
  /** Up to when it is drawn, epoch ms. */
  readonly upTo: number;
  readonly silence: StripsStory['silence'];
  readonly verdict: Parameters<typeof evidenceLines>[0];
}

/** The strips of a rollout. */
export function rolloutStory({ rollout, trail, acts, upTo, silence, verdict }: DrawnRollout): StripsStory {
  const { startedAt, endedAt: ended, stage, stages, canaryBps, inForceBps = null, router } = rollout;
  const from = Date.parse(startedAt);
  const endedAt = ended === null ? null : Date.parse(ended);
  return {
    trail,
    from,
    to: Math.max(from + 1_000, upTo),
    end: endedAt === null ? null : { at: endedAt, bps: canaryBps, ...endOf(stage) },
    silence,
    marks: [...stageMarks(stages), ...personMarks(acts, endedAt)],
    paused: pausedTimes(acts),
    lines: evidenceLines(verdict),
    inForceBps,
    split: router === 'none' ? 'advised' : 'moved',
  };
}

function endOf(stage: string): { readonly label: string; readonly tone: 'harm' | 'ok' | 'soft' } {
  const { label, how } = endSign(stage);
  return { label, tone: how === 'harm' ? 'harm' : how === 'through' ? 'ok' : 'soft' };
}
