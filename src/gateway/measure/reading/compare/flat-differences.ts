import { parentPath } from '../../../../stats/answers/shape-fact.ts';
import type { FlatDocument } from './flat-document.ts';

/** How a field is another one than that of the stable. */
export type FieldChange = 'value' | 'removed' | 'added' | 'retyped';

/**
 * The fields in which one document differs from another, by path; what is inside of one that differs as a whole is left out. A list
 * differs by its length and by the order of its items: what is in them is compared in any order.
 *
 * @param isAsGood whether one value stands for another that is not quite the same
 */
export function flatDifferences(
  of: FlatDocument,
  from: FlatDocument,
  isAsGood: (now: string, before: string) => boolean = () => false,
): ReadonlyMap<string, FieldChange> {
  const found = new Map<string, FieldChange>();
  const reordered = new Set<string>();
  for (const [path, before] of from) {
    if (isWithin(found, path)) continue;
    const now = of.get(path);
    const change = now === undefined ? 'removed' : changeOf(now, before, isAsGood);
    if (change === 'order') reordered.add(listOf(path));
    else if (change !== null) found.set(path, change);
  }
  for (const path of of.keys()) {
    if (!from.has(path) && !isWithin(found, path)) found.set(path, 'added');
  }
  for (const path of reordered) if (!found.has(path) && !isWithin(found, path)) found.set(path, 'value');
  return found;
}

function changeOf(
  now: readonly string[],
  before: readonly string[],
  isAsGood: (now: string, before: string) => boolean,
): FieldChange | 'order' | null {
  if (now.length !== before.length) return now.length < before.length ? 'removed' : 'added';
  if (now.every((text, at) => text === before[at] || isAsGood(text, before[at] ?? ''))) return null;
  const sorted = before.toSorted();
  const isSame = (other: readonly string[]) => other.toSorted().every((text, at) => text === sorted[at]);
  if (isSame(now)) return 'order';
  const types = (texts: readonly string[]) =>
    texts
      .toSorted()
      .map((text) => text.slice(0, 1))
      .join('');
  return types(now) === types(before) ? 'value' : 'retyped';
}

/** The list whose items have it: several values are those of items, or of the keys of a table. */
function listOf(path: string): string {
  const at = Math.max(path.lastIndexOf('/*'), path.lastIndexOf('/{}'));
  return at < 0 ? path : path.slice(0, at);
}

function isWithin(found: ReadonlyMap<string, unknown>, path: string): boolean {
  for (let above = parentPath(path); above !== null; above = parentPath(above)) if (found.has(above)) return true;
  return false;
}
