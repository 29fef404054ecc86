import type { z } from 'zod';
import type { Issue } from '../problem/problem.ts';
import { validate } from './explain.ts';
import type { SourceDocument } from './place.ts';
import { parseYaml } from './yaml.ts';

export type DocumentReading<T> =
  | { readonly ok: true; readonly value: T; readonly document: SourceDocument }
  | {
      readonly ok: false;
      readonly issues: readonly Issue[];
      /** The plain data and its places when only the schema refused it; null when it is not YAML that we accept. */
      readonly rest: { readonly value: unknown; readonly document: SourceDocument } | null;
    };

/**
 * A YAML text read by a schema: its value, or every issue with file, line, column, the line itself and a caret, in the
 * order of the text. `document.issue` does the same for faults found later. It never throws.
 */
export function readDocument<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
  mostBytes?: number,
): DocumentReading<z.output<S>> {
  const yaml = parseYaml(text, file, mostBytes);
  if (!yaml.ok) return { ok: false, issues: yaml.issues, rest: null };
  const { value, document } = yaml;
  const validation = validate(schema, value);
  if (validation.ok) return { ok: true, value: validation.value, document };
  return { ok: false, issues: inOrder(validation.faults.map(document.issue)), rest: { value, document } };
}

/** Issues in the order of the text. */
export function inOrder(issues: readonly Issue[]): readonly Issue[] {
  return issues.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}
