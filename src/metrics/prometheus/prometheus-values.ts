import type { HttpClient } from '../http.ts';
import { type QuerySource, type Question, type Taken, takenValues } from '../queries/query-source.ts';
import { fillPromql } from './fill-promql.ts';
import { type InstantResult, instantQuery } from './instant-query.ts';

export interface PrometheusValuesOptions {
  /** Of the source: how far apart its samples are, in ms. */
  readonly scrapeMs: number;
}

/**
 * Values of PromQL on a Prometheus, or a compatible server. A sample older than two scrapes does not count, and the query
 * tells the server so; on a server too old to obey, only a range selector (`last_over_time(m[30s])`) bounds the age in the
 * query itself. A target that is no longer scraped is marked stale by Prometheus and disappears at once.
 */
export function prometheusValues(client: HttpClient, { scrapeMs }: PrometheusValuesOptions): QuerySource {
  return {
    knows: 'past',
    async take({ query, words, at, nan }, signal) {
      const filled = fillPromql(query, words);
      if (!filled.ok) return { kind: 'refused', reason: filled.reason };
      const answer = await instantQuery(client, { promql: filled.text, at, lookbackMs: 2 * scrapeMs }, signal);
      switch (answer.kind) {
        case 'result':
          return valuesOf(answer.result, nan);
        case 'refused':
          return { kind: 'refused', reason: `the source refuses it: ${answer.said}` };
        case 'unreadable':
          return { kind: 'unusable', reason: 'its answer is not one of Prometheus' };
        case 'foreign':
          return { kind: 'unreachable', reason: 'it gave no answer of Prometheus' };
        case 'unreachable':
          return { kind: 'unreachable', reason: `it ${answer.reason}` };
      }
    },
  };
}

function valuesOf({ type, series, warnings }: InstantResult, nan: Question['nan']): Taken {
  // A partial answer is unusable: a missing replica would silently change the value.
  if (warnings.length > 0) return { kind: 'unusable', reason: 'it was answered in part only, with warnings' };
  switch (type) {
    case 'scalar':
    case 'vector':
      return takenValues(
        series.flatMap(({ samples }) =>
          samples.map(({ value, text }) => (nan === 'zero' && text === 'NaN' ? 0 : value)),
        ),
      );
    case 'matrix':
    case 'string':
      return { kind: 'refused', reason: `it gives a ${type === 'matrix' ? 'range' : 'string'} instead of values` };
  }
}
