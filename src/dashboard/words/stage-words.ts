import type { RolloutView } from '../views.ts';
import { glued, lasting, weightText } from './figures.ts';
import { shareNow } from './share-now.ts';

/** Where a rollout stands among its stages. */
export interface LadderPlace {
  readonly stages: number;
  /** From 0; -1 before the first. */
  readonly at: number;
  /** The name of the stage, as people say it. */
  readonly label: string;
}

/** Where a running rollout stands, and where an ended one had got to. */
export function ladderPlace({ stage, stages }: Pick<RolloutView, 'stage' | 'stages'>): LadderPlace {
  const present = stages.findIndex(({ name }) => name === stage);
  const at = present >= 0 ? present : stages.findLastIndex(({ enteredAt }) => enteredAt !== null);
  return { stages: stages.length, at, label: glued(spacedPercent(stages[at]?.label ?? 'preflight')) };
}

/** `10 % · 1 h 19 m of 4 h`: the stage of a running rollout, and how much of it is over. */
export function stageNow(view: RolloutView): string {
  const { label } = ladderPlace(view);
  const share = atOtherWeight(view);
  return [share === null ? label : `${label}, at ${share}`, progress(view)].filter((part) => part !== '').join(' · ');
}

function progress({ stage, paused, forced, dwell, router }: RolloutView): string {
  if (paused) return 'paused';
  if (stage === 'internal') return `${forced.requests} of ${forced.needRequests} forced requests`;
  if (dwell.needMs > 0) return `${lasting(Math.min(dwell.haveMs, dwell.needMs))} of ${lasting(dwell.needMs)}`;
  return router === 'none' ? 'advice' : '';
}

/** The share of the canary where it is not that of its stage; null where it is, or has none. */
function atOtherWeight(view: RolloutView): string | null {
  const { stage, stages } = view;
  const share = shareNow(view);
  const declared = stages.find(({ name }) => name === stage)?.weightBps ?? null;
  return declared === null || declared === share ? null : weightText(share);
}

/** `step 1, 10 %`: where the stages of a rollout are not known, only the name of the present one. */
export function stageInShort({ stage, ...share }: Pick<RolloutView, 'stage' | 'canaryBps' | 'inForceBps'>): string {
  return glued(`${stage.replace(/^step-/, 'step ')}, ${weightText(shareNow(share))}`);
}

/** `10%` of the API as `10 %`. */
export function spacedPercent(text: string): string {
  return text.replace(/(\d)%/g, '$1 %');
}
