import type { Hold } from '../parity/check.ts';
import { formatSpan } from '../parity/figures.ts';
import { claimsParity, type Finding, hasShownParity } from '../parity/finding.ts';
import type { Policy } from '../policy/schema.ts';
import { msForCanaryRequests } from '../stats/evidence/pace.ts';
import type { LookInput } from './input.ts';
import type { JudgeState } from './state.ts';
import type { CheckName, StandingHold, Verdict } from './verdict.ts';

/** What cannot be observed, and the check it concerns, if any. */
export interface Blindness {
  readonly reason: string;
  readonly worst: CheckName | null;
  readonly hold?: StandingHold;
}

/** Why there is no decision yet, and what is still needed. */
export interface Undecided {
  readonly reason: string;
  readonly worst: CheckName | null;
  readonly needs: Verdict['needs'];
  readonly hold?: StandingHold;
}

/**
 * Why the canary cannot be judged now; null when it can. A canary that is silent while the stable reports counts as
 * unobservable, and stays so until enough of its reports have arrived.
 *
 * @param unusable what is wrong with what the source returned at this look
 */
export function whyBlind(holds: readonly Hold[], unusable: string | null): Blindness | null {
  const silent = firstOf(holds, 'silent');
  if (silent === undefined && unusable !== null) return { reason: unusable, worst: null };
  const unseen = silent ?? firstOf(holds, 'missing');
  return unseen === undefined ? null : { reason: unseen.reason, worst: unseen.check, ...standing(unseen) };
}

/** Why the step is not at parity, or null when it is. */
export function whyUndecided(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  findings: readonly Finding[],
  holds: readonly Hold[],
  staleAfterMs: number,
): Undecided | null {
  const { at, step } = input;
  switch (step.kind) {
    case 'internal':
      return plain('only forced requests reach the canary: nothing is compared yet');
    case 'consumers':
      return plain('only listed consumers reach the canary: nothing is compared, a person ends this step');
    case 'bake':
      return plain('the canary serves everybody: nothing to compare, guards hold');
    case 'weight':
      break;
  }
  if (state.fedAt === null) return plain('nothing has been measured yet');
  if (step.appliedAt === null) return plain('the split of this step has not been seen applied yet');
  if (state.step.canary.requests === 0 && state.step.canary.unanswered === 0) return plain('no canary traffic yet');
  const holding = firstOf(holds, 'starved') ?? firstOf(holds, 'worse');
  if (holding !== undefined) return { reason: holding.reason, worst: holding.check, needs: null };
  if (!findings.some(claimsParity)) {
    return plain('every check that could show parity is skipped or reports only: a person ends this step');
  }
  const open = findings.filter((finding) => !hasShownParity(finding));
  if (open.length > 0) return mostWanting(state, open);
  const age = at - step.appliedAt;
  if (age < policy.spec.judge.minStep) {
    return plain(
      `every check is at parity, and the step lasts at least ${formatSpan(policy.spec.judge.minStep)}: ` +
        `${formatSpan(policy.spec.judge.minStep - age)} are left`,
    );
  }
  if (at - state.fedAt > staleAfterMs) {
    return plain(`nothing new has been measured for ${formatSpan(at - state.fedAt)}`);
  }
  return null;
}

// First the check without a forecast (no time can be estimated then), then the one that needs the most.
function mostWanting(state: JudgeState, open: readonly Finding[]): Undecided {
  const wants = ({ needsCanaryRequests }: Finding) => needsCanaryRequests ?? Number.MAX_VALUE;
  const [worst] = open.toSorted((left, right) => wants(right) - wants(left));
  if (worst === undefined) return plain('nothing has been measured yet');
  const requests = worst.needsCanaryRequests;
  return {
    reason: worst.brief ?? worst.says,
    worst: worst.check,
    needs: requests === null ? null : { canaryRequests: requests, ms: msForCanaryRequests(state.pace, requests) },
  };
}

function holding(hold: Hold): Undecided {
  return { reason: hold.reason, worst: hold.check, needs: null, ...standing(hold) };
}

/** What a verdict keeps of the reason to wait that it rests on; nothing of a mere lack of figures. */
export function standing({ kind, check, urgency }: Pick<Hold, 'kind' | 'check' | 'urgency'>): {
  readonly hold?: StandingHold;
} {
  if (kind === 'missing') return {};
  return { hold: { cause: check === null ? kind : `${kind}:${check}`, check, urgency: urgency ?? 'after-max-hold' } };
}
function firstOf(holds: readonly Hold[], kind: Hold['kind']): Hold | undefined {
  return holds.find((hold) => hold.kind === kind);
}

function plain(reason: string): Undecided {
  return { reason, worst: null, needs: null };
}
