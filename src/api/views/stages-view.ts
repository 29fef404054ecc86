import { z } from '@hono/zod-openapi';
import { formatBps } from '../../policy/units.ts';
import { declaredDwellMs, neededDwellMs, weightOf } from '../../rollout/plan.ts';
import type { Past } from '../../rollout/so-far/past.ts';
import { type Rollout, type Stage, stageName } from '../../rollout/state.ts';

const unknown = 'Null: not reached, or not known';
const instant = z.iso.datetime().nullable().describe(unknown);
const requests = z
  .int()
  .nullable()
  .describe(
    `Answers up to the last look, at every weight that the stage has had; in the internal phase the canary's are forced, in a step for consumers theirs. ${unknown}`,
  );

export const stageViewSchema = z.strictObject({
  name: z.string(),
  label: z.string(),
  weightBps: z.int().nullable().describe('The declared weight in basis points; null where the stage has none'),
  needMs: z.number().describe('The dwell that it takes at least; of the present stage with what `extend` added'),
  enteredAt: instant,
  leftAt: instant,
  canaryRequests: requests,
  stableRequests: requests,
});

export type StageView = z.infer<typeof stageViewSchema>;

/** The way from internal to promoted, with what is known of the stages so far. */
export function stagesView(rollout: Rollout, past: Past): StageView[] {
  const { policy } = rollout;
  const { steps } = policy.spec;
  const stages: readonly Stage[] = [
    { kind: 'internal' },
    ...steps.map((_, index) => ({ kind: 'step', index }) as const),
    { kind: 'bake' },
    { kind: 'promoted' },
  ];
  return stages.map((stage) => {
    const name = stageName(stage);
    const weightBps = weightFor(stage, rollout);
    const known = past.find((one) => one.stage === name);
    return {
      name,
      label: stage.kind === 'step' ? (weightBps === null ? 'consumers' : formatBps(weightBps)) : name,
      weightBps,
      needMs: name === stageName(rollout.stage) ? neededDwellMs(rollout) : declaredDwellMs(stage, policy),
      enteredAt: instantOf(known?.enteredAt ?? null),
      leftAt: instantOf(known?.leftAt ?? null),
      canaryRequests: known?.canaryRequests ?? null,
      stableRequests: known?.stableRequests ?? null,
    };
  });
}

function weightFor(stage: Stage, { policy }: Rollout): number | null {
  const step = stage.kind === 'step' ? policy.spec.steps[stage.index] : undefined;
  if (stage.kind === 'internal' || (step && 'consumers' in step)) return null;
  return weightOf(stage, policy);
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
