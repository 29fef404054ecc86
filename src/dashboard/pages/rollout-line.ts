import type { GlyphName } from '../glyph-name.ts';
import type { RolloutView } from '../views.ts';
import { endSign } from '../words/end-sign.ts';
import { lasting } from '../words/figures.ts';
import { reasonOrQuote } from '../words/quoted.ts';
import { ladderPlace, stageNow } from '../words/stage-words.ts';

/** A rollout in a list, in words. */
export interface RolloutLine {
  readonly sign: GlyphName;
  /** How it ended; `running`. */
  readonly label: string;
  readonly stages: number;
  readonly at: number;
  readonly how: 'here' | 'harm' | 'ended' | 'through';
  /** How far it is, or got. */
  readonly got: string;
  readonly reason: string;
  /** How long it took; null while it runs. */
  readonly took: string | null;
}

export function rolloutLine(view: RolloutView): RolloutLine {
  const { active, stage, startedAt, endedAt } = view;
  const { stages, at, label } = ladderPlace(view);
  const place = { stages, at, reason: reasonOrQuote(view, view.verdict) };
  if (active || endedAt === null) {
    return { ...place, sign: 'step', label: 'running', how: 'here', got: stageNow(view), took: null };
  }
  const { sign, label: ended, how } = endSign(stage);
  const took = lasting(Date.parse(endedAt) - Date.parse(startedAt));
  return { ...place, sign, label: ended, how, got: how === 'through' ? 'the whole way' : label, took };
}
