import { decayOver } from '../stats/evidence/decay.ts';
import { type Boundary, clipRate } from '../stats/evidence/e-value.ts';
import { logMixture, openMixture, stepMixture } from '../stats/evidence/onset.ts';
import { advanceSchedule, spentMass, UNSTARTED } from '../stats/evidence/onset-schedule.ts';
import { harmLogE, RATIO_GRID, RATIO_WEIGHTS } from '../stats/rates/error-rate.ts';
import { MOST_SLICES } from '../stats/slice.ts';
import type { SliceMeasure, SliceSeries } from './slice-series.ts';

/** The false discovery rate of the slices named. */
const SLICE_ERROR_RATE = 0.05;

/** With fewer blocks than this, no slice is named (docs/statistics.md section 3.12). */
const FEWEST_BLOCKS = 3;
const BLOCK_CAP = (Math.log(MOST_SLICES / SLICE_ERROR_RATE) + 5) / FEWEST_BLOCKS;

/** Only these can be named, so logarithms are computed only for these. */
const MOST_TESTED = 20;
const PRIOR_REQUESTS = 200;
const HALF_LIFE_MS = 600_000;
/** The schedule's mass at step changes assumes this many steps; there are at least two splits to compare. */
const STEPS = 4;

export interface SliceTest {
  readonly measure: SliceMeasure;
  readonly margin: Boundary;
  /** What evidence is divided by, as the judge estimates it. */
  readonly dispersion: number;
}

/**
 * The slices in which the canary is worse than the margin, most evidence first, at a false discovery rate of 5 % over
 * all possible slices: e-BH (Wang, Ramdas, *False discovery rate control with e-values*, JRSS-B 2022;
 * docs/statistics.md section 3.12), which does not need slices to be independent; they overlap. A slice that is not
 * tested has e = 0, so fewer slices are named.
 */
export function discoveries(all: readonly SliceSeries[], test: SliceTest): readonly SliceSeries[] {
  const tested = all
    .filter(({ excess }) => excess > 0)
    .toSorted((left, right) => right.excess - left.excess)
    .slice(0, MOST_TESTED)
    .map((series) => ({ series, logE: logEvidence(series, test) }))
    .toSorted((left, right) => right.logE - left.logE);
  const enough = tested.findLastIndex(
    ({ logE }, index) => logE >= Math.log(MOST_SLICES / (SLICE_ERROR_RATE * (index + 1))),
  );
  return tested.slice(0, enough + 1).map(({ series }) => series);
}

/**
 * Log e-value against "in this slice no worse than the margin", over all its blocks: each is compared separately, its
 * alternatives are chosen from the stable's past in the slice, and the onset is mixed over, not chosen.
 */
export function logEvidence(
  { points }: Pick<SliceSeries, 'points'>,
  { measure, margin, dispersion }: SliceTest,
): number {
  const prior = priorRate(measure);
  let mixture = openMixture(RATIO_GRID.length);
  let schedule = UNSTARTED;
  let splitEpoch: number | null = null;
  let past = { requests: 0, events: 0 };
  for (const { at, durationMs, splitEpoch: epoch, counts } of points()) {
    const { nc, ns, xs } = counts;
    if (nc > 0 && ns > 0) {
      schedule = advanceSchedule(
        schedule,
        at,
        splitEpoch === null || splitEpoch === epoch ? 'same-step' : 'step-changed',
      );
      splitEpoch = epoch;
      const s1 = clipRate((PRIOR_REQUESTS * prior + past.events) / (PRIOR_REQUESTS + past.requests));
      mixture = stepMixture(mixture, spentMass(schedule, STEPS), harmLogE(counts, s1, margin, BLOCK_CAP, dispersion));
    }
    const kept = decayOver(durationMs, HALF_LIFE_MS);
    past = { requests: past.requests * kept + ns, events: past.events * kept + xs };
  }
  return logMixture(mixture, RATIO_WEIGHTS);
}

function priorRate(measure: SliceMeasure): number {
  switch (measure) {
    case 'errors':
      return 1e-3;
    case 'clientErrors':
      return 1e-2;
    case 'p50':
      return 0.5;
    case 'p95':
    case 'slow':
      return 0.05;
    case 'p99':
      return 0.01;
  }
}
