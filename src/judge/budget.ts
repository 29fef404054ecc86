import type { CheckName, SlowerCheck } from '../parity/finding.ts';
import { guardNames, logGuardHarm } from '../parity/guards.ts';
import { type LatencyState, QUANTILES } from '../parity/latency.ts';
import type { Policy } from '../policy/schema.ts';
import { logDominanceHarm } from '../stats/dominance.ts';
import { logRateHarm } from '../stats/error-rate.ts';
import { logSum } from '../stats/log-sum.ts';
import { logQuantileHarm } from '../stats/quantile.ts';
import { logBoundaryHarm } from '../stats/slower.ts';
import { logUnansweredHarm } from '../stats/unanswered.ts';
import type { JudgeState } from './state.ts';

/** One check's part in the combined evidence: its share of the budget and its log e-value against "no harm". */
export interface Stake {
  readonly check: CheckName;
  readonly weight: number;
  readonly logHarm: number;
}

/** Every check that can roll back, skipped ones left out. The guards share their part of the budget equally. */
export function stakesOf(policy: Policy, state: JudgeState, skipped: readonly CheckName[]): readonly Stake[] {
  const guards = guardNames(policy.spec.guards);
  const stakes: readonly Stake[] = [
    { check: 'errors', weight: budgetOf(policy, 'errors'), logHarm: logRateHarm(state.errors) },
    { check: 'unanswered', weight: budgetOf(policy, 'unanswered'), logHarm: logUnansweredHarm(state.unanswered) },
    ...latencyStakes(policy, state.latency),
    ...guards.map((name) => ({
      check: `guard:${name}` as const,
      weight: budgetOf(policy, `guard:${name}`),
      logHarm: logGuardHarm(state.guards, name),
    })),
  ];
  return stakes.filter(({ check }) => !skipped.includes(check));
}

/**
 * The latency checks' part of the budget belongs to the form of latencies that the first block has, when each of them
 * is still at 1. Every boundary has its share from then on, and counts as 1 as long as it takes no part: no choice of
 * boundaries can spend more than there is.
 */
function latencyStakes(policy: Policy, latency: LatencyState): readonly Stake[] {
  if (latency.form?.kind === 'boundaries') {
    const weight = boundaryBudget(policy, latency.slower.length);
    return latency.slower.map((state) => ({ check: `slower:${state.ms}`, weight, logHarm: logBoundaryHarm(state) }));
  }
  return [
    { check: 'dominance', weight: budgetOf(policy, 'dominance'), logHarm: logDominanceHarm(latency.dominance) },
    ...QUANTILES.map((name) => ({
      check: name,
      weight: budgetOf(policy, name),
      logHarm: logQuantileHarm(latency[name]),
    })),
  ];
}

/** The share of each of so many boundaries: what dominance and the quantiles have together, in equal parts. */
export function boundaryBudget(policy: Policy, boundaries: number): number {
  const latency = (['dominance', ...QUANTILES] as const).reduce((sum, check) => sum + budgetOf(policy, check), 0);
  return latency / Math.max(1, boundaries);
}

/** The checks whose share does not depend on what the measurements are. */
export type BudgetedCheck = Exclude<CheckName, SlowerCheck>;

/** The part of the errors' share that goes to requests which nobody answers. */
const UNANSWERED_PART = 1 / 8;

/**
 * A check's share of the false-rollback budget; 0 for one that never rolls back. A policy without guards has their
 * share go to the other checks in proportion. All of it is fixed before the first block.
 */
export function budgetOf(policy: Policy, check: BudgetedCheck): number {
  const { weights } = policy.spec.judge;
  const guards = guardNames(policy.spec.guards).length;
  const whole = guards === 0 && weights.guards < 1 ? 1 / (1 - weights.guards) : 1;
  switch (check) {
    case 'clientErrors':
      return 0;
    case 'errors':
      return weights.errors * whole * (1 - UNANSWERED_PART);
    case 'unanswered':
      return weights.errors * whole * UNANSWERED_PART;
    case 'dominance':
    case 'p50':
    case 'p95':
    case 'p99':
      return weights[check] * whole;
    case 'guard:errors':
    case 'guard:p50':
    case 'guard:p95':
    case 'guard:p99':
      return weights.guards / Math.max(1, guards);
  }
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

/** ln(weight * E) of one stake: at or above the threshold it carries the verdict alone. */
export function partOf({ weight, logHarm }: Stake): number {
  return weight > 0 ? Math.log(weight) + logHarm : Number.NEGATIVE_INFINITY;
}
