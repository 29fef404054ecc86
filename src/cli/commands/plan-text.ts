import { formatAbout, formatCount, formatLatency, formatShare, formatWeight } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import { formatDuration } from '../../policy/units.ts';
import { nameRegression } from '../../simulate/advice.ts';
import type { Plan } from '../../simulate/plan.ts';
import type { RegressionPlan, StepPlan } from '../../simulate/plan-step.ts';
import type { StickyPlan } from '../../simulate/stickiness.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { FORECAST_RANGE } from '../../stats/rates/forecast.ts';
import { shortSpan } from '../panel/figures.ts';
import { table } from '../text.ts';

/** The traffic that a plan assumes, as the user stated it. */
export interface Assumed {
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  readonly clientErrorRate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly pairNoise: number;
}

export function describePlan(
  name: string,
  assumed: Assumed,
  { steps, takesMs, advice }: Plan,
  spec: Policy['spec'],
): string {
  const { dryRun, judge, checks } = spec;
  const warmUpMs = judge.warmUp;
  const { requestsPerSecond, errorRate, clientErrorRate, p50Ms, p99Ms, pairNoise } = assumed;
  const probed =
    checks.probes === undefined ? '' : `; the two times of a pair of probes differ by ${formatShare(pairNoise)}`;
  const head =
    `${name} at ${requestsPerSecond} requests/s, errors ${formatShare(errorRate)}, 4xx ${formatShare(clientErrorRate)}, ` +
    `p50 ${formatLatency(p50Ms)}, p99 ${formatLatency(p99Ms)} (log-normal)${probed}`;
  const total = dryRun
    ? 'in all: until a person ends each stage (spec.dryRun)'
    : takesMs === null
      ? 'in all: never'
      : `in all: ${shortSpan(takesMs)}, bake included`;
  const warmUp = warmUpMs === 0 ? '' : `; each step begins with ${shortSpan(warmUpMs)} of warm-up, for cold starts`;
  const duration = table(
    ['STEP', 'WEIGHT', 'CANARY', 'DWELL', 'EVIDENCE', 'SLOWEST', 'TAKES'],
    steps.map((step) => [
      String(step.step),
      formatWeight(step.weightBps),
      `${Number(((requestsPerSecond * step.weightBps) / WHOLE_BPS).toPrecision(2))}/s`,
      shortSpan(step.dwellMs),
      dryRun || !waitsFor(step) ? '-' : evidenceOf(step),
      dryRun ? '-' : waitsFor(step) ? slowestOf(step) : '-',
      dryRun ? 'by hand' : step.takesMs === null ? 'never' : shortSpan(step.takesMs),
    ]),
  );
  const caught = table(
    ['A CANARY WITH', ...steps.map(({ step, weightBps }) => `IN STEP ${step} (${formatWeight(weightBps)})`)],
    (steps[0]?.regressions ?? []).map((regression, index) => [
      nameRegression(regression),
      ...steps.map(({ regressions }) => outcomeOf(regressions[index])),
    ]),
  );
  const changes = advice.map(({ says }) => `- ${says}`);
  return [
    head,
    duration,
    `${total}${warmUp}`,
    `is rolled back after\n${caught}`,
    ...(changes.length > 0 ? [changes.join('\n')] : []),
    ...peopleOf(spec),
  ].join('\n\n');
}

/** What no forecast can know: how long people take. */
function peopleOf({ internal, steps, protect }: Policy['spec']): readonly string[] {
  const stages = [{ name: 'internal', gates: internal.gates }].concat(
    steps.map(({ gates }, index) => ({ name: `step-${index + 1}`, gates })),
  );
  const approved = stages.flatMap(({ name, gates }) =>
    gates.flatMap((gate) => {
      if (typeof gate === 'string') return [];
      const { by, notStarter } = gate.approval;
      return [
        `gate ${gate.name} of ${name} takes ${counted(by, 'approval')}${notStarter ? ', none by who started it' : ''}`,
      ];
    }),
  );
  const asked =
    protect === undefined
      ? []
      : [`${protect.verbs.join(', ')}: a second person has to do the same within ${formatDuration(protect.within)}`];
  const told = [...approved, ...asked];
  return told.length === 0 ? [] : [told.join('\n')];
}

export const HEAVY_KEYS_LAST =
  'on a sticky route, keys that had more than 2 % of the traffic each join at 100 % only: before that they are compared with nobody';

/** What a sticky key adds, which nobody can make up for by waiting. */
export function describeStickiness({ keys, spread, tells }: StickyPlan): string {
  const least = tells.map(({ weightBps, effect }) => `${formatShare(effect)} at ${formatWeight(weightBps)}`);
  return (
    `by a sticky key: of ${formatCount(keys)} keys whose latencies differ by ${formatShare(spread)}, no change can be told below ` +
    `${least.join(', ')}, however long a step lasts; by each request what is above holds`
  );
}

/** Whether anything that is planned for has to show parity. */
function waitsFor({ slowest, queriesMs }: StepPlan): boolean {
  return slowest !== null || queriesMs > 0;
}

function evidenceOf({ evidenceMs }: StepPlan): string {
  if (evidenceMs === null) return 'never';
  return `${shortSpan(evidenceMs)} (${shortSpan(FORECAST_RANGE.low * evidenceMs)} - ${shortSpan(FORECAST_RANGE.high * evidenceMs)})`;
}

function slowestOf({ slowest, evidenceMs, queriesMs }: StepPlan): string {
  if (slowest !== null && (evidenceMs === null || evidenceMs >= queriesMs)) return slowest;
  return `queries (${shortSpan(queriesMs)} at least)`;
}

function outcomeOf(planned: RegressionPlan | undefined): string {
  if (planned?.outcome.kind === 'reported') return 'never: reported only';
  if (planned?.outcome.kind === 'too-small') return 'never: too small to tell';
  if (planned === undefined || planned.outcome.kind === 'inside-margin') return 'never: inside the margin';
  const { kind, ms, canaryRequests, failures } = planned.outcome;
  const requests = canaryRequests < 100 ? formatCount(canaryRequests) : formatAbout(canaryRequests);
  const touched = `${requests} requests${failures === null ? '' : `, ${formatAbout(failures)} failed`}`;
  return kind === 'caught' ? `${shortSpan(ms)}: ${touched}` : `never: passes before ${shortSpan(ms)}`;
}
