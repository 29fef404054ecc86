import type { Track } from '../../split/order.ts';
import type { CheckRequest, SourceAnswer } from '../source.ts';
import type { QuerySource, Taken } from './query-source.ts';
import { type LabelsOf, namesVersion, wordsOf } from './words.ts';

/** Nothing could ever be shown, for or against. */
const SAME_FOR_BOTH = 'it names none of {{version}}, {{track}} and {{labels}}: both versions would have the same value';

/** Asks every query once, for each known version, as of now. */
export async function askQueries(
  { route, versions, queries }: CheckRequest,
  { sources, labels }: { readonly sources: ReadonlyMap<string, QuerySource>; readonly labels: LabelsOf },
  at: number,
  signal: AbortSignal,
): Promise<readonly SourceAnswer[]> {
  const tracks: readonly Track[] = ['stable', 'canary'];
  const asked = Object.entries(queries).flatMap(([name, check]) =>
    tracks.map(async (track): Promise<readonly SourceAnswer[]> => {
      const version = versions[track];
      if (version === null) return [];
      const common = { check: name, what: name, source: check.source, track, version };
      const source = sources.get(check.source);
      if (!source) {
        return [
          { ...common, outcome: 'undeclared', value: null, says: `serin.yaml declares no source ${check.source}` },
        ];
      }
      if (check.limit === undefined && !namesVersion(check.query)) {
        return [{ ...common, outcome: 'refused', value: null, says: SAME_FOR_BOTH }];
      }
      const question = { query: check.query, nan: check.nan, words: wordsOf(labels, { route, track, version }), at };
      return [{ ...common, ...outcomeOf(await source.take(question, signal)) }];
    }),
  );
  return (await Promise.all(asked)).flat();
}

function outcomeOf(taken: Taken): Pick<SourceAnswer, 'outcome' | 'value' | 'says'> {
  if (taken.kind !== 'value') return { outcome: taken.kind, value: null, says: taken.reason };
  const { value } = taken;
  const says = typeof value === 'number' ? String(value) : `${value.length} values: ${few(value)}`;
  return { outcome: 'value', value, says };
}

function few(values: readonly number[]): string {
  const shown = values.slice(0, 5).join(', ');
  return values.length > 5 ? `${shown}, ...` : shown;
}
