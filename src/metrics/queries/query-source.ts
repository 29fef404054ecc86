import type { QueryCheck } from '../../policy/checks/query-check.ts';
import type { Words } from './words.ts';

export interface Question {
  /** As written in the policy, with its placeholders. */
  readonly query: string;
  readonly words: Words;
  /** What NaN is: no value by default. */
  readonly nan?: QueryCheck['nan'];
  /** The time of the wanted value, epoch ms; a source that only knows the present ignores it. */
  readonly at: number;
}

/** What came back for one version. Only `unreachable` is worth a retry; the reasons are clauses about the query. */
export type Taken =
  | { readonly kind: 'value'; readonly value: number | readonly number[] }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Where the values of query checks come from. */
export interface QuerySource {
  /** Whether it can still return a value for the end of an interval long past. */
  readonly knows: 'past' | 'present';
  /** Never throws. */
  take(question: Question, signal: AbortSignal): Promise<Taken>;
}

/** More values than a version has pods mean that the query was not aggregated. */
const MOST_VALUES = 1_000;

/** One value, or one per pod; a value that is not a finite number (null here) makes all of them unusable. */
export function takenValues(values: readonly (number | null)[]): Taken {
  if (values.length === 0) return { kind: 'nothing', reason: 'it selects nothing' };
  if (values.length > MOST_VALUES) {
    return { kind: 'refused', reason: `it gives ${values.length} values, and at most ${MOST_VALUES} are taken` };
  }
  const finite = values.flatMap((value) => (value !== null && Number.isFinite(value) ? [value] : []));
  if (finite.length < values.length) return { kind: 'unusable', reason: 'it gives what is no finite number' };
  const [only] = finite;
  return { kind: 'value', value: finite.length === 1 && only !== undefined ? only : finite };
}
