import type { ValueMargin } from '../../policy/checks/answer-checks.ts';
import { levelOf } from '../../policy/names.ts';
import { roundValue, valueEdge } from '../../stats/answers/value-histogram.ts';
import { type Interval, quantileInterval } from '../../stats/evidence/confidence.ts';
import { binsOf, ENOUGH_FOR_BINS } from '../../stats/latency/dominance.ts';
import { parityEdge, quantileEdge, STARTING_MASS } from '../../stats/latency/quantile.ts';
import { type Tails, tailBucket } from '../../stats/latency/tails.ts';
import { quantileGain } from '../../stats/rates/forecast.ts';
import type { FindingContext, LookContext, Quantity } from '../context.ts';
import { formatAbout, formatCount, formatQuantity, formatSpan } from '../figures.ts';
import type { CheckName, Finding } from '../finding.ts';
import { type Gain, WIDER } from '../in-time.ts';
import { forecastAtNextWeights, forecastNeeds, isContrary, parityInWords, sayNoForecast } from '../needs.ts';
import { perRequest, scaled } from './value-gain.ts';
import { bucketLimit, marginInWords, shareOfBuckets, valueBuckets } from './value-margins.ts';
import { shownQuantity } from './value-past.ts';
import type { DeclaredValue, Side } from './value-terms.ts';
import {
  bucketFrom,
  levelFrom,
  logHarmOf,
  logSideHarm,
  logSideParity,
  seenFrom,
  sideOf,
  type ValueState,
} from './value-tests.ts';

const COUNTED = 'answers';
/** Answers of the stable after which it is told that none of them carries the value. */
const ENOUGH_WITHOUT = 50;

interface Told {
  readonly check: CheckName;
  readonly label: string;
  readonly value: DeclaredValue;
  readonly state: ValueState;
  readonly context: FindingContext & Pick<LookContext, 'valuePasts' | 'warmUpLeftMs'>;
}

/** One direction of a quantile. */
interface Direction {
  readonly side: Side;
  readonly logHarm: number;
  readonly logParity: number;
  /** Of the stable's past quantile. */
  readonly bucket: number | null;
  /** Past mass beyond the edge: too little, and nothing is bet. */
  readonly mass: number;
  /** Null where parity cannot be shown: before there is a past, or where the margin is narrower than a bucket. */
  readonly gain: Gain | null;
  readonly isBeyond: boolean;
  readonly parityMargin: string;
}

/** The finding of one quantile of a value: `queries p50 9 against 4`. */
export function valueQuantileFinding({ check, label, value, state, context }: Told, quantile: string): Finding {
  const quantity = shownQuantity(context, value.name);
  const directions = value.sides.map((side) => directionOf(value, quantile, side, state, quantity, context));
  const logParity = Math.min(...directions.map((one) => one.logParity));
  const [worst] = directions.toSorted((left, right) => right.logHarm - left.logHarm);
  const [slowest] = directions.toSorted((left, right) => left.logParity - right.logParity);
  const { gain = null, isBeyond = false, parityMargin = '' } = slowest ?? {};
  const needs = gain === null ? null : forecastNeeds(context, logParity, gain.gainAt, quantity.phi);
  const forecasts = gain !== null && !isContrary(logParity, isBeyond);
  const figures = figuresAt(quantity, quantile);
  const { rollback, parity } = value.terms.quantiles[quantile] ?? {};
  const marginsOf = (margin: typeof rollback) =>
    margin === undefined
      ? ''
      : directions
          .map(({ side, bucket }) => {
            const words = marginInWords(margin, side, bucket, value.unit);
            return directions.length === 1 ? words : `${words} ${side}`;
          })
          .join(', ');
  return {
    check,
    ...figures,
    ...aboutOf(value),
    quantile,
    requests: { canary: quantity.counts.canary.total, stable: quantity.counts.stable.total },
    counted: COUNTED,
    logHarm: logHarmOf(state, { value, test: quantile }),
    budgetWeight: context.budgetWeight,
    dispersion: quantity.phi,
    logParity,
    logParityThreshold: context.logParityThreshold,
    rollbackMargin: directions.length === 1 ? marginsOf(rollback) : marginOf(worst),
    parityMargin: marginsOf(parity),
    limits: {
      rollback: rollback === undefined ? null : valueLimit(rollback),
      parity: parity === undefined ? null : valueLimit(parity),
    },
    needsCanaryRequests: forecasts ? needs : null,
    needsAt: gain === null || !forecasts ? [] : forecastAtNextWeights(context, logParity, gain.gainAt, quantity.phi),
    says: says(),
  };

  /** On the side on which the canary is, where both are worse. */
  function valueLimit(margin: ValueMargin): number | null {
    const stable = tailBucket(quantity.counts.stable, levelOf(quantile));
    const side = sideOfFigures(value, figures);
    const past = directions.find((one) => one.side === side)?.bucket ?? null;
    return stable === null ? null : bucketLimit(stable, side, valueBuckets(margin, side, past));
  }

  /** Of the direction in which the canary is worse, if it is. */
  function marginOf(direction: Direction | undefined): string {
    if (rollback === undefined || direction === undefined || direction.logHarm <= 0) return marginsOf(rollback);
    return `${marginInWords(rollback, direction.side, direction.bucket, value.unit)} ${direction.side}`;
  }

  function says(): string {
    const { warmUpLeftMs } = context;
    if (warmUpLeftMs > 0) return `${label}: not judged while the canary warms up, ${formatSpan(warmUpLeftMs)} are left`;
    const missing = sayTooLittle(directions, label, value, quantile, context);
    if (missing !== null) return missing;
    if (gain === null) return `${label}: parity cannot be shown, because the margin is narrower than 2 %: widen it`;
    const { canary, stable } = figures;
    if (canary === null || stable === null || needs === null) return sayNoForecast(label, context);
    const show = (number: number) => formatQuantity(number, value.unit);
    return parityInWords(
      label,
      `${label} ${show(canary)} against ${show(stable)}`,
      { logParity, parityMargin, isBeyond, needs, gain },
      context,
    );
  }
}

/** The finding of the whole distribution of a value: it claims no parity, which is shown quantile by quantile. */
export function valueDominanceFinding({ check, label, value, state, context }: Told): Finding {
  const quantity = shownQuantity(context, value.name);
  const { canary, stable } = quantity.counts;
  const [first = 'p50'] = Object.keys(value.terms.quantiles);
  const [worst = 'higher'] = value.sides.toSorted(
    (left, right) =>
      logSideHarm(sideOf(state, value, right), 'dominance') - logSideHarm(sideOf(state, value, left), 'dominance'),
  );
  const quantile = furthestApart(value, worst, canary, stable);
  const figures = figuresAt(quantity, quantile);
  const edge = quantileEdge(seenFrom(worst, quantity.past), levelFrom(worst, first));
  const bucket = edge === null ? null : bucketFrom(worst, edge.bucket);
  const margin = value.terms.quantiles[first]?.rollback;
  const words = margin === undefined ? '' : marginInWords(margin, worst, bucket, value.unit);
  const theirs = tailBucket(stable, levelOf(quantile));
  const limit =
    margin === undefined || theirs === null ? null : bucketLimit(theirs, worst, valueBuckets(margin, worst, bucket));
  return {
    check,
    ...figures,
    ...aboutOf(value),
    quantile,
    requests: { canary: canary.total, stable: stable.total },
    counted: COUNTED,
    logHarm: logHarmOf(state, { value, test: 'dominance' }),
    budgetWeight: context.budgetWeight,
    dispersion: quantity.phi,
    logParity: null,
    logParityThreshold: null,
    rollbackMargin: `${words}${value.sides.length === 1 ? '' : ` ${worst}`} over the whole distribution`,
    parityMargin: null,
    limits: { rollback: limit, parity: null },
    needsCanaryRequests: null,
    needsAt: [],
    says: says(),
  };

  function says(): string {
    if (binsOf(quantity.past) === null) {
      const missing = ENOUGH_FOR_BINS - quantity.past.total;
      return missing > 0
        ? sayWaits(label, value, missing)
        : `${label}: the values of the stable are too much alike to compare their distribution`;
    }
    if (figures.canary === null || figures.stable === null) return `${label}: no traffic to compare yet`;
    const show = (number: number) => formatQuantity(number, value.unit);
    return `${label}: furthest apart at ${quantile}, ${show(figures.canary)} against ${show(figures.stable)}`;
  }
}

function directionOf(
  { name, terms, unit }: DeclaredValue,
  quantile: string,
  side: Side,
  state: ValueState,
  { past, counts, phi }: Quantity,
  context: FindingContext,
): Direction {
  const known = state.sides[side];
  const seen = seenFrom(side, past);
  const level = levelFrom(side, quantile);
  const edge = quantileEdge(seen, level);
  const bucket = edge === null ? null : bucketFrom(side, edge.bucket);
  const parity = terms.quantiles[quantile]?.parity ?? { relative: 0, absolute: 0 };
  const buckets = valueBuckets(parity, side, bucket);
  const betting = edge !== null && edge.mass >= STARTING_MASS;
  const gainBy = (allowed: number) => {
    const at = betting ? parityEdge(seen, level, allowed) : null;
    return at === null ? null : (share: number) => quantileGain(at.equal, at.share, share);
  };
  const gainAt = gainBy(buckets);
  const wider = WIDER.flatMap((times) => {
    const allowed = Math.ceil(times * buckets);
    const gain = gainBy(allowed);
    return gain === null ? [] : [{ margin: formatPart(allowed, side), gainAt: gain }];
  });
  const canary = tailBucket(seenFrom(side, counts.canary), level);
  const stable = tailBucket(seenFrom(side, counts.stable), level);
  return {
    side,
    logHarm: known === undefined ? 0 : logSideHarm(known, quantile),
    logParity: known === undefined ? 0 : logSideParity(known, quantile),
    bucket,
    mass: edge?.mass ?? 0,
    gain: gainAt === null ? null : scaled({ gainAt, phi, wider }, perRequest(context, name)),
    isBeyond: canary !== null && stable !== null && canary > stable + buckets,
    parityMargin: marginInWords(parity, side, bucket, unit),
  };
}

/** Why nothing is compared yet; null where it is. A value that no answer carries is a fault of the policy, and said so. */
function sayTooLittle(
  directions: readonly Direction[],
  label: string,
  value: DeclaredValue,
  quantile: string,
  { step, figures }: FindingContext,
): string | null {
  const missing = Math.max(
    ...directions.map(({ side, mass }) => (STARTING_MASS - mass) / (1 - levelFrom(side, quantile))),
  );
  if (missing <= 0) return null;
  const { name, subject, isPosted } = value;
  const waits = sayWaits(label, value, missing);
  const { asked = 0, missing: none = 0, unusable = 0 } = figures.stable.values?.[name] ?? {};
  if (asked >= ENOUGH_WITHOUT && none + unusable === asked) {
    return `${waits}: none of ${formatCount(asked)} has carried a number of ${subject}`;
  }
  const read = step.stable.values?.[name];
  if (read !== undefined || step.stable.requests < ENOUGH_WITHOUT) return waits;
  const requests = `its ${formatCount(step.stable.requests)} requests`;
  return isPosted
    ? `${waits}: nothing has been posted for any of ${requests}`
    : `${waits}: none of ${requests} had an answer in which it is looked for`;
}

function sayWaits(label: string, { isPosted }: DeclaredValue, answers: number): string {
  const count = formatAbout(Math.ceil(answers));
  return `${label}: waits for about ${count} more answers of the stable ${isPosted ? 'for which it is posted' : 'that carry it'}`;
}

function figuresAt({ counts }: Quantity, quantile: string): Pick<Finding, 'canary' | 'stable' | 'bounds'> {
  const level = levelOf(quantile);
  const of = (tails: Tails) => {
    const bucket = tailBucket(tails, level);
    return bucket === null ? null : roundValue(bucket);
  };
  return {
    canary: of(counts.canary),
    stable: of(counts.stable),
    bounds: { canary: boundsOf(counts.canary, level), stable: boundsOf(counts.stable, level) },
  };
}

function boundsOf(tails: Tails, level: number): Interval | null {
  const buckets = quantileInterval(tails, level);
  if (buckets === null) return null;
  return { low: valueEdge(buckets.low - 1), high: buckets.high === null ? null : valueEdge(buckets.high) };
}

function sideOfFigures({ sides }: DeclaredValue, { canary, stable }: Pick<Finding, 'canary' | 'stable'>): Side {
  const [side = 'higher', other] = sides;
  if (other === undefined) return side;
  return canary !== null && stable !== null && canary < stable ? 'lower' : 'higher';
}

function aboutOf({ subject, unit }: DeclaredValue): Pick<Finding, 'unit' | 'subject' | 'in'> {
  if (unit === 'ms') return { unit: 'ms', subject };
  return { unit: 'value', subject, ...(unit === null ? {} : { in: unit }) };
}

function furthestApart({ terms }: DeclaredValue, side: Side, canary: Tails, stable: Tails): string {
  const names = Object.keys(terms.quantiles);
  const apart = (name: string) => {
    const further = (tailBucket(canary, levelOf(name)) ?? 0) - (tailBucket(stable, levelOf(name)) ?? 0);
    return side === 'higher' ? further : -further;
  };
  return names.toSorted((left, right) => apart(right) - apart(left))[0] ?? 'p50';
}

function formatPart(buckets: number, side: Side): string {
  return `${Number((100 * shareOfBuckets(buckets, side)).toPrecision(3))} %`;
}
