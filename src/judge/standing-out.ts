import type { SliceSeries } from './slice-series.ts';

/** A slice stands out when its excess exceeds that of the rest of its dimension by this many standard deviations. */
const DEVIATIONS = 4;
/** Slices of one dimension are named until together they explain this share. */
const EXPLAINED = 0.8;
/** A slice that explains less than this is not named. */
const LEAST_PART = 0.1;

export interface StandingOut {
  readonly series: SliceSeries;
  readonly part: number;
}

/**
 * Of the slices that are worse, those that are worse than the rest of their dimension: the few that explain most of
 * the excess, worst first. Statuses are excluded: every error has a status, wherever it occurs.
 */
export function standingOut(worse: readonly SliceSeries[], all: readonly SliceSeries[]): readonly StandingOut[] {
  const places = (['endpoint', 'consumer', 'upstream'] as const)
    .map((dimension) => fewOf(worse, all, dimension))
    .toSorted((left, right) => explainedBy(right) - explainedBy(left));
  return places.flat();
}

/**
 * The status of more than half of what the canary does worse. It is named where a slice is found worse, and says what
 * happens there, so it needs no evidence of its own.
 */
export function mainStatus(all: readonly SliceSeries[]): StandingOut | null {
  const endpoints = all.filter(({ dimension }) => dimension === 'endpoint');
  const total = endpoints.reduce((sum, { excess }) => sum + excess, 0);
  const [series] = all
    .filter(({ dimension }) => dimension === 'status')
    .toSorted((left, right) => right.excess - left.excess);
  if (series === undefined || total <= 0 || series.excess <= total / 2) return null;
  return { series, part: Math.min(1, series.excess / total) };
}

function fewOf(
  worse: readonly SliceSeries[],
  all: readonly SliceSeries[],
  dimension: SliceSeries['dimension'],
): readonly StandingOut[] {
  const peers = all.filter((series) => series.dimension === dimension);
  const total = excessOf(peers);
  const few: StandingOut[] = [];
  const outside = new Set(peers);
  let explained = 0;
  const ranked = worse
    .filter((series) => series.dimension === dimension)
    .toSorted((left, right) => right.excess - left.excess);
  for (const series of ranked) {
    const part = total > 0 ? series.excess / total : 0;
    if (explained >= EXPLAINED || part < LEAST_PART) break;
    outside.delete(series);
    if (!isBeyond(series, outside)) continue;
    few.push({ series, part });
    explained += part;
  }
  return few;
}

/** Whether the slice would be surprising if it had the excess of the others. Counts are approximately Poisson. */
function isBeyond(series: SliceSeries, others: ReadonlySet<SliceSeries>): boolean {
  let requests = 0;
  let excess = 0;
  for (const other of others) {
    requests += other.canary.n;
    excess += other.excess;
  }
  if (requests === 0) return false;
  const expected = (series.canary.n * Math.max(0, excess)) / requests;
  const { canary, stable } = series;
  const ratio = stable.n > 0 ? canary.n / stable.n : 0;
  const variance = expected + ratio * stable.x * (1 + ratio);
  return series.excess - expected > DEVIATIONS * Math.sqrt(Math.max(1, variance));
}

function excessOf(slices: readonly SliceSeries[]): number {
  return slices.reduce((sum, { excess }) => sum + Math.max(0, excess), 0);
}

function explainedBy(few: readonly StandingOut[]): number {
  return few.reduce((sum, { part }) => sum + part, 0);
}
