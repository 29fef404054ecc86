import type { Finding } from '../parity/finding.ts';
import type { Policy } from '../policy/schema.ts';
import { unheardQuery } from './queries.ts';
import type { JudgeState } from './state.ts';
import type { CheckName } from './verdict.ts';

/** What cannot be seen, and the check that it is about, if it is about one. */
export interface Blindness {
  readonly reason: string;
  readonly worst: CheckName | null;
}

/**
 * Why the canary cannot be judged now; null when it can. A canary that is silent while the stable reports is not seen
 * either, and stays so until enough of its reports have come in.
 *
 * @param unusable what is wrong with what the source gave at this look
 */
export function blindnessOf(
  policy: Policy,
  state: JudgeState,
  unusable: string | null,
  findings: readonly Finding[],
): Blindness | null {
  const silence = findings.find(({ check }) => check === 'silence');
  if (silence !== undefined && silence.logHarm >= Math.log(policy.spec.judge.hold)) {
    return { reason: `canary is silent: ${silence.says.slice('silence: '.length)}`, worst: 'silence' };
  }
  if (unusable !== null) return { reason: unusable, worst: null };
  const required = findings.flatMap(({ check, dryRun }) => (dryRun ? [] : [check]));
  const unheard = unheardQuery(policy, state, required);
  return unheard && { reason: unheard.reason, worst: unheard.check };
}
