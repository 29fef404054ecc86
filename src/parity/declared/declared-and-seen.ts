import { readPlace } from '../../stats/answers/shape-place.ts';
import type { Difference, DifferenceKind } from '../differences/difference.ts';
import type { DeclaredDifference } from './declared-difference.ts';

/** One difference, and whether the documents declare it and the answers show it. */
export interface ToldDifference extends DeclaredDifference {
  readonly told: 'declared-and-seen' | 'declared-and-not-seen' | 'seen-and-not-declared';
}

/** Kinds that one change of a document may be seen as. */
const KIN: readonly (readonly DifferenceKind[])[] = [
  ['removed', 'renamed', 'optional'],
  ['added', 'renamed'],
  ['nullable', 'retyped', 'reformatted'],
  ['new-value', 'other-value'],
];

/**
 * What was declared beside what was seen. A declared path is a template, so a place that was seen belongs to the one whose segments
 * its last segments match: the route may put a prefix in front.
 */
export function declaredAndSeen(
  declared: readonly DeclaredDifference[],
  seen: readonly Pick<Difference, 'kind' | 'effect' | 'place' | 'path' | 'to' | 'says'>[],
): readonly ToldDifference[] {
  const isSame = (one: DeclaredDifference, other: DeclaredDifference): boolean =>
    meansSame(one, other) && isPlace(one.place, other.place);
  return [
    ...seen.map(({ kind, effect, place, path, to, says }): ToldDifference => {
      const isDeclared = declared.some((one) => isSame(one, { kind, effect, place, path, to, says }));
      return { kind, effect, place, path, to, says, told: isDeclared ? 'declared-and-seen' : 'seen-and-not-declared' };
    }),
    ...declared
      .filter((one) => !seen.some((other) => isSame(one, other)))
      .map((one): ToldDifference => ({ ...one, told: 'declared-and-not-seen' })),
  ];
}

function meansSame(declared: DeclaredDifference, seen: DeclaredDifference): boolean {
  const isKin = KIN.some((kinds) => kinds.includes(declared.kind) && kinds.includes(seen.kind));
  if (declared.kind !== seen.kind && !isKin) return false;
  if (declared.kind === 'added' && seen.kind === 'renamed') return declared.path === seen.to;
  if (declared.path !== seen.path) return false;
  return declared.kind !== 'new-value' || declared.to === seen.to || declared.to === 'anything';
}

function isPlace(declared: string, seen: string): boolean {
  const [method, path = '', status] = declared.split(' ');
  const { endpoint, status: seenStatus } = readPlace(seen);
  const [seenMethod, seenPath = ''] = endpoint.split(' ');
  if (method !== seenMethod || status !== seenStatus) return false;
  const segments = path.split('/').filter(Boolean);
  const seenSegments = seenPath.split('/').filter(Boolean);
  if (segments.length > seenSegments.length) return false;
  const last = seenSegments.slice(seenSegments.length - segments.length);
  return segments.every((segment, at) => segment.startsWith('{') || segment === last[at]);
}
