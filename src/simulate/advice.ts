import { categoryName } from '../parity/categories/category-state.ts';
import { CONTENT_SHARES } from '../parity/content/content-shares.ts';
import { formatShare, formatSpan, formatWeight } from '../parity/figures.ts';
import { readsEnd } from '../parity/latency/until.ts';
import { declaredValues } from '../parity/values/value-terms.ts';
import { levelOf } from '../policy/names.ts';
import type { Policy } from '../policy/schema.ts';
import { formatDuration } from '../policy/units.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { STARTING_MASS } from '../stats/latency/quantile.ts';
import type { EvidenceForecast } from './forecast-evidence.ts';
import { planStep, type RegressionPlan, type StepPlan } from './plan-step.ts';
import type { ExpectedTraffic } from './traffic.ts';

/** What to change, and why, in one sentence. */
export interface Advice {
  /** The policy's n-th step, from one; null when it concerns all of them. */
  readonly step: number | null;
  readonly change: 'weight' | 'margin' | 'dwell' | 'traffic' | 'dryRun' | 'probes' | 'values';
  readonly says: string;
}

const DWELL_UNITS_MS: readonly number[] = [60_000, 3_600_000, 86_400_000];
const WEIGHTS_BPS: readonly number[] = [100, 200, 500, 1_000, 2_000, 2_500, 3_000, 4_000, 5_000];

const REPORTS_ONLY: Advice = {
  step: null,
  change: 'dryRun',
  says: 'spec.dryRun is set: nothing is rolled back for, and a person ends every step and the bake',
};

/** Empty when every step ends with its dwell, every regression is caught in it, and nothing is left out. */
export function adviseOn(policy: Policy, traffic: ExpectedTraffic, steps: readonly StepPlan[]): readonly Advice[] {
  if (policy.spec.dryRun) return [REPORTS_ONLY];
  const of = (kind: RegressionPlan['outcome']['kind']) =>
    steps[0]?.regressions.filter(({ outcome }) => outcome.kind === kind) ?? [];
  return [
    ...steps.flatMap((step) => [...onEvidence(policy, traffic, step), ...onOutlasting(policy, traffic, step)]),
    ...of('inside-margin').map((regression) => onMargin(traffic, regression)),
    ...of('too-small').map((regression) => onTooSmall(regression)),
    ...onValues(policy),
    ...onShares(policy),
    ...onContent(policy),
  ];
}

/** What a plan leaves out, because nothing here says how it scatters. */
function onValues({ spec: { checks } }: Policy): readonly Advice[] {
  const left = declaredValues(checks).filter(({ terms }) => !terms.dryRun);
  const names = left.map(({ check }) => check).join(', ');
  const unknown = `${names}: how they scatter is not known here, so no time is forecast for them; a step also waits for their parity`;
  const timed =
    'some latencies are timed to the end of the answer (until: end): the plan holds if p50 and p99 are given to the end as well';
  return [
    ...(left.length === 0 ? [] : [{ step: null, change: 'values', says: unknown } as const]),
    ...(readsEnd(checks) ? [{ step: null, change: 'values', says: timed } as const] : []),
  ];
}

/** Nor does anything here say how often the stable's answers have errors inside, or each word. */
function onShares(policy: Policy): readonly Advice[] {
  const categories = Object.entries(policy.spec.checks.categories).filter(([, { dryRun }]) => !dryRun);
  const left = [
    ...CONTENT_SHARES.filter((share) => share.isAsked(policy) && !share.isDryRun(policy)).map(({ name }) => name),
    ...categories.map(([name]) => categoryName(name)),
  ];
  const unknown = `${left.join(', ')}: how often they come is not known here, so no time is forecast for them; a step also waits for their parity`;
  return left.length === 0 ? [] : [{ step: null, change: 'values', says: unknown }];
}

/** Nor how the versions' answers and logs differ, for which nothing is shown and a canary may be held or taken back. */
function onContent({ spec: { checks } }: Policy): readonly Advice[] {
  const left = (['responseShape', 'answers', 'logs'] as const).filter((name) => checks[name] !== undefined);
  if (left.length === 0) return [];
  const says =
    `${left.join(', ')}: what the canary answers and logs is not known here, so nothing is forecast for them; what differs holds the canary ` +
    'or takes it back as the policy says, from the internal phase on';
  return [{ step: null, change: 'values', says }];
}

/** `errors 5x`, `latency +25 %`, `latency 2x`. */
export function nameRegression({ of, factor }: Pick<RegressionPlan, 'of' | 'factor'>): string {
  return factor < 2 ? `${of} +${formatShare(factor - 1)}` : `${of} ${factor}x`;
}

function onEvidence(policy: Policy, traffic: ExpectedTraffic, planned: StepPlan): readonly Advice[] {
  const { step, evidenceMs, dwellMs, slowest } = planned;
  if (evidenceMs === null) return planned.evidence.flatMap((one) => onNever(policy, planned, one));
  if (evidenceMs <= Math.max(dwellMs, policy.spec.judge.minStep)) return [];
  if (slowest === 'probes') {
    const says =
      `step ${step} takes about ${formatSpan(evidenceMs)} to show the parity of probes, whatever its weight: a shorter checks.probes.every ` +
      'than ' +
      `${formatDuration(policy.spec.checks.probes?.every ?? 0)}, or a wider parity margin of them, makes it shorter`;
    return [{ step, change: 'probes', says }];
  }
  const takes = `step ${step} takes about ${formatSpan(evidenceMs)} to show the parity of ${slowest}`;
  const better = firstWeight(
    policy,
    traffic,
    planned,
    (other) => other.evidenceMs ?? Number.POSITIVE_INFINITY,
    dwellMs,
  );
  if (better === null) {
    return [{ step, change: 'margin', says: `${takes}: only a wider parity margin of ${slowest} makes it shorter` }];
  }
  const says = `${takes}: at a weight of ${formatWeight(better.weightBps)} it takes ${formatSpan(better.ms)}`;
  return [{ step, change: 'weight', says }];
}

function onNever(policy: Policy, { step, weightBps }: StepPlan, one: EvidenceForecast): readonly Advice[] {
  if (one.kind === 'shown') return [];
  const { check } = one;
  if (one.because === 'margin' || check === 'errors' || check === 'clientErrors') {
    const says = `step ${step} never ends: the parity margin of ${check} is too narrow to show anything, widen it`;
    return [{ step, change: 'margin', says }];
  }
  const answers = STARTING_MASS / (1 - levelOf(check));
  const perSecond = (answers * Math.LN2 * 1_000) / policy.spec.judge.reference / (1 - weightBps / WHOLE_BPS);
  const says =
    `step ${step} never ends: ${check} takes at least ${perSecond.toPrecision(2)} requests/s to know the stable's; ` +
    'skip the check, or compare where there is more traffic';
  return [{ step, change: 'traffic', says }];
}

function onOutlasting(policy: Policy, traffic: ExpectedTraffic, planned: StepPlan): readonly Advice[] {
  return planned.regressions.flatMap((regression, index): readonly Advice[] => {
    const { outcome } = regression;
    if (outcome.kind !== 'outlasts-step') return [];
    const msAt = (other: StepPlan) => {
      const there = other.regressions[index]?.outcome;
      return there === undefined || !('ms' in there) ? Number.POSITIVE_INFINITY : there.ms;
    };
    const better = firstWeight(policy, traffic, planned, msAt, planned.dwellMs);
    const { step, dwellMs } = planned;
    const passes = `${nameRegression(regression)} passes step ${step} before it is caught`;
    const dwell = dwellBeyond(outcome.ms, dwellMs);
    if (better === null) return [{ step, change: 'dwell', says: `${passes}: a dwell of ${dwell} would catch it` }];
    const there =
      better.ms <= dwellMs
        ? `its dwell of ${formatDuration(dwellMs)} would catch it at a weight of ${formatWeight(better.weightBps)}`
        : `${dwellBeyond(better.ms, dwellMs)} at a weight of ${formatWeight(better.weightBps)} would, too`;
    return [{ step, change: 'weight', says: `${passes}: a dwell of ${dwell} would catch it; ${there}` }];
  });
}

/** The time in whole minutes, hours or days, upwards: never the dwell that is there already. */
function dwellBeyond(ms: number, dwellMs: number): string {
  const unit = DWELL_UNITS_MS.findLast((one) => ms >= 2 * one) ?? DWELL_UNITS_MS[0] ?? 1;
  const rounded = Math.ceil(ms / unit) * unit;
  return formatDuration(rounded > dwellMs ? rounded : dwellMs + unit);
}

function onMargin(traffic: ExpectedTraffic, regression: RegressionPlan): Advice {
  const name = nameRegression(regression);
  const says =
    regression.of === 'errors'
      ? `${name} is never rolled back: the margin of checks.errors.rollback would have to allow less than ` +
        `${formatShare(traffic.errorRate * regression.factor)} where the stable has ${formatShare(traffic.errorRate)}`
      : `${name} is never rolled back: a margin under checks.latency, such as p50.rollback, would have to be less than ` +
        formatShare(regression.factor - 1);
  return { step: null, change: 'margin', says };
}

function onTooSmall(regression: RegressionPlan): Advice {
  const says =
    `most canaries with ${nameRegression(regression)} are never found: it is more than the margin, ` +
    'and less than any effect that the tests bet on';
  return { step: null, change: 'margin', says };
}

// The smallest larger weight within the time wanted, or else the quickest; null when none is quicker.
function firstWeight(
  policy: Policy,
  traffic: ExpectedTraffic,
  planned: StepPlan,
  msAt: (step: StepPlan) => number,
  wantedMs: number,
): { readonly weightBps: number; readonly ms: number } | null {
  const larger = WEIGHTS_BPS.filter((weight) => weight > planned.weightBps).map((weightBps) => {
    const other = planStep(policy, traffic, planned.step - 1, { weight: weightBps, dwell: planned.dwellMs });
    return { weightBps, ms: msAt(other) };
  });
  const quickest = larger.toSorted((left, right) => left.ms - right.ms)[0];
  const found = larger.find(({ ms }) => ms <= wantedMs) ?? quickest;
  return found === undefined || found.ms >= msAt(planned) ? null : found;
}
