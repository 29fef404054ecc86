import { normalQuantile } from '../../src/stats/evidence/normal.ts';

export interface MannWhitney {
  readonly lower: number;
  readonly upper: number;
  /** The Hodges-Lehmann shift, as the root of the uncorrected statistic. */
  readonly estimate: number;
}

/** Kayenta's classification of an experiment's series against its control's. */
export type Classification = 'high' | 'low' | 'pass' | 'no-data';

/**
 * The corrected rank-sum statistic of `experiment - shift` against `control`, in standard deviations less `quantile`:
 * R's `wilcox.test(correct = TRUE)`, two-sided, asymptotic, as Kayenta has it. NaN when every value is tied.
 */
export function wilcoxonDifference(
  shift: number,
  quantile: number,
  experiment: readonly number[],
  control: readonly number[],
): number {
  const nx = experiment.length;
  const ny = control.length;
  const values = [...experiment.map((value) => value - shift), ...control];
  const order = values.map((_, index) => index).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  let ranks = 0;
  let ties = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    const run = order.slice(from, to);
    ranks += run.filter((index) => index < nx).length * ((from + to + 1) / 2);
    ties += run.length ** 3 - run.length;
    from = to;
  }
  const excess = ranks - (nx * (nx + 1)) / 2 - (nx * ny) / 2;
  const variance = ((nx * ny) / 12) * (nx + ny + 1 - ties / ((nx + ny) * (nx + ny - 1)));
  return (excess - Math.sign(excess) * 0.5) / Math.sqrt(variance) - quantile;
}

/** The confidence interval and estimate of the shift. The statistic is a step function, so a root is where it jumps. */
export function mannWhitney(
  experiment: readonly number[],
  control: readonly number[],
  confidence: number,
): MannWhitney {
  const z = normalQuantile((1 - confidence) / 2);
  const low = Math.min(...experiment) - Math.max(...control);
  const high = Math.max(...experiment) - Math.min(...control);
  const rootAt = (quantile: number) => {
    const at = (shift: number) => wilcoxonDifference(shift, quantile, experiment, control);
    if (!(at(low) > 0)) return low;
    if (!(at(high) < 0)) return high;
    let [left, right] = [low, high];
    for (let halving = 0; halving < 60; halving += 1) {
      const middle = (left + right) / 2;
      if (at(middle) > 0) left = middle;
      else right = middle;
    }
    return (left + right) / 2;
  };
  return { lower: rootAt(-z), upper: rootAt(z), estimate: rootAt(0) };
}

/** Kayenta's classifier with both directions: beyond `tolerance` times the estimate, by the interval's nearer end. */
export function classify(
  experiment: readonly number[],
  control: readonly number[],
  { confidence, tolerance }: { readonly confidence: number; readonly tolerance: number },
): Classification {
  if (experiment.length === 0 || control.length === 0) return 'no-data';
  if (isConstant([...experiment, ...control])) return 'pass';
  const { lower, upper, estimate } = mannWhitney(experiment, control, confidence);
  const critical = tolerance * Math.abs(estimate);
  if (lower > critical) return 'high';
  return upper < -critical ? 'low' : 'pass';
}

/** Whether the classification is `high`; most series are settled by one evaluation at a shift of zero. */
export function isHigh(
  experiment: readonly number[],
  control: readonly number[],
  limits: { readonly confidence: number; readonly tolerance: number },
): boolean {
  const z = normalQuantile((1 - limits.confidence) / 2);
  return wilcoxonDifference(0, -z, experiment, control) > 0 && classify(experiment, control, limits) === 'high';
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
