/** What a block covers: samples after `from` and not after `to`, epoch ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** The last sample before `from` is the span's starting value, unless it is older than this time. */
  readonly baselineFrom: number;
}

export interface SampleStep<S> {
  /** Null if the series began within the step, at zero. */
  readonly before: S | null;
  readonly after: S;
}

/**
 * The steps of a series that end inside a span. A first sample without a predecessor is where counting starts, unless the
 * series is known to have begun just before it. Growth over a longer gap than `baselineFrom` allows is left out: it
 * belongs to no block.
 *
 * @param samples in order of time
 */
export function stepsIn<S extends { readonly at: number }>(
  samples: readonly S[],
  span: Span,
  beginning: 'known' | 'unknown',
): readonly SampleStep<S>[] {
  const steps: SampleStep<S>[] = [];
  let before: S | null = null;
  for (const after of samples) {
    if (after.at > span.from && after.at <= span.to) {
      if (before === null) {
        if (beginning === 'known') steps.push({ before, after });
      } else if (before.at >= span.baselineFrom) {
        steps.push({ before, after });
      }
    }
    before = after;
  }
  return steps;
}

/** By how much a counter grew. A value below the previous one means that the counter restarted from zero. */
export function increaseOf(steps: readonly SampleStep<{ readonly at: number; readonly value: number }>[]): number {
  return steps.reduce((sum, { before, after }) => {
    const grownFrom = before === null || after.value < before.value ? 0 : before.value;
    return sum + after.value - grownFrom;
  }, 0);
}
