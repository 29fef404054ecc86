import type { Hold } from '../parity/check.ts';
import { formatSpan, formatWeight } from '../parity/figures.ts';
import { claimsParity, type Finding, hasShownParity } from '../parity/finding.ts';
import { obstacleIn, type Reservation, reservationsInWords } from '../parity/internal/reservation.ts';
import { partOf } from '../parity/stake.ts';
import { counted } from '../policy/counted.ts';
import type { Policy } from '../policy/schema.ts';
import { msForCanaryRequests } from '../stats/evidence/pace.ts';
import type { Totals } from '../stats/evidence/window.ts';
import { combinedLog, decidingPolicy, largestStake, stakesOf } from './budget.ts';
import { explainHarm } from './explain.ts';
import type { LookInput } from './input.ts';
import { reservationsOf } from './reservations.ts';
import type { JudgeState } from './state.ts';
import { thresholdsOf } from './thresholds.ts';
import type { CheckName, StandingHold, Verdict } from './verdict.ts';
import { warmUpLeftMs } from './warm-up/cold.ts';

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

/** Strongest first: a split that is not as ordered makes every comparison doubtful. */
const HOLDING: readonly Hold['kind'][] = ['overfull', 'starved', 'no-baseline', 'worse'];

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
  // Where nothing is compared, a limit of the canary's own may still hold.
  const worse = firstOf(holds, 'worse');
  switch (step.kind) {
    case 'internal':
      return inInternal(reservationsOf(policy, state, input));
    case 'consumers':
      if (worse !== undefined) return holding(worse);
      return plain('only listed consumers reach the canary: nothing is compared, a person ends this step');
    case 'bake':
      if (policy.spec.dryRun)
        return plain(
          `${wouldHave(policy, state, input, findings)}spec.dryRun is set, so guards report only: a person ends the bake`,
        );
      if (worse !== undefined) return holding(worse);
      return plain('the canary serves everybody: nothing to compare, guards hold');
    case 'weight':
      break;
  }
  if (state.fedAt === null) return plain('nothing has been measured yet');
  if (step.appliedAt === null) return plain('the split of this step has not been seen applied yet');
  const strongest = HOLDING.map((kind) => firstOf(holds, kind)).find((hold) => hold !== undefined);
  if (strongest !== undefined) return holding(strongest);
  if (state.step.canary.requests === 0 && !isProbedAlone(findings)) {
    return plain(withProbes(withoutAnswers(state.step.canary), findings));
  }
  if (policy.spec.dryRun)
    return plain(
      `${wouldHave(policy, state, input, findings)}spec.dryRun is set, so every check reports only: a person ends this step`,
    );
  const warming = whyWarmingUp(policy, state);
  if (warming !== null) return plain(warming);
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

/** What the internal phase waits for, as far as the judge is concerned. */
function inInternal(reservations: readonly Reservation[]): Undecided {
  if (reservations.length === 0) return plain('only forced requests reach the canary: nothing is compared yet');
  const obstacle = obstacleIn(reservations);
  const hold = obstacle?.kind === 'holds' ? standing({ kind: 'worse', check: obstacle.check }) : {};
  return { reason: reservationsInWords(reservations), worst: obstacle?.check ?? null, needs: null, ...hold };
}

/** What a policy that only reports would do now, if it is to roll back; else nothing. */
function wouldHave(policy: Policy, state: JudgeState, input: LookInput, findings: readonly Finding[]): string {
  const { harm } = thresholdsOf(policy, input.step);
  const stakes = stakesOf(decidingPolicy(policy), state, input.skippedChecks);
  if (state.canaryBlocks < policy.spec.judge.minBlocks || combinedLog(stakes) < harm) return '';
  const largest = largestStake(stakes);
  const figures = {
    finding: findings.find(({ check }) => check === largest?.check) ?? null,
    since: state.step,
    combined: largest !== null && partOf(largest) >= harm ? null : stakes,
  };
  return `would have rolled back: ${explainHarm(policy, figures)}; `;
}

function whyWarmingUp(policy: Policy, state: JudgeState): string | null {
  const { course, phase, bps } = state.warmUp;
  const leftMs = warmUpLeftMs(policy, state);
  if (phase === 'judged' || leftMs === 0) return null;
  const left = `${formatSpan(leftMs)} ${leftMs < 1_500 ? 'is' : 'are'} left`;
  return course === 'returned'
    ? `the canary went back to ${formatWeight(bps)} and warms up there: ${left}`
    : `the canary warms up since its weight grew: ${left}, in which only gross failures roll back`;
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

/** Whether nothing that a promotion waits for takes requests of clients, and pairs of probes have come in. */
function isProbedAlone(findings: readonly Finding[]): boolean {
  const waited = findings.filter(claimsParity);
  return waited.length > 0 && waited.every(({ pairs = 0 }) => pairs > 0);
}

function withProbes(reason: string, findings: readonly Finding[]): string {
  const probes = findings.find(({ pairs }) => pairs !== undefined);
  return probes === undefined ? reason : `${reason}; ${probes.says}`;
}

// A request that is still open when its block closes is counted among the latencies, at its age.
function withoutAnswers({ unanswered, latency }: Totals): string {
  const sent = Math.max(unanswered, latency.total);
  if (sent === 0) return 'no canary traffic yet';
  return (
    `the canary has answered none of ${counted(sent, 'request')} in this step: ` +
    'still open, overdue, or left by their clients'
  );
}

function firstOf(holds: readonly Hold[], kind: Hold['kind']): Hold | undefined {
  return holds.find((hold) => hold.kind === kind);
}

function plain(reason: string): Undecided {
  return { reason, worst: null, needs: null };
}
