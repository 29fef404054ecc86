import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { type Advice, adviseOn } from './advice.ts';
import { planStep, type StepPlan } from './plan-step.ts';
import type { ExpectedTraffic } from './traffic.ts';

export interface Plan {
  readonly steps: readonly StepPlan[];
  /** Internal dwell, steps and bake; null when a step never ends, or a person ends it. Consumer steps end by hand and are not counted. */
  readonly takesMs: number | null;
  /** What to change when the answer is never, or long after the dwell. */
  readonly advice: readonly Advice[];
}

/** Computed in closed form: nothing is simulated (docs/statistics.md section 3.8). */
export function planRollout(policy: Policy, traffic: ExpectedTraffic): Plan {
  const { internal, steps, bake } = policy.spec;
  const planned = steps.flatMap((declared, index) =>
    'weight' in declared && declared.weight < WHOLE_BPS ? [planStep(policy, traffic, index, declared)] : [],
  );
  return {
    steps: planned,
    takesMs: planned.reduce<number | null>(
      (sum, { takesMs }) => (sum === null || takesMs === null ? null : sum + takesMs),
      internal.dwell + bake.dwell,
    ),
    advice: adviseOn(policy, traffic, planned),
  };
}
