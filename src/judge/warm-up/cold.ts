import type { Finding } from '../../parity/finding.ts';
import { COLD, isOverBudget, logGrossHarm } from '../../parity/gross.ts';
import { partOf, type Stake } from '../../parity/stake.ts';
import type { Policy } from '../../policy/schema.ts';
import { combinedLog, sharesOf, stakesOf } from '../budget.ts';
import type { LookInput } from '../input.ts';
import type { JudgeState } from '../state.ts';
import { shareOfEntry } from './warm-up.ts';

/** The evidence of the present warm-up alone. Its share of the budget is its own: it takes no part in the combined evidence. */
export interface ColdEvidence {
  /** ln of what the warm-up has of the budget times its e-value: at ln(1/alpha) it would roll back. */
  readonly log: number;
  /** The checks that bet in it, the largest first, with their part of that share. */
  readonly parts: readonly Stake[];
}

export function coldEvidence(policy: Policy, state: JudgeState, skipped: LookInput['skippedChecks']): ColdEvidence {
  const { entries } = state.warmUp;
  const share = skipped.includes(COLD) ? 0 : shareOfEntry(policy, sharesOf(policy)(COLD), entries);
  const stakes = stakesOf(policy, state, skipped).filter(({ cold }) => cold !== undefined);
  const whole = stakes.reduce((sum, { weight }) => sum + weight, 0);
  const parts = stakes.map(({ check, weight, cold }): Stake => {
    const found = cold?.() ?? null;
    return {
      check,
      weight: whole === 0 ? 0 : (share * weight) / whole,
      logHarm: found?.entry === entries ? found.log : 0,
    };
  });
  const log = share === 0 || whole === 0 ? 0 : Math.max(0, combinedLog(parts));
  return { log, parts: parts.toSorted((left, right) => partOf(right) - partOf(left)) };
}

/**
 * The row of the warm-up, which decides by evidence and a share of its own: the figures are those of the check with the largest
 * part of it.
 *
 * @param logEvidence ln of the share times the e-value
 */
export function coldFinding(policy: Policy, state: JudgeState, largest: Finding, logEvidence: number): Finding {
  const share = shareOfEntry(policy, sharesOf(policy)(COLD), state.warmUp.entries);
  return {
    ...largest,
    check: COLD,
    budgetWeight: share,
    logHarm: share > 0 ? logEvidence - Math.log(share) : 0,
    logParity: null,
    logParityThreshold: null,
    parityMargin: null,
    ...(largest.limits ? { limits: { ...largest.limits, parity: null } } : {}),
    needsCanaryRequests: null,
    needsAt: [],
    says: `the warm-up by itself, most of it by ${largest.check}: ${largest.says}`,
  };
}

/** The state with the finding of the warm-up: once certain, it stays so for this warm-up. */
export function withCertainty(policy: Policy, state: JudgeState, input: LookInput, logThreshold: number): JudgeState {
  if (state.warmUp.isCertain || state.warmUp.phase !== 'warm-up') return state;
  const isCertain = coldEvidence(policy, state, input.skippedChecks).log >= logThreshold;
  return isCertain ? { ...state, warmUp: { ...state.warmUp, isCertain } } : state;
}

/** Worse for certain while it warms up, in this warm-up. */
export function isColdCertain({ warmUp }: JudgeState): boolean {
  return warmUp.isCertain && warmUp.phase === 'warm-up';
}

/** The same, and more users were hurt than the policy allows. */
export function isOutOfPatience(policy: Policy, state: JudgeState): boolean {
  return isColdCertain(state) && isOverBudget(policy, state.checks.gross);
}

/** Nothing that a warm-up would not explain: then a canary that is worse for certain goes back instead of being blamed. */
export function isExcusable(policy: Policy, state: JudgeState): boolean {
  return logGrossHarm(state.checks.gross) < Math.log(policy.spec.judge.hold);
}

/** How much is left of it, or of the time for which a canary that went back warms up; 0 outside of both. */
export function warmUpLeftMs({ spec }: Policy, { warmUp, measuredUntil }: JudgeState): number {
  const { since } = warmUp;
  if (since === null || measuredUntil === null) return spec.judge.warmUp;
  return Math.max(0, since + spec.judge.warmUp - measuredUntil);
}
