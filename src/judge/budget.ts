import { claimsOf, claimsOnRequests, fromEach, isDryRun, isSkipped } from '../parity/each-check.ts';
import type { CheckName } from '../parity/finding.ts';
import { type Claim, type PolicyWeight, partOf, type ShareOf, type Stake } from '../parity/stake.ts';
import type { Policy } from '../policy/schema.ts';
import { logSum } from '../stats/evidence/log-sum.ts';
import type { JudgeState } from './state.ts';

const WEIGHTS: readonly PolicyWeight[] = [
  'guards',
  'errors',
  'dominance',
  'p50',
  'p95',
  'p99',
  'clientErrors',
  'kinds',
  'slices',
  'cold',
];

/**
 * A check's share of the false-rollback budget; 0 for one that never rolls back. Declared shares come first, and the
 * policy's weights divide the rest. A weight that no check claims (guards missing from the policy, checks that only
 * report) goes to the others in proportion. All of it is fixed before the first block.
 */
export function budgetOf(policy: Policy, check: CheckName): number {
  return sharesOf(policy)(check);
}

/** A look asks for them a dozen times, and they follow from the policy alone. */
const KNOWN = new WeakMap<Policy, ShareOf>();

/** The shares of all checks, computed once for a policy. */
export function sharesOf(policy: Policy): ShareOf {
  const known = KNOWN.get(policy) ?? dividedBy(policy);
  KNOWN.set(policy, known);
  return known;
}

const DECIDING = new WeakMap<Policy, Policy>();

/** The policy as it would decide without `spec.dryRun`: what it only reports is gathered as if it counted. */
export function decidingPolicy(policy: Policy): Policy {
  if (!policy.spec.dryRun) return policy;
  const deciding = DECIDING.get(policy) ?? { ...policy, spec: { ...policy.spec, dryRun: false } };
  DECIDING.set(policy, deciding);
  return deciding;
}

function dividedBy(policy: Policy): ShareOf {
  const counted = (claims: readonly Claim[]) => claims.filter(({ check }) => !isDryRun(policy, check));
  const claims = counted(claimsOf(policy));
  const whole = wholeOf(policy, claims);
  const onRequests = counted(claimsOnRequests(policy)).reduce(
    (sum, claim) => sum + shareOf(policy, claim, { whole, onRequests: 0 }),
    0,
  );
  const shares = new Map(claims.map((claim) => [claim.check, shareOf(policy, claim, { whole, onRequests })]));
  return (check) => shares.get(check) ?? 0;
}

/**
 * Every check that can roll back: those that are skipped or only report are excluded, and those that compare requests where
 * keys are compared, or the other way round.
 */
export function stakesOf(policy: Policy, state: JudgeState, skipped: readonly CheckName[]): readonly Stake[] {
  const shares = sharesOf(policy);
  const idle = state.assignment === 'by-key' ? 'requests' : 'keys';
  return fromEach(state.checks, (check, known) =>
    check.compares === idle ? [] : (check.stakes?.(policy, known, shares) ?? []),
  ).filter(({ check }) => !isSkipped(policy, check, skipped) && !isDryRun(policy, check));
}

function shareOf(
  policy: Policy,
  claim: Claim,
  { whole, onRequests }: { readonly whole: number; readonly onRequests: number },
): number {
  if ('share' in claim) return claim.share;
  const [times, over] = claim.part;
  if ('insteadOf' in claim) return (onRequests * times) / over;
  return (policy.spec.judge.weights[claim.of] * whole * times) / over;
}

// The factor by which a weight grows for unclaimed weights, and shrinks for declared shares.
function wholeOf({ spec }: Policy, claims: readonly Claim[]): number {
  const { weights } = spec.judge;
  const unclaimed = WEIGHTS.filter((weight) => !claims.some((claim) => 'of' in claim && claim.of === weight));
  const untaken = unclaimed.reduce((sum, weight) => sum + weights[weight], 0);
  const declared = claims.reduce((sum, claim) => sum + ('share' in claim ? claim.share : 0), 0);
  return untaken < 1 ? (1 - declared) / (1 - untaken) : 1 - declared;
}

/** ln(sum of weight * E). Budget that no check stakes stays at its first value, 1. */
export function combinedLog(stakes: readonly Stake[]): number {
  const unstaked = Math.max(
    0,
    stakes.reduce((left, { weight }) => left - weight, 1),
  );
  return logSum([...stakes.map(({ logHarm }) => logHarm), 0], [...stakes.map(({ weight }) => weight), unstaked]);
}

/** The stake with the largest part of the evidence; null without stakes. */
export function largestStake(stakes: readonly Stake[]): Stake | null {
  return stakes.toSorted((left, right) => partOf(right) - partOf(left))[0] ?? null;
}
