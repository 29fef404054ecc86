import { budgetOf } from '../../judge/budget.ts';
import { recall } from '../../judge/recall.ts';
import { claimsOf, claimsOnRequests, isDryRun, isSkipped } from '../../parity/each-check.ts';
import { formatErrorMargin, formatShare, formatWeight } from '../../parity/figures.ts';
import type { ErrorMargin } from '../../policy/checks/margins.ts';
import type { Policy } from '../../policy/schema.ts';
import { formatDuration, type LatencyMargin } from '../../policy/units.ts';
import type { AuditEntry } from '../record.ts';
import { checkInWords } from '../words/check-words.ts';
import { isOverride, type ReportParts } from './report-parts.ts';

/** What the policy promised, and what people did to it since: finished sentences. */
export function promisedBy({ record: { rollout, evidence }, audit }: ReportParts): readonly string[] {
  const { policy, skippedChecks } = rollout;
  const compares = recall(policy, evidence.judge).assignment === 'by-key' ? 'keys' : 'requests';
  return [
    ...marginsOf(policy),
    ...guardsOf(policy),
    reactionOf(policy, skippedChecks, compares),
    stepsOf(policy),
    `The false-rollback budget is ${policy.spec.judge.alpha} over the whole rollout.`,
    overridesOf(audit),
    skippedChecks.length === 0
      ? 'No check was skipped.'
      : `Skipped: ${skippedChecks.map((check) => checkInWords(check, policy)).join(', ')}.`,
  ];
}

function marginsOf({ spec: { checks } }: Policy): readonly string[] {
  const { errors, clientErrors, latency } = checks;
  const quantiles = [
    ['p50', latency.p50],
    ['p95', latency.p95],
    ['p99', latency.p99],
    ...Object.entries(latency.quantiles),
  ] as const;
  const slower = quantiles.map(
    ([name, { rollback, dryRun }]) => `${name} ${latencyText(rollback)}${reportedOnly(dryRun)}`,
  );
  return [
    `Errors are harm beyond ${formatErrorMargin(errors.rollback, '+')}${reportedOnly(errors.dryRun)}, and at parity within ${formatErrorMargin(errors.parity, 'or')}.`,
    `4xx answers hold beyond ${formatErrorMargin(clientErrors.hold, '+')}, and are harm beyond ${harmOf(clientErrors.rollback)}${reportedOnly(clientErrors.dryRun)}.`,
    `Latency is harm beyond ${slower.join(', ')}, rounded down to whole buckets.`,
  ];
}

function harmOf(margin: ErrorMargin | 'off'): string {
  return margin === 'off' ? 'no margin' : formatErrorMargin(margin, '+');
}

function latencyText({ relative, absoluteMs }: LatencyMargin): string {
  const parts = [
    ...(relative > 0 ? [formatShare(relative)] : []),
    ...(absoluteMs > 0 ? [formatDuration(absoluteMs)] : []),
  ];
  return parts.length === 0 ? '0 %' : parts.join(' or ');
}

function reportedOnly(dryRun: boolean): string {
  return dryRun ? ' (reported only)' : '';
}

function guardsOf({ spec: { guards } }: Policy): readonly string[] {
  const { errors, dryRun } = guards;
  const only = (name: 'errors' | 'p50' | 'p95' | 'p99') => reportedOnly(dryRun.includes(name));
  const limits = [
    ...(errors === undefined ? [] : [`errors ${formatShare(errors)}${only('errors')}`]),
    ...(['p50', 'p95', 'p99'] as const).flatMap((name) => {
      const limit = guards[name];
      return limit === undefined ? [] : [`${name} ${formatDuration(limit)}${only(name)}`];
    }),
  ];
  return limits.length === 0 ? [] : [`Never tolerated, whatever the stable does: more than ${limits.join(', ')}.`];
}

function reactionOf(policy: Policy, skipped: readonly string[], compares: 'requests' | 'keys'): string {
  if (policy.spec.dryRun) return 'Every check only reported: no evidence rolled back, held or advanced it.';
  const onRequests = new Set(claimsOnRequests(policy).map(({ check }) => check));
  const claims = claimsOf(policy).filter((claim) =>
    compares === 'keys' ? !onRequests.has(claim.check) : !('insteadOf' in claim),
  );
  const counting = [...new Set(claims.map(({ check }) => check))].filter(
    (check) => budgetOf(policy, check) > 0 && !isDryRun(policy, check) && !isSkipped(policy, check, skipped),
  );
  const does = policy.spec.onHarm === 'hold' ? 'holds it for a person (onHarm: hold)' : 'rolls it back';
  return `Harm ${does}; shown by any of ${counting.map((check) => checkInWords(check, policy)).join(', ')}, where it is measured.`;
}

function stepsOf({ spec }: Policy): string {
  const { steps, bake, finalise } = spec;
  const each = steps.map(
    (step) =>
      `${'weight' in step ? formatWeight(step.weight) : 'the listed consumers'} for ${formatDuration(step.dwell)}`,
  );
  const then = finalise === 'manual' ? 'a person makes it the stable' : 'it becomes the stable by itself';
  return `Steps: ${each.join(', ')}; bake ${formatDuration(bake.dwell)}; then ${then}.`;
}

/** What people did beyond starting it. */
function overridesOf(audit: readonly AuditEntry[]): string {
  const made = audit.filter(isOverride);
  if (made.length === 0) return 'No override was made.';
  const counts = new Map<string, number>();
  for (const { event } of made) counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1);
  const named = [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind} ${count} times`));
  return `Overrides by people: ${named.join(', ')}.`;
}
