import { isRecord } from '../../../../policy/is-record.ts';
import { exampleOfValue } from '../../../../redact/example.ts';
import { parentPath } from '../../../../stats/answers/shape-fact.ts';

/** Shows parts of one document. */
export type ShowPart = (path: string) => string | null;

/** An example of what a document has at a path of `FactText`, redacted and cut; of an item of a list that has it, if any does. */
export function shownIn(document: unknown): ShowPart {
  return (path) => {
    const found = partsAt(document, path.split('/').slice(1));
    return found === undefined ? null : exampleOfValue(path, found.value);
  };
}

/** An example of an answer with a fact is what is there; of one without it what is there in place of it. */
export function exampleAt(show: ShowPart, path: string, how: 'has' | 'lacks'): string | null {
  return how === 'has' ? show(path) : (show(path) ?? show(parentPath(path) ?? ''));
}

function partsAt(value: unknown, [segment, ...rest]: readonly string[]): { readonly value: unknown } | undefined {
  if (segment === undefined) return { value };
  if (segment === '*') return Array.isArray(value) ? firstOf(value, rest) : undefined;
  if (!isRecord(value)) return undefined;
  if (segment === '{}') return firstOf(Object.values(value), rest);
  const key = keyOf(segment);
  return Object.hasOwn(value, key) ? partsAt(value[key], rest) : undefined;
}

/** Items that are looked through. */
const MOST_ITEMS = 20;

function firstOf(items: readonly unknown[], rest: readonly string[]): { readonly value: unknown } | undefined {
  for (const item of items.slice(0, MOST_ITEMS)) {
    const found = partsAt(item, rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyOf(segment: string): string {
  if (segment === '~2') return '*';
  return segment === '~3' ? '{}' : segment.replaceAll('~0', '~');
}
