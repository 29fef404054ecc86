import { parentPath } from '../../stats/answers/shape-fact.ts';
import type { Difference, DifferenceKind } from '../differences/difference.ts';
import type { DeclaredField, DeclaredFields } from './declared-field.ts';
import type { DeclaredShapes } from './declared-shape.ts';

/** What the canary's document says otherwise than the stable's; see `Difference`, which is what was seen. */
export type DeclaredDifference = Pick<Difference, 'kind' | 'effect' | 'place' | 'path' | 'to' | 'says'>;

/**
 * Of the answers that both documents declare, what their clients have to know; and the answers that only one of them declares.
 * What is narrower than before (a field that is no longer null) breaks nobody, and is left out.
 */
export function declaredDifferences(stable: DeclaredShapes, canary: DeclaredShapes): readonly DeclaredDifference[] {
  const found: DeclaredDifference[] = [];
  for (const [place, fields] of stable) {
    const others = canary.get(place);
    // Of a hostile document there are more than one call takes as arguments.
    if (others) for (const one of ofPlace(place, fields, others)) found.push(one);
    else found.push(difference('removed', place, '', null, `${place} is not declared any more`));
  }
  for (const place of canary.keys()) {
    if (!stable.has(place)) found.push(difference('added', place, '', null, `${place} is new`));
  }
  return found.toSorted((one, other) => Number(one.effect === 'compatible') - Number(other.effect === 'compatible'));
}

function ofPlace(place: string, stable: DeclaredFields, canary: DeclaredFields): DeclaredDifference[] {
  const gone = missingIn(stable, canary);
  const come = missingIn(canary, stable);
  const renamed = pairs(gone, come, stable, canary);
  const taken = new Set(renamed.values());
  return [
    ...gone.map((path) => {
      const to = renamed.get(path) ?? null;
      return to === null
        ? difference('removed', place, path, null, `${path} is gone`)
        : difference('renamed', place, path, to, `${path} is now ${to}`);
    }),
    ...[...stable].flatMap(([path, field]) => {
      const now = canary.get(path);
      return now ? ofField(place, path, field, now) : [];
    }),
    ...come.filter((path) => !taken.has(path)).map((path) => difference('added', place, path, null, `${path} is new`)),
  ];
}

/** The topmost only: with an object goes all that is in it. */
function missingIn(fields: DeclaredFields, others: DeclaredFields): string[] {
  const isMissing = (path: string): boolean => fields.has(path) && !others.has(path);
  return [...fields.keys()].filter((path) => isMissing(path) && !isMissing(parentPath(path) ?? path));
}

/** A field that went and one that came beside it are taken for one, where no other could be meant. */
function pairs(
  gone: readonly string[],
  come: readonly string[],
  stable: DeclaredFields,
  canary: DeclaredFields,
): ReadonlyMap<string, string> {
  const group = (paths: readonly string[], fields: DeclaredFields) =>
    Map.groupBy(paths, (path) => JSON.stringify([parentPath(path), kindOf(fields.get(path))]));
  const others = group(come, canary);
  const found = new Map<string, string>();
  for (const [alike, [path, ...more]] of group(gone, stable)) {
    const [to, ...moreTo] = others.get(alike) ?? [];
    if (path !== undefined && to !== undefined && more.length + moreTo.length === 0) found.set(path, to);
  }
  return found;
}

function kindOf(field: DeclaredField | undefined): string {
  return JSON.stringify([field?.types, field?.format, field?.values]);
}

function ofField(place: string, path: string, was: DeclaredField, now: DeclaredField): DeclaredDifference[] {
  const shown = path === '' ? 'the answer' : path;
  const found: DeclaredDifference[] = [];
  const more = moreTypes(was.types, now.types);
  const others = more.filter((type) => type !== 'null');
  if (others.length > 0) {
    const to = now.types.length === 0 ? 'anything' : others.join(' or ');
    found.push(difference('retyped', place, path, to, `${shown} may be ${to}, not only ${was.types.join(' or ')}`));
  }
  if (more.includes('null')) found.push(difference('nullable', place, path, 'null', `${shown} may be null`));
  if (now.optional && !was.optional) found.push(difference('optional', place, path, null, `${shown} may be missing`));
  if (was.format !== null && now.format !== was.format && others.length === 0) {
    const to = now.format ?? 'any text';
    found.push(difference('reformatted', place, path, to, `${shown} is ${to}, and was ${was.format}`));
  }
  if (was.values !== null && others.length === 0) {
    const before = new Set(was.values);
    const values = now.values?.filter((value) => !before.has(value)) ?? ['anything'];
    for (const to of values) found.push(difference('new-value', place, path, to, `${shown} may be ${to}`));
  }
  return found;
}

/** An integer is a number, so that a number which became an integer is nothing new. */
function moreTypes(was: readonly string[], now: readonly string[]): readonly string[] {
  if (was.length === 0) return [];
  if (now.length === 0) return ['anything'];
  return now.filter((type) => !was.includes(type) && !(type === 'integer' && was.includes('number')));
}

function difference(
  kind: DifferenceKind,
  place: string,
  path: string,
  to: string | null,
  says: string,
): DeclaredDifference {
  return { kind, effect: kind === 'added' ? 'compatible' : 'breaking', place, path, to, says };
}
