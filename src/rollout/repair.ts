import { recall } from '../judge/recall.ts';
import type { OverrideEvent } from './event.ts';
import type { RolloutRecord } from './record.ts';

/**
 * Why the canary cannot be promoted as the repair of the stable: nothing shows that the stable is broken. Null when it is known to
 * fail more than half of its requests (docs/statistics.md section 3.11).
 */
export function whyNoRepair({ rollout, evidence }: RolloutRecord): string | null {
  const { log } = recall(rollout.policy, evidence.judge).checks.baseline;
  if (log >= Math.log(rollout.policy.spec.judge.hold)) return null;
  return (
    `the stable ${rollout.stable.version} is not seen to fail more than half of its requests, so there is nothing to repair: ` +
    'promote goes to 100% with the bake, promote --full without'
  );
}

/** The same for any override: null for all that repair nothing. */
export function whyNotAsRepair(record: RolloutRecord, event: OverrideEvent): string | null {
  return event.kind === 'promoted' && event.repair ? whyNoRepair(record) : null;
}
