import { consumerGroups } from '../../policy/checks/consumer-groups.ts';
import type { ResponseShapeTerms, ShapeExpectation } from '../../policy/checks/shape-checks.ts';
import { type FactText, factText } from '../../stats/answers/shape-fact.ts';
import { readPlace } from '../../stats/answers/shape-place.ts';
import type { ShapeEvidence } from '../../stats/presence/shape-evidence.ts';
import type { NamedSlot } from './named-slot.ts';
import { isPathMeant } from './shape-path.ts';

const ARROW = ' -> ';
/** Log evidence from which on a declared difference counts as seen. */
const SEEN = Math.log(20);
const HEADER = 'header ';

/** What the policy has compared, and what of its declarations has come. */
export interface JudgedSlots {
  readonly slots: readonly NamedSlot[];
  /** What is declared, and has come. */
  readonly meant: readonly NamedSlot[];
  /** By the index of `expect`. */
  readonly seen: ReadonlySet<number>;
}

/** Leaves out what is ignored and what is declared. */
export function judgedSlots(
  { ignore, expect }: Pick<ResponseShapeTerms, 'ignore' | 'expect'>,
  evidence: ShapeEvidence,
  named: readonly NamedSlot[],
): JudgedSlots {
  const facts = new Map(evidence.places.map((place) => [place.place, new Set(place.facts)]));
  const seen = new Set<number>();
  const meant: NamedSlot[] = [];
  const isAt = placesOf(expect);
  const slots = named.filter((one) => {
    const { place } = one.slot;
    if (ignore.some((pattern) => isIgnored(pattern, one))) return false;
    const known = facts.get(place) ?? new Set();
    const met = expect.flatMap((expected, index) =>
      isAt(index, place) && isExpected(expected, one, known) ? [index] : [],
    );
    if (met.length === 0) return true;
    if (one.slot.logE >= SEEN) {
      meant.push(one);
      for (const index of met) seen.add(index);
    }
    return false;
  });
  return { slots, meant, seen };
}

/** Declarations that have not come, in words, where enough answers were compared to have shown them. */
export function unseenExpectations(
  { expect }: Pick<ResponseShapeTerms, 'expect'>,
  { places }: ShapeEvidence,
  seen: ReadonlySet<number>,
  fewest: number,
): readonly string[] {
  const isAt = placesOf(expect);
  return expect.flatMap((expected, index) => {
    const isCompared = places.some(({ place, seen: { canary } }) => canary >= fewest && isAt(index, place));
    return isCompared && !seen.has(index) ? [expectationInWords(expected)] : [];
  });
}

/** `renamed /amount -> /total`, `removed /legacy at GET /orders/{id} for acme` */
function expectationInWords({ endpoint, consumers = [], ...declared }: ShapeExpectation): string {
  const [[kind, what] = ['', '']] = Object.entries(declared);
  return `${kind} ${what}${endpoint === undefined ? '' : ` at ${endpoint}`}${forWhom(consumers)}`;
}

function forWhom([first, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  return ` for ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

/** Whether what is expected, by its index, is expected of the answers at a place. */
function placesOf(expect: readonly ShapeExpectation[]): (index: number, place: string) => boolean {
  const groups = new Map(consumerGroups(expect).map(({ name, expects }) => [name, expects]));
  return (index, place) => {
    const { endpoint, group } = readPlace(place);
    const expected = expect[index];
    if (expected?.endpoint !== undefined && expected.endpoint !== endpoint) return false;
    if (expected?.consumers === undefined) return true;
    return group !== null && (groups.get(group)?.includes(index) ?? false);
  };
}

function isIgnored(pattern: string, { slot: { fact } }: NamedSlot): boolean {
  if (fact.trait === 'type') return false;
  if (fact.trait === 'header') return pattern === `${HEADER}${fact.path}`;
  return !pattern.startsWith(HEADER) && isPathMeant(pattern, fact.path);
}

function isExpected(expected: ShapeExpectation, named: NamedSlot, known: ReadonlySet<FactText>): boolean {
  const { fact } = named.slot;
  const name = fact.trait === 'header' ? `${HEADER}${fact.path}` : fact.path;
  const isAt = (path: string) => path === name;
  const isBecome = (declared: string) => {
    const [path = '', to] = declared.split(ARROW);
    return isAt(path) && (to === undefined || to === named.to);
  };
  const goes = named.kind === 'removed' || named.kind === 'optional';
  if ('renamed' in expected) {
    const [from = '', to = ''] = expected.renamed.split(ARROW);
    // Where the new name does not come, the old one is gone for good, which nobody declared.
    return named.kind === 'added'
      ? isAt(to)
      : goes && isAt(from) && known.has(factText({ trait: 'present', path: to }));
  }
  if ('removed' in expected) return goes && isAt(expected.removed);
  if ('added' in expected) return named.kind === 'added' && isAt(expected.added);
  if ('retyped' in expected) return named.kind === 'retyped' && isBecome(expected.retyped);
  if ('nullable' in expected) return named.kind === 'nullable' && isAt(expected.nullable);
  if ('optional' in expected) return named.kind === 'optional' && isAt(expected.optional);
  if ('newValue' in expected) {
    // A word that is the only one of its version is new as well.
    const { rise } = named.slot;
    const isNew = named.kind === 'new-value' || (named.kind === 'other-value' && rise?.xs === 0);
    return isNew && isBecome(expected.newValue);
  }
  if ('reformatted' in expected) return named.kind === 'reformatted' && isBecome(expected.reformatted);
  return (
    named.kind === 'other-type' &&
    (named.to === expected.type || (named.to === 'no JSON' && !/json/i.test(expected.type)))
  );
}
