import { labelsKey, type MatrixSeries } from './read-matrix.ts';
import type { Span } from './steps.ts';
import { targetOf } from './targets.ts';

/** Whether the first sample of a series counts from zero. */
export type Beginnings = (series: MatrixSeries) => 'known' | 'unknown';

/**
 * A series that appears in a target that was scraped before without it began between the two scrapes: the first error of a
 * pod creates such a series, and would otherwise be lost. Samples of one scrape share one time. For the series of a new
 * target, only their `_created` can tell.
 *
 * @param created start times by labels, epoch ms
 */
export function beginningsOf(
  series: readonly MatrixSeries[],
  created: ReadonlyMap<string, number>,
  { baselineFrom }: Span,
): Beginnings {
  const continued = new Set<string>();
  for (const { labels, samples, histograms } of series) {
    const times = samples.length > 0 ? samples : histograms;
    for (const [before, { at }] of times.slice(1).entries()) {
      if ((times[before]?.at ?? 0) >= baselineFrom) continued.add(`${at} ${targetOf(labels)}`);
    }
  }
  return ({ labels, samples, histograms }) => {
    const first = (samples[0] ?? histograms[0])?.at;
    if (first === undefined) return 'unknown';
    if (continued.has(`${first} ${targetOf(labels)}`)) return 'known';
    const { le: _, ...whole } = labels;
    const begun = created.get(labelsKey(whole));
    return begun !== undefined && begun >= baselineFrom && begun <= first ? 'known' : 'unknown';
  };
}

/** Whether `_created` would tell more: a series has its first sample in the span, in a new target. */
export function hasNewcomers(series: readonly MatrixSeries[], span: Span): boolean {
  const beginnings = beginningsOf(series, new Map(), span);
  return series.some((one) => {
    const first = (one.samples[0] ?? one.histograms[0])?.at;
    return first !== undefined && first > span.from && beginnings(one) === 'unknown';
  });
}
