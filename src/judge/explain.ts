import { differencesInWords } from '../parity/differences/in-words.ts';
import { termsOf } from '../parity/each-check.ts';
import { formatCount, formatFigure, formatLatency, formatShare, formatSpan, formatValue } from '../parity/figures.ts';
import type { CheckName, Finding } from '../parity/finding.ts';
import type { Hurt } from '../parity/gross.ts';
import { nameFound } from '../parity/slices/slice-name.ts';
import { partOf, type Stake } from '../parity/stake.ts';
import { counted } from '../policy/counted.ts';
import type { Policy } from '../policy/schema.ts';
import { logSum } from '../stats/evidence/log-sum.ts';
import { type Window, windowMs } from '../stats/evidence/window.ts';
import { gridOf } from '../stats/latency/latency-form.ts';
import type { FaultAlarm } from './fault/fault-detector.ts';
import { pastRate } from './fault/shared-fault.ts';
import { slowEdge } from './fault/shared-slowness.ts';
import type { JudgeState } from './state.ts';

/** The figures that a verdict of harm rests on. */
export interface HarmFigures {
  /** The finding with the largest part of the evidence; null when no check stakes anything. */
  readonly finding: Finding | null;
  /** The blocks that its figures cover. */
  readonly since: Window;
  /** The parts of the evidence, when no check carries the verdict alone. */
  readonly combined: readonly Stake[] | null;
}

/**
 * `canary errors 4.8 % against 0.2 % (margin 10 % + 0.01 pp), 1,204 against 10,911 requests in 40 s; odds of a false
 * alarm < 1 in 1,000`
 */
export function explainHarm(policy: Policy, figures: HarmFigures): string {
  return `${compare(policy, figures)}; odds of a false alarm < 1 in ${formatCount(1 / policy.spec.judge.alpha)}`;
}

export function explainSuspicion(policy: Policy, figures: HarmFigures): string {
  return `${compare(policy, figures)}: too little evidence to roll back, too much to go on`;
}

/** `canary p50 82 ms against 41 ms (margin 4 %), 300 against 2,700 requests in 20 s, while it warms up` */
export function explainCold(policy: Policy, figures: HarmFigures): string {
  return `${compare(policy, figures)}, while it warms up`;
}

/** The same, where it cost more than the policy allows. */
export function explainImpatience(policy: Policy, figures: HarmFigures, { failed, slow }: Hurt): string {
  const { harm } = policy.spec;
  const cost =
    failed >= harm.failed
      ? `${formatCount(failed)} more requests failed than would have on the stable, and ${formatCount(harm.failed)} are allowed`
      : `${formatCount(slow)} more answers were slow than would have been on the stable, and ${formatCount(harm.slow)} are allowed`;
  return `${compare(policy, figures)}, while it warms up: ${cost}`;
}

/**
 * `the route as a whole fails, 12 % of 3,400 requests where 0.2 % used to: nobody is blamed, nothing is promoted meanwhile`,
 * or `is slow, 71 % of 3,400 answers above 114 ms where 5 % used to be`
 */
export function explainSharedFault({
  fault,
  slowness,
  checks,
}: Pick<JudgeState, 'fault' | 'slowness' | 'checks'>): string {
  const edge = slowEdge(slowness, gridOf(checks.latency.form));
  const parts = [
    ...(fault.alarm === null
      ? []
      : [`fails, ${shareIn(fault.alarm, 'requests')} where ${formatShare(pastRate(fault.past))} used to`]),
    ...(slowness.alarm === null || edge === null
      ? []
      : [
          `is slow, ${shareIn(slowness.alarm, 'answers')} above ${formatLatency(edge.ms)} ` +
            `where ${formatShare(edge.share)} used to be`,
        ]),
  ];
  return `the route as a whole ${parts.join(' and ')}: nobody is blamed, nothing is promoted meanwhile`;
}

function shareIn({ events, requests }: FaultAlarm, of: 'requests' | 'answers'): string {
  return `${formatShare(requests === 0 ? 0 : events / requests)} of ${formatCount(requests)} ${of}`;
}

export function explainParity(policy: Policy, findings: readonly Finding[], canaryRequests: number): string {
  const margins = findings.flatMap(({ check, parityMargin, dryRun }) =>
    parityMargin === null || dryRun ? [] : [`${nameCheck(policy, check)} within ${parityMargin}`],
  );
  const pairs = findings.flatMap(({ pairs = 0, dryRun }) =>
    pairs === 0 || dryRun ? [] : `${counted(pairs, 'pair')} of probes`,
  );
  // A route that nobody uses shows parity by its probes alone.
  const requests = canaryRequests === 0 && pairs.length > 0 ? [] : [`${formatCount(canaryRequests)} canary requests`];
  return `${margins.join(', ')} of the stable, shown by ${[...requests, ...pairs].join(' and ')} in this step`;
}

function nameCheck(policy: Policy, check: CheckName): string {
  return termsOf(policy, check)?.label ?? check;
}

function compare(policy: Policy, { finding, since, combined }: HarmFigures): string {
  if (finding === null) return 'the combined evidence speaks against the canary';
  const { canary, stable, requests } = finding;
  const time = `in ${formatSpan(windowMs(since))}`;
  const together = combined === null ? '' : `canary worse in ${shares(policy, combined)} of the evidence together: `;
  if (termsOf(policy, finding.check)?.against === 'limit') {
    return `${together}canary breaks the ${finding.says}, ${formatCount(requests.canary)} requests ${time}`;
  }
  if (finding.blame !== undefined) return `${together}canary ${finding.blame}`;
  const differs = differencesInWords(finding.differences ?? []);
  if (differs !== null) return `${together}canary ${differs}`;
  if (finding.keys !== undefined) return `${together}canary ${finding.says}`;
  if (finding.intervals !== undefined)
    return `${together}canary ${compareValues(policy, finding, finding.intervals.counted)}`;
  const show = (value: number | null) => (value === null ? 'unknown' : formatFigure(value, finding));
  return (
    `${together}${finding.inWords ?? `canary ${nameFigures(policy, finding)} ${show(canary)} against ${show(stable)}`} ` +
    `(margin ${finding.rollbackMargin}), ` +
    `${formatCount(requests.canary)} against ${formatCount(requests.stable)} ` +
    (finding.slice === undefined ? `${countedIn(finding)} ${time}` : 'recent requests') +
    sayPatience(finding, since)
  );
}

function countedIn({ counted }: Finding): string {
  return counted === undefined ? 'requests' : `${counted},`;
}

function nameFigures(policy: Policy, { slice, quantile, named, check, subject }: Finding): string {
  if (slice !== undefined) return nameFound(slice);
  if (subject === undefined) return named ?? quantile ?? nameCheck(policy, check);
  return quantile === null ? subject : `${subject} ${quantile}`;
}

// `query cpu 0.44 against 0.41 (margin 5 %), 12 intervals`, `query cpu 0.97 (limit 0.9), 12 intervals`
function compareValues(policy: Policy, { check, canary, stable, rollbackMargin }: Finding, intervals: number): string {
  const against = stable === null ? '' : ` against ${formatValue(stable)}`;
  const margin = rollbackMargin.startsWith('limit') ? rollbackMargin : `margin ${rollbackMargin}`;
  const value = canary === null ? 'unknown' : formatValue(canary);
  return `${nameCheck(policy, check)} ${value}${against} (${margin}), ${formatCount(intervals)} intervals`;
}

// `errors 62 %, p99 30 %`: the parts of at least 5 %.
function shares(policy: Policy, stakes: readonly Stake[]): string {
  const whole = logSum(
    stakes.map(({ logHarm }) => logHarm),
    stakes.map(({ weight }) => weight),
  );
  return stakes
    .map((stake) => ({ check: stake.check, share: Math.exp(partOf(stake) - whole) }))
    .filter(({ share }) => share >= 0.05)
    .toSorted((left, right) => right.share - left.share)
    .map(({ check, share }) => `${nameCheck(policy, check)} ${formatShare(Number(share.toFixed(2)))}`)
    .join(', ');
}

/**
 * The stake to name as the cause: the largest, or that of unanswered requests, where the latencies are mostly the patience of
 * clients that left, the threshold is reached without them, and the policy reacts to both alike.
 */
export function carrierOf(
  policy: Policy,
  stakes: readonly Stake[],
  largest: Stake | null,
  since: Window,
  logThreshold: number,
): Stake | null {
  if (largest === null || !isPatience(largest, since)) return largest;
  const unanswered = stakes.find(({ check }) => check === 'unanswered');
  if (unanswered === undefined || partOf(unanswered) < logThreshold) return largest;
  const isAlike = termsOf(policy, largest.check)?.onHarm === termsOf(policy, 'unanswered')?.onHarm;
  return isAlike ? unanswered : largest;
}

/** `; 38 of its 40 requests had no answer, and 0 of 52 of the stable`, where a latency is mostly the patience of clients. */
function sayPatience(finding: Finding | null, { canary, stable }: Window): string {
  if (finding === null || !isPatience(finding, { canary })) return '';
  const of = counted(canary.requests + canary.unanswered, 'request');
  const all = formatCount(stable.requests + stable.unanswered);
  return (
    `; ${formatCount(canary.unanswered)} of its ${of} had no answer, ` +
    `and ${formatCount(stable.unanswered)} of ${all} of the stable: these times are how long clients waited`
  );
}

function isPatience({ check }: Pick<Stake, 'check'>, { canary }: Pick<Window, 'canary'>): boolean {
  const isLatency = check === 'dominance' || /^p\d/.test(check);
  return isLatency && canary.unanswered > 0 && 2 * canary.unanswered >= canary.latency.total;
}
