import { formatWeight } from '../../parity/figures.ts';
import type { Policy } from '../../policy/schema.ts';
import { weightOf } from '../plan.ts';
import type { Rollout, Stage } from '../state.ts';

/** A stage in a sentence. Where one has to be typed, it is `stageName`. */
export function stageInWords(stage: Stage, { spec }: Policy): string {
  switch (stage.kind) {
    case 'step': {
      const step = spec.steps[stage.index];
      return step !== undefined && 'weight' in step
        ? `the ${formatWeight(step.weight)} step`
        : 'the step of listed consumers';
    }
    case 'internal':
      return 'the internal phase';
    case 'bake':
      return 'the bake';
    default:
      return stage.kind;
  }
}

/** Where a rollout stands: `the 20 % step`, and `the 20 % step at 12 %` where its weight was changed. */
export function placeInWords({ stage, policy, canaryBps }: Rollout): string {
  const isChanged = stage.kind === 'step' && weightOf(stage, policy) !== canaryBps;
  return `${stageInWords(stage, policy)}${isChanged ? ` at ${formatWeight(canaryBps)}` : ''}`;
}
