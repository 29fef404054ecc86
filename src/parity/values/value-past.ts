import type { Checks } from '../../policy/schema.ts';
import { VALUE_GRID } from '../../stats/answers/value-grid.ts';
import { valueHistogram } from '../../stats/answers/value-histogram.ts';
import { NOTHING_LEARNT, type ValuePasts } from '../../stats/answers/value-past.ts';
import type { Tally } from '../../stats/block.ts';
import { batchPhi } from '../../stats/evidence/batches.ts';
import { EMPTY, type Histogram } from '../../stats/latency/log-histogram.ts';
import { type Tails, tailsOf } from '../../stats/latency/tails.ts';
import type { BlockLatency, LookContext, Quantity, Sight } from '../context.ts';
import { latencyTails, learnDispersion, learnLatencies } from '../latency/latency.ts';
import { readsEnd } from '../latency/until.ts';
import { declaredValues } from './value-terms.ts';

/** How long answers take to their end, in ms: what a latency check with `until: end` reads. */
export const END = 'end';

/** The values of a policy that are compared, by their names in tallies. */
function comparedNames(checks: Checks): readonly string[] {
  const names = declaredValues(checks).map(({ name }) => name);
  return readsEnd(checks) ? [...names, END] : names;
}

export function openPasts(checks: Checks): ValuePasts {
  return Object.fromEntries(comparedNames(checks).map((name) => [name, NOTHING_LEARNT]));
}

/** The pasts with what is settled of a block, as latencies are learnt. */
export function learnValues(pasts: ValuePasts, sight: Sight): ValuePasts {
  const { policy, phase, split, bet } = sight;
  const { checks, judge } = policy.spec;
  if (bet.past === 'frozen') return pasts;
  const { durationMs } = settledOf(sight);
  return Object.fromEntries(
    comparedNames(checks).map((name) => {
      const past = pasts[name] ?? NOTHING_LEARNT;
      const counts = valuesIn(sight, name);
      const reference = learnLatencies(past.reference, counts.stable, durationMs, judge.reference);
      // A canary that changes while it warms up would look like noise.
      const batches =
        phase === 'warm-up'
          ? past.batches
          : learnDispersion(past.batches, tailsOf(past.reference), latencyTails(counts), durationMs, split);
      return [name, { reference, batches }];
    }),
  );
}

/** A value of a block, as the latency tests take theirs. */
export function quantityOf(sight: Sight, name: string): Quantity {
  const past = sight.valuePasts[name] ?? NOTHING_LEARNT;
  return {
    past: tailsOf(past.reference),
    counts: latencyTails(valuesIn(sight, name)),
    grid: VALUE_GRID,
    phi: batchPhi(past.batches),
  };
}

/** The same as figures of a look: what was counted in the blocks that are shown. */
export function shownQuantity(
  { valuePasts, figures }: Pick<LookContext, 'valuePasts' | 'figures'>,
  name: string,
): Quantity {
  const past = valuePasts[name] ?? NOTHING_LEARNT;
  const of = (totals: Pick<Tally, 'values'>): Tails => tailsOf(histogramIn(totals, name));
  return {
    past: tailsOf(past.reference),
    counts: { canary: of(figures.canary), stable: of(figures.stable) },
    grid: VALUE_GRID,
    phi: batchPhi(past.batches),
  };
}

/** What is settled of a block: merged ones, where there is little traffic. */
export function settledOf({ settled, compared }: Pick<Sight, 'settled' | 'compared'>): Sight['compared'] {
  return settled?.block ?? compared;
}

/** Values of both versions. */
export function valuesIn(sight: Pick<Sight, 'settled' | 'compared'>, name: string): BlockLatency {
  const { canary, stable } = settledOf(sight);
  return { canary: histogramIn(canary, name), stable: histogramIn(stable, name) };
}

function histogramIn(tally: Pick<Tally, 'values'> | null, name: string): Histogram {
  const counts = tally?.values?.[name]?.counts;
  return counts === undefined ? EMPTY : valueHistogram(counts);
}

/** A look as the checks on the end of answers are told of it: their own figures, past and dispersion in place of the head's. */
export function towardsEnd<Context extends Pick<LookContext, 'valuePasts' | 'figures' | 'latency' | 'grid' | 'phi'>>(
  context: Context,
): { readonly past: Tails; readonly context: Context } {
  const { past, counts, grid, phi } = shownQuantity(context, END);
  return { past, context: { ...context, latency: counts, grid, phi: { ...context.phi, latency: phi } } };
}
