import type { HttpClient } from '../http.ts';
import { type QuerySource, type Taken, takenValues } from '../queries/query-source.ts';
import { fillPromql } from './fill-promql.ts';
import { type InstantAnswer, instantQuery } from './instant-query.ts';

export interface PrometheusValuesOptions {
  /** Of the source: how far apart its samples are, in ms. */
  readonly scrapeMs: number;
}

/**
 * Values of PromQL on a Prometheus, or what answers like one. A sample older than two scrapes is no sample: the server is
 * told so; where it is too old to obey, only a range selector (`last_over_time(m[30s])`) bounds the age in the query
 * itself. A target that stops being scraped is marked stale by Prometheus and gone at once.
 */
export function prometheusValues(client: HttpClient, { scrapeMs }: PrometheusValuesOptions): QuerySource {
  return {
    knows: 'past',
    async take({ query, words, at }, signal) {
      const filled = fillPromql(query, words);
      if (!filled.ok) return { kind: 'refused', reason: filled.reason };
      const asked = { query: filled.text, at, lookbackMs: 2 * scrapeMs };
      return read(await instantQuery(client, asked, signal));
    },
  };
}

function read(answer: InstantAnswer): Taken {
  if (answer.kind === 'refused') return { kind: 'refused', reason: `the source refuses it: ${answer.reason}` };
  if (answer.kind === 'unreachable') return answer;
  const { type, result, warnings } = answer;
  // A partial answer is none: a replica that is missing would change the value unseen.
  if (warnings.length > 0) return { kind: 'unusable', reason: 'it was answered in part only, with warnings' };
  switch (type) {
    case 'scalar':
      return takenValues([numberOf(result)]);
    case 'vector':
      return Array.isArray(result)
        ? takenValues(result.map((series: unknown) => numberOf(valueIn(series))))
        : { kind: 'unusable', reason: 'its answer is not one of Prometheus' };
    case 'matrix':
    case 'string':
      return { kind: 'refused', reason: `it gives a ${type === 'matrix' ? 'range' : 'string'} instead of values` };
    default:
      return { kind: 'unusable', reason: 'its answer is not one of Prometheus' };
  }
}

function valueIn(series: unknown): unknown {
  return typeof series === 'object' && series !== null && 'value' in series ? series.value : undefined;
}

/** `[time, "0.41"]` -> 0.41; null for `NaN`, `+Inf`, a native histogram and whatever else is no number. */
function numberOf(sample: unknown): number | null {
  const text: unknown = Array.isArray(sample) ? sample[1] : undefined;
  return typeof text === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : null;
}
