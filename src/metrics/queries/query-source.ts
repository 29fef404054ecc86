import type { Words } from './words.ts';

export interface Question {
  /** As the policy has it, with its placeholders. */
  readonly query: string;
  readonly words: Words;
  /** Epoch ms for which the value is wanted; a source of the present alone passes it over. */
  readonly at: number;
}

/** What came back for one version. Only `unreachable` is worth asking again; the reasons are clauses about the query. */
export type Taken =
  | { readonly kind: 'value'; readonly value: number | readonly number[] }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Where the values of query checks come from. */
export interface QuerySource {
  /** Whether it can still say what a value was at the end of an interval long past. */
  readonly knows: 'past' | 'present';
  /** Never throws. */
  take(question: Question, signal: AbortSignal): Promise<Taken>;
}

/** More values than a version has pods are a query that was not aggregated. */
const MOST_VALUES = 1_000;

/** One value, or one for each pod; a value that is no finite number (null here) makes all of it unusable. */
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
