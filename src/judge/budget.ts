import type { CheckName, QueryName, SlowerCheck } from '../parity/finding.ts';
import { guardNames, logGuardHarm } from '../parity/guards.ts';
import { type LatencyState, QUANTILES } from '../parity/latency/latency.ts';
import { isQueryName, logQueryHarm, queryOf, queryStateOf } from '../parity/queries/query.ts';
import { partOf, type Stake } from '../parity/stake.ts';
import type { Policy } from '../policy/schema.ts';
import { logSum } from '../stats/evidence/log-sum.ts';
import { logDominanceHarm } from '../stats/latency/dominance.ts';
import { logQuantileHarm } from '../stats/latency/quantile.ts';
import { logBoundaryHarm } from '../stats/latency/slower.ts';
import { logRateHarm } from '../stats/rates/error-rate.ts';
import { logUnansweredHarm } from '../stats/rates/unanswered.ts';
import { isDryRun } from './dry-run.ts';
import { queryNames } from './queries.ts';
import type { JudgeState } from './state.ts';

/**
 * Every check that can roll back, without those that are skipped or report only. The guards share their part of the
 * budget equally.
 */
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
    ...queryStakes(policy, state),
  ];
  return stakes.filter(({ check }) => !skipped.includes(check) && !isDryRun(policy, check));
}

function queryStakes(policy: Policy, state: JudgeState): readonly Stake[] {
  return queryNames(policy).flatMap((name) => {
    const check = queryOf(policy.spec.checks, name);
    const weight = budgetOf(policy, name);
    return check === null || weight === 0
      ? []
      : [{ check: name, weight, logHarm: logQueryHarm(check, queryStateOf(state.queries, name)) }];
  });
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

/**
 * The share of each of so many boundaries: what dominance and the quantiles have together, in equal parts. Where the
 * boundaries report only it stays unstaked: before the first block nobody knows that latencies have this form.
 */
export function boundaryBudget(policy: Policy, boundaries: number): number {
  if (policy.spec.checks.latency.classic.dryRun) return 0;
  const latency = (['dominance', ...QUANTILES] as const).reduce((sum, check) => sum + budgetOf(policy, check), 0);
  return latency / Math.max(1, boundaries);
}

/** The checks whose share does not depend on what the measurements are. */
export type BudgetedCheck = Exclude<CheckName, SlowerCheck>;

/** The part of the errors' share that goes to requests which nobody answers. */
const UNANSWERED_PART = 1 / 8;

/**
 * A check's share of the false-rollback budget; 0 for one that never rolls back. A query check has what it declares,
 * and the others what is left; the share of guards that a policy does not have, and of checks that report only, goes
 * to the others in proportion. All of it is fixed before the first block.
 */
export function budgetOf(policy: Policy, check: BudgetedCheck): number {
  if (isDryRun(policy, check)) return 0;
  if (isQueryName(check)) return declaredShare(policy, check);
  const { weights } = policy.spec.judge;
  switch (check) {
    case 'clientErrors':
    case 'silence':
      return 0;
    case 'errors':
      return weights.errors * wholeOf(policy) * (1 - UNANSWERED_PART);
    case 'unanswered':
      return weights.errors * wholeOf(policy) * UNANSWERED_PART;
    case 'dominance':
    case 'p50':
    case 'p95':
    case 'p99':
      return weights[check] * wholeOf(policy);
    case 'guard:errors':
    case 'guard:p50':
    case 'guard:p95':
    case 'guard:p99':
      return (weights.guards * wholeOf(policy)) / Math.max(1, stakingGuards(policy));
  }
}

function declaredShare(policy: Policy, name: QueryName): number {
  const query = queryOf(policy.spec.checks, name);
  return query === null || query.action === 'hold' || query.dryRun ? 0 : query.weight;
}

// By what a declared weight grows for shares that nobody takes, and shrinks for what the queries take.
function wholeOf(policy: Policy): number {
  const { weights } = policy.spec.judge;
  const untaken = (['errors', 'dominance', ...QUANTILES] as const)
    .filter((check) => isDryRun(policy, check))
    .reduce((sum, check) => sum + weights[check], stakingGuards(policy) === 0 ? weights.guards : 0);
  const queries = queryNames(policy).reduce((sum, name) => sum + declaredShare(policy, name), 0);
  return untaken < 1 ? (1 - queries) / (1 - untaken) : 1 - queries;
}

function stakingGuards(policy: Policy): number {
  return guardNames(policy.spec.guards).filter((name) => !isDryRun(policy, `guard:${name}`)).length;
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
