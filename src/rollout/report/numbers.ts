import { formatCount, formatSpan, formatWeight } from '../../parity/figures.ts';
import { lanesInWords, type SoFar, soFarOf } from '../so-far/so-far.ts';
import { type Rollout, stageName } from '../state.ts';
import { endEntry, type ReportParts, toldUpTo } from './report-parts.ts';

/** The four figures that people ask for. Null where it is not known, or there is none. */
export interface Numbers {
  readonly harmed: {
    readonly estimate: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly says: string;
  } | null;
  /** Where evidence of harm ended it: since when there was any, by the clock of the gateway, epoch ms. */
  readonly firstSign: { readonly at: number; readonly ms: number; readonly says: string } | null;
  readonly requests: {
    readonly canary: number;
    readonly lanes: NonNullable<SoFar['cost']>['lanes'];
    readonly stable: number | null;
    readonly says: string;
  } | null;
  readonly duration: {
    readonly ms: number;
    /** The last stage before the end, or the present one; null where it was not recorded. */
    readonly lastStage: { readonly name: string; readonly label: string; readonly ms: number } | null;
    readonly says: string;
  };
}

export function numbersOf(parts: ReportParts): Numbers {
  const soFar = soFarOf(parts.record);
  return {
    harmed: harmedOf(parts, soFar),
    firstSign: firstSignOf(parts, soFar),
    requests: requestsOf(parts, soFar),
    duration: durationOf(parts),
  };
}

function harmedOf({ record: { rollout } }: ReportParts, { cost }: SoFar): Numbers['harmed'] {
  if (cost === null || cost.excessErrors === null) return null;
  const { estimate, low, high } = cost.excessErrors;
  const whose = `than the rate of ${rollout.stable.version} would have given`;
  const more =
    estimate < 0
      ? `about ${figure(-estimate)} fewer requests failed ${whose}`
      : `about ${figure(estimate)} more requests failed ${whose}`;
  const range = low === null || high === null ? 'no interval: keys are sticky' : `${figure(low)} to ${figure(high)}`;
  return { estimate, low, high, says: `${more} (${range})` };
}

function firstSignOf(parts: ReportParts, { leadingSince }: SoFar): Numbers['firstSign'] {
  const end = endEntry(parts);
  if (end?.event.kind !== 'canaryJudgedHarmful' || leadingSince === null || leadingSince > end.at) return null;
  const ms = end.at - leadingSince;
  return { at: leadingSince, ms, says: `${formatSpan(ms)} from the first sign to the decision` };
}

function requestsOf({ record: { rollout, evidence } }: ReportParts, { cost }: SoFar): Numbers['requests'] {
  if (cost === null) return null;
  const known = (evidence.past ?? []).flatMap(({ stableRequests }) =>
    stableRequests === null ? [] : [stableRequests],
  );
  const { canaryRequests: canary, lanes } = cost;
  const stable = known.length === 0 ? null : known.reduce((sum, of) => sum + of, 0);
  const beside =
    stable === null ? '' : `, beside ${formatCount(stable)} that the weight gave ${rollout.stable.version}`;
  // Forced requests are mostly those of tests.
  const whose = lanes === null ? ', forced ones included' : lanesInWords(lanes);
  const of = lanes !== null && lanes.forced === 0 ? 'requests of clients' : 'requests';
  return { canary, lanes, stable, says: `${formatCount(canary)} ${of} on ${rollout.canary.version}${whose}${beside}` };
}

function durationOf({ record }: ReportParts): Numbers['duration'] {
  const { rollout, evidence } = record;
  const upTo = toldUpTo(record);
  const ms = Math.max(0, upTo - rollout.startedAt);
  const last = evidence.past?.at(-1);
  const until = rollout.endedAt === null ? 'the last look' : 'the end';
  const whole = `${formatSpan(ms)} from the start to ${until}`;
  if (last === undefined) return { ms, lastStage: null, says: whole };
  const lastMs = Math.max(0, (last.leftAt ?? upTo) - last.enteredAt);
  const weight = weightOfStage(last.stage, rollout);
  const says = `${whole}, ${formatSpan(lastMs)} of it ${weight === null ? `in ${last.stage === 'internal' ? 'the internal phase' : last.stage}` : `at ${weight}`}`;
  return { ms, lastStage: { name: last.stage, label: weight ?? last.stage, ms: lastMs }, says };
}

/** `10 %`: what the policy declares for a step; null where that is no weight. */
function weightOfStage(name: string, { policy }: Rollout): string | null {
  const step = policy.spec.steps.find((_, index) => stageName({ kind: 'step', index }) === name);
  return step !== undefined && 'weight' in step ? formatWeight(step.weight) : null;
}

function figure(errors: number): string {
  return `${errors < 0 ? '-' : ''}${formatCount(Math.abs(errors))}`;
}
