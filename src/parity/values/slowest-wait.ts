import { levelOf } from '../../policy/names.ts';
import type { Checks } from '../../policy/schema.ts';
import { VALUE_GRID } from '../../stats/answers/value-grid.ts';
import { valueEdge } from '../../stats/answers/value-histogram.ts';
import { NOTHING_LEARNT, type ValuePasts } from '../../stats/answers/value-past.ts';
import { quantileEdge } from '../../stats/latency/quantile.ts';
import { type Tails, tailsOf } from '../../stats/latency/tails.ts';
import { bucketMargins } from '../latency/bucket-margins.ts';
import { untilOf } from '../latency/until.ts';
import { valueBuckets } from './value-margins.ts';
import { declaredValues } from './value-terms.ts';

/** What is owed of a stream for as long as these counts as slow: both are waited for. */
const WAITED_FOR = ['first-event', 'gap'];

/** The largest threshold of what is waited for beyond the head of an answer, in ms; null before there is one. */
export function slowestWaitMs(checks: Checks, pasts: ValuePasts): number | null {
  const pastOf = (name: string): Tails => tailsOf((pasts[name] ?? NOTHING_LEARNT).reference);
  const thresholds = [...ofStreams(checks, pastOf), ...ofEnds(checks, pastOf('end'))];
  return thresholds.length === 0 ? null : Math.max(...thresholds);
}

function ofStreams(checks: Checks, pastOf: (name: string) => Tails): readonly number[] {
  return declaredValues(checks)
    .filter(({ check, name }) => check === `stream:${name}` && WAITED_FOR.includes(name))
    .flatMap(({ name, terms }) =>
      Object.entries(terms.quantiles).flatMap(([quantile, { rollback, parity }]) => {
        const edge = quantileEdge(pastOf(name), levelOf(quantile));
        if (edge === null) return [];
        const buckets = [rollback, parity].map((margin) => valueBuckets(margin, 'higher', edge.bucket));
        return valueEdge(edge.bucket + Math.max(...buckets));
      }),
    );
}

function ofEnds(checks: Checks, past: Tails): readonly number[] {
  return ['p50', 'p95', 'p99', ...Object.keys(checks.latency.quantiles)].flatMap((name) => {
    const edge = untilOf(checks, name) === 'end' ? quantileEdge(past, levelOf(name)) : null;
    if (edge === null) return [];
    const { rollback, parity } = bucketMargins(checks, name, edge, VALUE_GRID);
    return valueEdge(edge.bucket + Math.max(rollback, parity));
  });
}
