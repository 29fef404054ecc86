import type { Policy } from '../../policy/schema.ts';
import { ANSWER_KINDS, countOfKind } from '../../stats/answer-kind.ts';
import { UNIT_LOOKS_MS } from '../../stats/units/unit-looks.ts';
import { UNIT_METRICS, type UnitMetric } from '../../stats/units/unit-metric.ts';
import type { LookContext } from '../context.ts';
import { formatCount, formatShare, formatSpan, formatValue, formatWeight } from '../figures.ts';
import type { Finding } from '../finding.ts';
import { kindInWords } from '../kinds/kind-words.ts';
import type { KeyLook, MetricLook } from './key-look.ts';
import { keyCheckName, keyLimits, labelOf, marginsInWords, parityMargins } from './key-terms.ts';
import type { KeysState } from './keys.ts';
import { type KeysStep, NO_EVIDENCE } from './keys-step.ts';
import { type KeysWait, waitInWords, waitOf } from './keys-wait.ts';

/** The canary looks worse from here on: 20 to 1. */
const LOOKS_WORSE = 3;
/** Beyond a change of 10 times there is nothing to say. */
const TOO_LARGE = 10;
/** From here on what can be told is little. */
const LITTLE = 0.5;
const CHANGES: Readonly<Record<Exclude<UnitMetric, 'shift'>, string>> = {
  errors: 'errors',
  clientErrors: '4xx and unusual answers',
  p50: 'the answers beyond p50',
  p95: 'the answers beyond p95',
  p99: 'the answers beyond p99',
};
/** A rise of a kind of answers below this says nothing. */
const WORTH_NAMING = 0.05;
/** A first look that is this late does not come. */
const LATE_MS = 120_000;
/** Counts that are this much younger than their step were begun anew. */
const TOLERATED_MS = 30_000;

/** One finding for each metric; none while requests are compared. */
export function keyFindings(policy: Policy, state: KeysState, context: LookContext): readonly Finding[] {
  if (state.step === null) return [];
  return UNIT_METRICS.map((metric) => keyFinding(policy, state, metric, context));
}

function keyFinding(policy: Policy, state: KeysState, metric: UnitMetric, context: LookContext): Finding {
  const look = state.last;
  const said = look?.metrics[metric] ?? null;
  const claims = parityMargins(policy, metric).length > 0;
  const margins = marginsInWords(policy, metric, state.step?.phase);
  const isScore = metric === 'shift';
  const check = keyCheckName(metric);
  const wait = waitOf(policy, state, said, context);
  const one = said === null ? null : fewKeys(said, metric);
  const { says, brief } = sentences(state, metric, context, margins, wait);
  return {
    check,
    canary: isScore ? null : (said?.canary ?? null),
    stable: isScore ? null : (said?.stable ?? null),
    unit: 'share',
    quantile: null,
    bounds: { canary: null, stable: null },
    requests: said?.trials ?? { canary: 0, stable: 0 },
    logHarm: state.logHarm[metric],
    budgetWeight: context.shareOf(check),
    dispersion: 1,
    logParity: claims ? (said?.logParity ?? NO_EVIDENCE) : null,
    logParityThreshold: claims ? context.logParityThreshold : null,
    rollbackMargin: margins.rollback,
    parityMargin: claims ? margins.parity : null,
    ...(metric === 'errors' || metric === 'clientErrors'
      ? { limits: keyLimits(policy, metric, state.step?.phase, said?.stable ?? null) }
      : {}),
    needsCanaryRequests: needsOf(wait, said, context),
    needsAt: [],
    ...(said === null || look === null ? {} : { keys: look.keys }),
    says: `${labelOf(metric)}${says}`,
    ...(brief === null ? {} : { brief: `${labelOf(metric)}${brief}` }),
    ...(one === null ? {} : { aside: one }),
  };
}

// Keys are no requests: what the traffic brings until the forecast stands for them, so that the slowest check is named.
function needsOf(
  wait: KeysWait | null,
  said: MetricLook | null,
  { pace, logParityThreshold }: LookContext,
): number | null {
  if (wait === null || wait.for === 'nothing' || wait.ms === null || pace.ms === 0) return null;
  if (said === null || said.logHarm >= LOOKS_WORSE || hasParity(said, logParityThreshold)) return null;
  return Math.max(1, Math.ceil((wait.ms * pace.canary) / pace.ms));
}

function hasParity({ logParity }: MetricLook, threshold: number): boolean {
  return logParity !== null && logParity >= threshold;
}

/** All that is known, and what the verdict says of it; null for the same. */
interface Sentences {
  readonly says: string;
  readonly brief: string | null;
}

function sentences(
  { step, last }: KeysState,
  metric: UnitMetric,
  context: LookContext,
  margins: { readonly rollback: string; readonly parity: string | null },
  wait: KeysWait | null,
): Sentences {
  const short = (says: string) => ({ says, brief: null });
  if (last === null) {
    const late = (context.step.span?.to ?? 0) - (step?.since ?? 0) > LATE_MS;
    if (late)
      return short(': the source says nothing of the keys, so nothing can be shown here, and nothing is rolled back');
    return short(`: the keys are first compared after ${formatSpan(UNIT_LOOKS_MS[0] ?? 0)} of this weight`);
  }
  if (last.unusable !== null) return short(`: ${last.unusable}`);
  const said = last.metrics[metric];
  if (said === undefined)
    return short(step?.phase === 'warm-up' ? ': not judged while the canary warms up' : ': nothing counted yet');
  const figures = figuresOf(said, metric);
  const few = fewKeys(said, metric);
  const one = few === null ? '' : `; ${few}`;
  if (said.logHarm >= LOOKS_WORSE) {
    return short(
      `${figures}${excessOf(said, metric)} (margin ${margins.rollback}), ${affectedOf(said, last, step, context, metric)}${kindsOf(metric, context)}${one}`,
    );
  }
  if (hasParity(said, context.logParityThreshold)) {
    const inside = figures === '' ? ':' : `${figures},`;
    return short(`${inside} inside the parity margin of ${margins.parity}, over ${formatCount(last.keys)} keys${one}`);
  }
  if (step?.phase === 'warm-up') return short(`${figures}, judged once the canary has warmed up${one}`);
  const clauses = [
    keysOf(last, said, step),
    ...tellingOf(said, metric, step?.canaryBps ?? 0, context),
    ...(wait === null ? [] : [waitInWords(wait, said, margins.parity, 'full')]),
    ...historyOf(last, step?.since ?? 0),
  ];
  return {
    says: `${figures}: ${clauses.join('; ')}${one}`,
    brief: wait === null ? null : `${figures}: ${waitInWords(wait, said, margins.parity, 'brief')}`,
  };
}

// Latencies of all requests would mislead here: a fast key can hide slow ones.
function figuresOf({ canary, stable }: MetricLook, metric: UnitMetric): string {
  if ((metric !== 'errors' && metric !== 'clientErrors') || canary === null || stable === null) return '';
  return ` ${formatShare(canary)} against ${formatShare(stable)}`;
}

/** `, 4.1 times what is usual for these keys`, ` 18 % more answers beyond it than is usual for these keys` */
function excessOf({ excess }: MetricLook, metric: UnitMetric): string {
  if (metric === 'shift') return ' are slower than is usual for these keys, over the whole distribution';
  if (metric !== 'errors' && metric !== 'clientErrors') {
    return ` ${formatShare(Math.max(0, excess))} more answers beyond it than is usual for these keys`;
  }
  return `, ${formatValue(1 + Math.max(0, excess))} times what is usual for these keys`;
}

/** `the canary serves 412 keys, about 73 that count; the largest carries 17 %`; after another weight, of the new ones */
function keysOf({ keys, largest, last }: KeyLook, { effective }: MetricLook, step: KeysStep | null): string {
  // At least one, and never more than there are: an older look may have counted both versions' keys.
  const count = formatCount(Math.min(keys, Math.max(1, effective)));
  const carried = `the largest carries ${formatShare(largest)}`;
  const later =
    last === undefined
      ? ''
      : `; ${last.keys === 1 ? 'one heavy key joins' : `${formatCount(last.keys)} heavy keys join`} at 100 % only, with ${formatShare(last.part)} of all requests`;
  return isLater(step)
    ? `${formatCount(keys)} of the canary's keys are new at this weight, about ${count} that count; ${carried} of their requests${later}`
    : `the canary serves ${formatCount(keys)} keys, about ${count} that count; ${carried}${later}`;
}

// Only the keys that no smaller weight gave to the canary are compared.
function isLater(step: KeysStep | null): boolean {
  return step !== null && step.fromBps > 0;
}

/** What can be told at this weight, and at the next one where that is more: only keys that are new there count. */
function tellingOf(
  { effect, effectNext }: MetricLook,
  metric: UnitMetric,
  canaryBps: number,
  { nextWeightsBps }: LookContext,
): readonly string[] {
  if (metric === 'shift' || effect > TOO_LARGE) return [];
  const [next] = nextWeightsBps;
  const there =
    next === undefined || effectNext === null || effectNext >= effect
      ? ''
      : `, at ${formatWeight(next)}: ${formatShare(effectNext)}`;
  const little = effect >= LITTLE ? 'so few keys tell little: ' : '';
  return [
    `${little}at ${formatWeight(canaryBps)} a change of ${CHANGES[metric]} below ${formatShare(effect)} cannot be told from the users${there}`,
  ];
}

/** `one key causes 95 % of the canary's errors and counts once`, `3 keys cause 90 % of the canary's errors and count once each` */
function fewKeys({ few }: MetricLook, metric: UnitMetric): string | null {
  if ((metric !== 'errors' && metric !== 'clientErrors') || few === undefined) return null;
  const much = `${formatShare(few.part)} of the canary's ${CHANGES[metric]}`;
  return few.keys === 1
    ? `one key causes ${much} and counts once`
    : `${formatCount(few.keys)} keys cause ${much} and count once each`;
}

/** `; 98 % of the canary's requests were redirected (302), 0.2 % of the stable's`, where that is most of what is unusual. */
function kindsOf(metric: UnitMetric, { figures: { canary, stable } }: LookContext): string {
  if (metric !== 'clientErrors' || canary.requests === 0 || stable.requests === 0) return '';
  const rises = ANSWER_KINDS.map((kind) => ({
    kind,
    rise: countOfKind(canary, kind) / canary.requests - countOfKind(stable, kind) / stable.requests,
  }));
  const [largest] = rises.toSorted((left, right) => right.rise - left.rise);
  const refused = canary.clientErrors / canary.requests - stable.clientErrors / stable.requests;
  if (largest === undefined || largest.rise <= Math.max(refused, WORTH_NAMING)) return '';
  return `; ${kindInWords(largest.kind, { canary, stable })}`;
}

/** `9 of the canary's 412 keys far above what is usual for them, 6 are needed to roll back` */
function affectedOf(
  { affected }: MetricLook,
  look: KeyLook,
  step: KeysStep | null,
  context: LookContext,
  metric: UnitMetric,
): string {
  const needed = Math.ceil(neededNats(context, metric) / -Math.log(look.chance));
  const keys = `${formatCount(affected)} of the canary's ${formatCount(look.keys)} ${isLater(step) ? 'new keys' : 'keys'}`;
  return `${keys} far above what is usual for them, at least ${formatCount(needed)} needed to roll back`;
}

// What one look has to say for a rollback by this metric alone.
function neededNats({ thresholds, shareOf, nextWeightsBps }: LookContext, metric: UnitMetric): number {
  const share = shareOf(keyCheckName(metric));
  const looks = UNIT_LOOKS_MS.length * (nextWeightsBps.length + 1);
  return thresholds.harm + Math.log(looks) - Math.log(share > 0 ? share : 1);
}

function historyOf({ past, countedSince }: KeyLook, since: number): readonly string[] {
  const anew =
    countedSince > since + TOLERATED_MS ? ['the counts of the keys were begun anew, which only takes longer'] : [];
  if (past === 'known') return anew;
  return [
    ...anew,
    'nothing is known of the keys from before: the comparison is sound but slow, and an hour of the stable makes it about 5 times faster for latencies',
  ];
}
