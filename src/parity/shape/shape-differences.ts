import { factText, parentPath } from '../../stats/answers/shape-fact.ts';
import { sightingOfFact } from '../../stats/answers/sighting.ts';
import { rateInterval } from '../../stats/evidence/confidence.ts';
import { isType } from '../../stats/presence/fact-test.ts';
import type { PlaceEvidence, ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import { type Difference, MOST_DIFFERENCES, type SeenShare } from '../differences/difference.ts';
import type { NamedSlot } from './named-slot.ts';
import { sayDifference } from './shape-words.ts';

/** How far the presences of both halves of a rename may be apart. */
const ALIKE = 0.1;

/** The differences that a client would tell apart, the worst first: each cause once. */
export function shapeDifferences(evidence: ShapeEvidence, slots: readonly NamedSlot[]): readonly Difference[] {
  const places = new Map(evidence.places.map((place) => [place.place, place]));
  const single = slots.filter((one) => !isSaidBy(one, slots));
  const renames = renamesIn(single, places);
  const halves = new Set(renames.flatMap(({ from, to }) => [from, to]));
  const all = [
    ...renames.map(({ from, to }) => differenceOf({ ...from, kind: 'renamed', to: to.slot.fact.path })),
    ...single.filter((one) => !halves.has(one)).map(differenceOf),
  ];
  return all.toSorted(byWorth).slice(0, MOST_DIFFERENCES);
}

/** Differences that the policy declares, which are told. */
export function meantDifferences(evidence: ShapeEvidence, meant: readonly NamedSlot[]): readonly Difference[] {
  return shapeDifferences(evidence, meant).map((one) => ({
    ...one,
    effect: 'compatible',
    says: `${one.says}, which is expected`,
  }));
}

/** Whether another slot of the same place says the same, or the cause of it. */
function isSaidBy(one: NamedSlot, all: readonly NamedSlot[]): boolean {
  const { fact, place } = one.slot;
  const others = all.filter((other) => other !== one && other.slot.place === place);
  if (one.kind === 'other-type' && fact.trait === 'present') {
    return others.some(({ slot }) => slot.fact.trait === 'type');
  }
  // An item that lacks a field, and an answer that has it nowhere.
  if (fact.trait === 'absent') {
    return others.some(
      ({ slot }) => slot.fact.trait === 'present' && slot.side === 'missing' && slot.fact.path === fact.path,
    );
  }
  // Words and ranges of what has got another type.
  const isDetail = one.kind === 'wider' || one.kind === 'new-value' || one.kind === 'other-value';
  return isDetail && others.some(({ kind, slot }) => kind === 'retyped' && slot.fact.path === fact.path);
}

interface Rename {
  readonly from: NamedSlot;
  readonly to: NamedSlot;
}

// A candidate: what came beside it, in as many answers, and of the same types. The pair that has the most in common is the first.
function renamesIn(slots: readonly NamedSlot[], places: ReadonlyMap<string, PlaceEvidence>): readonly Rename[] {
  const pairs = slots.flatMap((from) =>
    from.kind !== 'removed' || from.slot.fact.trait !== 'present'
      ? []
      : slots.flatMap((to) => {
          const place = places.get(from.slot.place);
          const alike = place === undefined || !isCandidate(from, to) ? 0 : inCommon(place, from, to);
          return alike === 0 ? [] : [{ from, to, alike }];
        }),
  );
  const taken = new Set<NamedSlot>();
  return pairs
    .toSorted((left, right) => right.alike - left.alike)
    .filter(({ from, to }) => {
      if (taken.has(from) || taken.has(to)) return false;
      taken.add(from).add(to);
      return true;
    });
}

function isCandidate({ slot: from }: NamedSlot, { kind, slot: to }: NamedSlot): boolean {
  if (kind !== 'added' || to.fact.trait !== 'present' || to.place !== from.place) return false;
  if (parentPath(from.fact.path) !== parentPath(to.fact.path) || from.rise === null || to.rise === null) return false;
  return Math.abs(from.rise.xs / from.rise.ns - to.rise.xc / to.rise.nc) <= ALIKE;
}

/** Types, formats, words and decades of both, of which one type has to be the same: 0 where none is. */
function inCommon({ facts }: PlaceEvidence, from: NamedSlot, to: NamedSlot): number {
  const traitsAt = (path: string) =>
    facts.flatMap((fact) => (fact.endsWith(` ${path}`) ? [fact.slice(0, fact.indexOf(' '))] : []));
  const ours = traitsAt(to.slot.fact.path);
  const same = traitsAt(from.slot.fact.path).filter((trait) => trait !== 'present' && ours.includes(trait));
  return same.some((trait) => isType(trait) && trait !== 'null') ? same.length : 0;
}

function differenceOf(named: NamedSlot): Difference {
  const { slot, kind, effect, to } = named;
  const { fact, place, logE, rise } = slot;
  const { nc, xc, ns, xs } = rise ?? { nc: 0, xc: 0, ns: 0, xs: 0 };
  const shares = { canary: seenShare(xc, nc), stable: seenShare(xs, ns) };
  return {
    kind,
    effect,
    place,
    path: pathOf(named),
    to,
    ...shares,
    logHarm: logE,
    firstSeen: rise?.since ?? null,
    sighting: sightingOfFact(place, factText(fact)),
    says: sayDifference(named, shares),
  };
}

function pathOf({ slot: { fact }, kind }: NamedSlot): string {
  if (kind === 'other-type') return 'content-type';
  return fact.trait === 'header' ? `header ${fact.path}` : fact.path;
}

function seenShare(count: number, of: number): SeenShare {
  return { count, of, bounds: rateInterval(count, of) };
}

function byWorth(one: Difference, other: Difference): number {
  if (one.effect !== other.effect) return one.effect === 'breaking' ? -1 : 1;
  return other.logHarm - one.logHarm;
}
