import { formatPoints, formatShare } from '../parity/figures.ts';
import { type Finding, hasShownParity } from '../parity/finding.ts';
import { isQueryName, logQueryHold, queryOf, queryStateOf } from '../parity/queries/query.ts';
import type { Policy } from '../policy/schema.ts';
import type { JudgeState } from './state.ts';

/** The first check whose evidence holds the canary, though it never rolls back; null when none does. */
export function holdingFinding(policy: Policy, state: JudgeState, findings: readonly Finding[]): Finding | null {
  const hold = Math.log(policy.spec.judge.hold);
  return findings.find((finding) => !finding.dryRun && logHoldOf(policy, state, finding) >= hold) ?? null;
}

function logHoldOf({ spec: { checks } }: Policy, { queries }: JudgeState, { check, logHarm }: Finding): number {
  if (check === 'clientErrors') return logHarm;
  const query = isQueryName(check) ? queryOf(checks, check) : null;
  if (query === null || !isQueryName(check)) return 0;
  return logQueryHold(query, queryStateOf(queries, check)) ?? 0;
}

/** Why it holds. The evidence is the whole rollout's: it fades more slowly than a new step shows parity. */
export function whyHeld({ spec: { checks } }: Policy, finding: Finding): string {
  const { check, says } = finding;
  if (isQueryName(check)) return `${says}: worse too often in this rollout to go on`;
  if (!hasShownParity(finding)) return says;
  const { relative, absolute } = checks.clientErrors.hold;
  return (
    `4xx answers were more than ${formatShare(relative)} + ${formatPoints(absolute)} above the stable ` +
    'earlier in this rollout, which still holds it'
  );
}
