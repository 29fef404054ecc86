import { type CheckName, type Finding, isSlowerCheck } from '../parity/finding.ts';
import { isQueryName, queryOf } from '../parity/queries/query.ts';
import type { Policy } from '../policy/schema.ts';

/** Whether the policy has a check report only. Requests that nobody answers are reported with the errors they are. */
export function isDryRun(policy: Policy, check: CheckName): boolean {
  const { checks, guards } = policy.spec;
  if (isQueryName(check)) return queryOf(checks, check)?.dryRun ?? false;
  if (isSlowerCheck(check)) return checks.latency.classic.dryRun;
  switch (check) {
    case 'errors':
    case 'unanswered':
      return checks.errors.dryRun;
    case 'clientErrors':
      return checks.clientErrors.dryRun;
    case 'p50':
    case 'p95':
    case 'p99':
      return checks.latency[check].dryRun;
    case 'dominance':
      return checks.latency.dominance?.dryRun ?? false;
    case 'guard:errors':
      return guards.dryRun.includes('errors');
    case 'guard:p50':
      return guards.dryRun.includes('p50');
    case 'guard:p95':
      return guards.dryRun.includes('p95');
    case 'guard:p99':
      return guards.dryRun.includes('p99');
    case 'silence':
      return false;
  }
}

/** The finding as it is where its check reports only: the evidence stays, its sentence says that nothing follows. */
export function asReported(finding: Finding): Finding {
  return { ...finding, dryRun: true, says: `${finding.says} (report only)` };
}
