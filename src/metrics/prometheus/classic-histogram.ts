import type { SlowerCounts } from '../../stats/block.ts';
import type { Beginnings } from './beginnings.ts';
import type { MatrixSeries } from './read-matrix.ts';
import { increaseOf, type Span, stepsIn } from './steps.ts';
import { Unreadable } from './unreadable.ts';

/**
 * Answers above each boundary of a classic histogram, over all its series. Buckets are cumulative: `le="0.5"` counts
 * everything up to that value.
 */
export function slowerCounts(
  buckets: readonly MatrixSeries[],
  span: Span,
  beginnings: Beginnings,
  unitMs: 1 | 1_000,
): SlowerCounts {
  const within = new Map<number, number>();
  for (const series of buckets) {
    const { le = '' } = series.labels;
    const boundary = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le === '' ? Number.NaN : le);
    if (!(boundary > 0)) throw new Unreadable(`answered a bucket with le="${le}"`);
    const grown = increaseOf(stepsIn(series.samples, span, beginnings(series)));
    within.set(boundary, (within.get(boundary) ?? 0) + grown);
  }
  const answers = within.get(Number.POSITIVE_INFINITY) ?? 0;
  const above = [...within]
    .filter(([boundary]) => Number.isFinite(boundary))
    .sort(([left], [right]) => left - right)
    .map(([boundary, count]) => ({ ms: boundary * unitMs, count: answers - count }));
  if (above.some(({ count }, at) => count < 0 || count > (above[at - 1]?.count ?? answers))) {
    throw new Unreadable('answered buckets that do not add up: its replicas have different boundaries');
  }
  return { answers, above };
}
