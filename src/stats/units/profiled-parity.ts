import { expit, lnEPoisson, logit } from '../evidence/e-value.ts';
import type { FreshUnits, UnitMargin } from './fresh-units.ts';
import { spreadOf } from './spread.ts';
import { UNIT_CELLS } from './unit-block.ts';
import { METRIC_CELLS, type UnitMetric } from './unit-metric.ts';

/** What a unit, or those of one version, did in a step, and what their own past says of it. */
interface Cohort {
  readonly trials: number;
  readonly events: number;
  /** Events that the past expects at the population's rate, and the variance of what it does not know. */
  readonly usual: number;
  readonly unsure: number;
  /** Events of the past, and what its periods varied by beyond chance (`UnitSteadiness.surplus`). */
  readonly past: number;
  readonly surplus: number;
  /** What the units vary by now, beyond chance, with as many events together as they have. */
  readonly present: number;
}

/** A step by cohort: the ratio of the odds of the canary's units to the stable's, as the past has it. */
export interface CohortLook {
  readonly canary: Pick<Cohort, 'trials' | 'events'>;
  readonly stable: Pick<Cohort, 'trials' | 'events'>;
  /** Of the log odds ratio: what is expected, its variance, and how far it moves within a step. */
  readonly middle: number;
  readonly variance: number;
  readonly drift: number;
}

/** How many equal periods the past is worth, and the square of all its events over the squares of its periods'. */
interface Steadiness {
  readonly periods: number;
  readonly perPast: number;
}

/** Parity of a metric with the ratio of the cohorts profiled out. */
export interface ProfiledParity {
  readonly looks: readonly CohortLook[];
  readonly margin: UnitMargin;
  /** By which share equal versions have fewer events than the stable, where the margin lies in the canary's edges. */
  readonly gap: number;
}

/** Ratios are tried at these distances from the middle, in standard deviations. */
const PLACES = [-5, -4, -3, -2.2, -1.5, -0.8, 0, 0.8, 1.5, 2.2, 3, 4, 5] as const;
/** The e-value of the past against a ratio z away: exp(.4 z^2) / sqrt 5, a normal mixture of 4 times the variance. */
const PAST_LOG = -Math.log(5) / 2;
const PAST_SLOPE = 0.4;
/** Fewer periods say too little of how far cohorts move. */
const FEWEST_PERIODS = 4;
/** A share that the stable's counts make unlikely from below. */
const FAR = 2;
const LEAST_SPREAD = 1e-4;
const LEAST_BINOMIAL = 0.02;

/**
 * The cohorts of a step, all of them, without the canary's heaviest unit, and without the stable's: what one unit does is
 * no parity. Null where the past has too few periods, or a cohort nothing to compare.
 *
 * @param gap see `ProfiledParity`
 */
export function profileParity(
  { counts, units, draw }: FreshUnits,
  metric: UnitMetric,
  margin: UnitMargin,
  gap: number,
): ProfiledParity | null {
  const { events: pastEvents, expected, surplus, totals, squares } = counts.past[metric];
  if (surplus.length === 0 || !(totals ** 2 >= FEWEST_PERIODS * squares && squares > 0)) return null;
  // A cohort with a part of all events has that part of each period's.
  const steadiness = { periods: totals ** 2 / squares, perPast: sumOf(pastEvents) ** 2 / squares };
  const cells = METRIC_CELLS[metric];
  const past = {
    events: units.map((unit) => pastEvents[unit] ?? 0),
    expected: units.map((unit) => expected[unit] ?? 0),
  };
  const rows: { readonly stable: Cohort[]; readonly canary: Cohort[] } = { stable: [], canary: [] };
  const count = (unit: number, cell: number) => counts.cells[unit * UNIT_CELLS + cell] ?? 0;
  let trials = 0;
  let events = 0;
  for (const [row, unit] of units.entries()) {
    trials += count(unit, cells.trials);
    events += count(unit, draw.canary[row] === 1 ? cells.beyond : cells.outcome);
  }
  if (trials === 0) return null;
  const binomial = Math.max(LEAST_BINOMIAL, 1 - events / trials);
  const shrinkage = binomial / Math.max(spreadOf(past, binomial), LEAST_SPREAD);
  for (const [row, unit] of units.entries()) {
    const isCanary = draw.canary[row] === 1;
    const known = past.events[row] ?? 0;
    const requests = count(unit, cells.trials);
    const usual = (requests * (known + shrinkage)) / ((past.expected[row] ?? 0) + shrinkage);
    rows[isCanary ? 'canary' : 'stable'].push({
      trials: requests,
      events: count(unit, isCanary ? cells.beyond : cells.outcome),
      usual,
      unsure: (usual * usual * binomial) / (shrinkage + known),
      past: known,
      surplus: surplus[unit] ?? 0,
      present: 0,
    });
  }
  const [stable, canary] = [cohortOf(rows.stable, binomial), cohortOf(rows.canary, binomial)];
  const looks: CohortLook[] = [];
  for (const [ofStable, ofCanary] of [
    [stable, canary],
    [stable, cohortOf(withoutHeaviest(rows.canary), binomial)],
    [cohortOf(withoutHeaviest(rows.stable), binomial), canary],
  ] as const) {
    const look = lookOf(ofStable, ofCanary, steadiness);
    if (look === null) return null;
    looks.push(look);
  }
  return { looks, margin, gap };
}

/** The log e-value against "worse than the margin", the least over ratios and over what is left out. */
export function logProfiled({ looks, margin, gap }: ProfiledParity): number {
  return Math.min(...looks.map((look) => leastOf(look, margin, gap)));
}

/** What equal versions would show after `times` as much traffic. */
export function scaledProfile(profile: ProfiledParity, times: number): ProfiledParity {
  const looks = profile.looks.map((look) => {
    const { canary, stable, middle } = look;
    const share = oddsTimes(shareOf(stable), Math.exp(middle)) * (1 - profile.gap);
    return {
      ...look,
      canary: { trials: times * canary.trials, events: times * canary.trials * share },
      stable: { trials: times * stable.trials, events: times * stable.events },
    };
  });
  return { ...profile, looks };
}

function leastOf(look: CohortLook, margin: UnitMargin, gap: number): number {
  const { canary, stable, middle, variance, drift } = look;
  const share = shareOf(stable);
  const upper = share + (FAR * Math.sqrt(stable.events + 1)) / stable.trials;
  const counts = { nc: canary.trials, xc: canary.events, ns: stable.trials, xs: stable.events };
  let least = Number.POSITIVE_INFINITY;
  for (const place of PLACES) {
    const ratio = Math.exp(middle + place * Math.sqrt(variance));
    const equal = (oddsTimes(share, ratio) / share) * (1 - gap);
    // Drift that helps the canary; an absolute margin is worth least where the stable has most.
    const worse =
      ((1 + margin.relative) * oddsTimes(share, ratio * Math.exp(-drift))) / share + margin.perTrial / upper;
    const post = equal < worse ? lnEPoisson(counts, { s1: share, c1: equal * share }, { rho: worse, a: 0 }) : 0;
    least = Math.min(least, PAST_LOG + PAST_SLOPE * place * place + post);
  }
  return least;
}

function lookOf(stable: Cohort, canary: Cohort, steadiness: Steadiness): CohortLook | null {
  if (!(stable.trials > 0 && canary.trials > 0 && stable.usual > 0 && canary.usual > 0)) return null;
  if (!(stable.past > 0 && canary.past > 0)) return null;
  const share = shareOf(stable);
  const expected = Math.min(0.98, (share * canary.usual * stable.trials) / (canary.trials * stable.usual));
  // A log odds moves by the share of the log of its share.
  const [ofStable, ofCanary] = [1 / (1 - share), 1 / (1 - expected)];
  const moved = ofStable ** 2 * movedBy(stable, steadiness) + ofCanary ** 2 * movedBy(canary, steadiness);
  const unsure =
    (ofStable ** 2 * stable.unsure) / stable.usual ** 2 + (ofCanary ** 2 * canary.unsure) / canary.usual ** 2;
  return {
    canary: { trials: canary.trials, events: canary.events },
    stable: { trials: stable.trials, events: stable.events },
    middle: logit(expected) - logit(share),
    variance: unsure + moved / steadiness.periods,
    drift: 2 * Math.sqrt(moved),
  };
}

/** The variance of a cohort's log share between periods, beyond chance; or between its units now, if that is more. */
function movedBy({ past, surplus, present, events }: Cohort, { perPast }: Steadiness): number {
  return Math.max(0, (surplus * perPast) / past ** 2, present / Math.max(1, events) ** 2);
}

function shareOf({ trials, events }: Pick<Cohort, 'trials' | 'events'>): number {
  return Math.min(0.98, (events + 0.5) / (trials + 1));
}

function oddsTimes(share: number, ratio: number): number {
  return expit(logit(share) + Math.log(ratio));
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? 0;
  return sum;
}

// A unit that left its past at the start of the step shows here, whichever version serves it.
function cohortOf(units: readonly Cohort[], binomial: number): Cohort {
  const sum = (part: keyof Cohort) => units.reduce((total, unit) => total + unit[part], 0);
  const [events, usual] = [sum('events'), sum('usual')];
  const scale = usual > 0 ? events / usual : 0;
  const present = units.reduce((total, unit) => {
    const expected = scale * unit.usual;
    return total + (unit.events - expected) ** 2 - binomial * expected - scale ** 2 * unit.unsure;
  }, 0);
  return {
    trials: sum('trials'),
    events,
    usual,
    unsure: sum('unsure'),
    past: sum('past'),
    surplus: sum('surplus'),
    present,
  };
}

function withoutHeaviest(units: readonly Cohort[]): readonly Cohort[] {
  const most = units.reduce<Cohort | null>(
    (heavy, unit) => (heavy === null || unit.past > heavy.past ? unit : heavy),
    null,
  );
  return units.filter((unit) => unit !== most);
}
