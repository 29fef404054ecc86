import { formatShare, formatSpan } from '../parity/figures.ts';
import { type Finding, hasShownParity } from '../parity/finding.ts';
import { rateMargins } from '../parity/rate.ts';
import type { Policy } from '../policy/schema.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { boundaryAt, clipRate } from '../stats/evidence/e-value.ts';
import { canaryShare, msForCanaryRequests, type Pace } from '../stats/evidence/pace.ts';
import { expectedRate } from '../stats/rates/error-rate.ts';
import { blocksUntilHarm, FORECAST_RANGE, rateHarmGain } from '../stats/rates/forecast.ts';
import { budgetOf } from './budget.ts';
import type { LookInput } from './input.ts';
import type { JudgeState } from './state.ts';
import { temperingOf } from './tempering.ts';
import { thresholdsOf } from './thresholds.ts';
import type { Forecast, StandingHold } from './verdict.ts';
import { warmUpLeftMs } from './warm-up/cold.ts';

/** A doubling of errors that would take longer is not told: nobody waits for it, and it is no promise of anything. */
const TOLD_WITHIN_MS = 86_400_000;

/**
 * How long the step still takes if the versions are equal, and how soon a difference would be detected. What holds the canary
 * says that they are not equal, or that nothing can be compared: no parity is expected meanwhile.
 *
 * @param hold what the verdict rests on, if that is evidence
 */
export function forecastOf(
  policy: Policy,
  state: JudgeState,
  input: LookInput,
  findings: readonly Finding[],
  hold: StandingHold | undefined,
): Forecast | null {
  // Nothing is compared with a stable that is broken.
  if (hold?.cause === 'no-baseline') return null;
  const share = input.step.kind === 'weight' ? canaryShare(state.pace) : null;
  if (share === null) return null;
  const delayMs = state.warmUp.phase === 'judged' ? 0 : warmUpLeftMs(policy, state);
  const parity = hold === undefined ? untilParity(state.pace, findings, delayMs) : null;
  const doublingMs = state.assignment === 'by-key' ? null : untilDoublingIsKnown(policy, state, input, share);
  if (parity === null && doublingMs === null) return null;
  return { parity, doublingMs, says: sayForecast(parity, doublingMs) };
}

// The check that needs the most requests decides, and at another weight it may be a different check.
function untilParity(pace: Pace, findings: readonly Finding[], delayMs: number): Forecast['parity'] {
  const open = findings.filter((finding) => !hasShownParity(finding));
  const needs = open.flatMap(({ needsCanaryRequests }) => needsCanaryRequests ?? []);
  if (open.length === 0 || needs.length < open.length) return null;
  const ms = msForCanaryRequests(pace, Math.max(...needs));
  if (ms === null) return null;
  const weights = open[0]?.needsAt.map(({ weightBps }) => weightBps) ?? [];
  const at = weights.flatMap((weightBps) => {
    const there = open.flatMap(({ needsAt }) => needsAt.filter((one) => one.weightBps === weightBps));
    if (there.length < open.length) return [];
    const requests = Math.max(...there.map(({ canaryRequests }) => canaryRequests));
    return [{ weightBps, ms: (requests * pace.ms * WHOLE_BPS) / (weightBps * (pace.canary + pace.stable)) }];
  });
  return { lowMs: FORECAST_RANGE.low * ms + delayMs, highMs: FORECAST_RANGE.high * ms + delayMs, at };
}

function untilDoublingIsKnown(policy: Policy, state: JudgeState, input: LookInput, share: number): number | null {
  const { judge, checks } = policy.spec;
  const budgetWeight = budgetOf(policy, 'errors');
  const boundary = rateMargins(checks, 'errors').rollback;
  if (boundary === null || budgetWeight <= 0 || input.skippedChecks.includes('errors')) return null;
  const rate = expectedRate(state.checks.errors);
  const doubled = clipRate(2 * rate);
  if (doubled <= boundaryAt(boundary, rate)) return null;
  const { harm, cap } = thresholdsOf(policy, input.step);
  const bet = { logThreshold: harm, budgetWeight, cap, minBlocks: judge.minBlocks };
  const gain = rateHarmGain(rate, doubled, boundary, share) / temperingOf(policy, state).rate;
  const ms = judge.block * blocksUntilHarm(bet, gain, (judge.block * state.pace.canary) / state.pace.ms);
  return ms <= TOLD_WITHIN_MS ? ms : null;
}

/** `parity in 1 min to 8 min, at 25 %: about 90 s; a doubling of errors would be known in 40 s` */
function sayForecast(parity: Forecast['parity'], doublingMs: number | null): string {
  const doubling = doublingMs === null ? [] : [`a doubling of errors would be known in ${formatSpan(doublingMs)}`];
  if (parity === null) return doubling.join('');
  const elsewhere = parity.at.map(
    ({ weightBps, ms }) => `, at ${formatShare(weightBps / WHOLE_BPS)}: about ${formatSpan(ms)}`,
  );
  const range = `parity in ${formatSpan(parity.lowMs)} to ${formatSpan(parity.highMs)}`;
  return [`${range}${elsewhere.slice(0, 2).join('')}`, ...doubling].join('; ');
}
