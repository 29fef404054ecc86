import { openSigns, type SignTest, stepSigns } from './signs.ts';
import { SLOTS } from './slots.ts';

/** What the canary has that was never seen of the stable: templates of a level, or calls (docs/statistics.md section 3.26). */
export interface Appearances {
  /** Names that the stable has had, at most `MOST_KNOWN`. */
  readonly known: readonly string[];
  /** Names that the canary had first, each tested from the interval after. */
  readonly fresh: readonly Fresh[];
  /** Different names that found no slot. */
  readonly untested: number;
}

export interface Fresh {
  readonly name: string;
  readonly test: SignTest;
  /** End of the interval in which it came first, epoch ms. */
  readonly since: number;
  readonly canary: Lines;
  readonly stable: Lines;
}

/** Lines since the name came, in how many intervals there were any, and the requests beside them. */
export interface Lines {
  readonly lines: number;
  readonly intervals: number;
  readonly requests: number;
}

/** One interval of both versions. */
export interface NamesInInterval {
  readonly until: number;
  readonly canary: Readonly<Record<string, number>>;
  readonly stable: Readonly<Record<string, number>>;
  readonly requests: { readonly canary: number; readonly stable: number };
  /** Of the canary's requests those that nobody drew. */
  readonly undrawn: number;
  /** Whether the stable had more names than are told apart: a name may hide there. */
  readonly stableHas: 'all-named' | 'unnamed';
}

const MOST_KNOWN = 500;
/** How much more often than the stable the canary may have it, for each request. */
const TIMES = 1.25;
/** Machines log as well as requests: a version counts as this part of the traffic at least. */
const LEAST_PART = 0.05;

export const NOTHING_SEEN: Appearances = { known: [], fresh: [], untested: 0 };

/** Remembers what the stable has, which is never new. */
export function learnNames(state: Appearances, stable: Readonly<Record<string, number>>): Appearances {
  const known = new Set(state.known);
  const before = known.size;
  for (const [name, count] of Object.entries(stable)) {
    if (known.size >= MOST_KNOWN) break;
    if (count > 0) known.add(name);
  }
  return known.size === before ? state : { ...state, known: [...known] };
}

/**
 * One interval. A request is drawn for the canary with its share w of the traffic. Of the requests that had the name in an interval,
 * however many and however they hang together, all are the canary's with a chance of at most w: that goes against it. That
 * the stable has it goes for it. Several lines in an interval count once. Requests that nobody drew may all be of one kind, so that a name
 * of which there are no more lines than such requests goes against nobody.
 */
export function stepAppearances(state: Appearances, interval: NamesInInterval): Appearances {
  const { canary, stable, requests, undrawn, until, stableHas } = interval;
  const chance = chanceOf(requests);
  const has = (names: Readonly<Record<string, number>>, name: string) =>
    Object.hasOwn(names, name) && (names[name] ?? 0) > 0;
  const fresh = state.fresh.map((known): Fresh => {
    const counted = {
      ...known,
      canary: addLines(known.canary, canary, known.name, requests.canary),
      stable: addLines(known.stable, stable, known.name, requests.stable),
    };
    if (has(stable, known.name)) return { ...counted, test: stepSigns(known.test, 'for', chance) };
    const isOfDrawn = counted.canary.lines - known.canary.lines > undrawn;
    if (!isOfDrawn || stableHas === 'unnamed') return counted;
    return { ...counted, test: stepSigns(known.test, 'against', chance) };
  });
  const listed = new Set([...state.known, ...fresh.map(({ name }) => name)]);
  const isNew = (name: string) => has(canary, name) && !has(stable, name) && !listed.has(name);
  // What came most often first: it is tested from the next interval on, by lines that say nothing of which came in this one.
  const come = Object.keys(canary)
    .filter(isNew)
    .toSorted((left, right) => (canary[right] ?? 0) - (canary[left] ?? 0));
  // With all that is known of the stable forgotten in part, nothing can be said to be new.
  const room = state.known.length >= MOST_KNOWN ? 0 : SLOTS - fresh.length;
  const opened = come.slice(0, Math.max(0, room)).map(
    (name): Fresh => ({
      name,
      test: openSigns(),
      since: until,
      canary: addLines(NO_LINES, canary, name, requests.canary),
      stable: { lines: 0, intervals: 0, requests: requests.stable },
    }),
  );
  return { ...state, fresh: [...fresh, ...opened], untested: state.untested + come.length - opened.length };
}

/** Lines of the canary in an interval whose name is neither known of the stable, nor tested, nor expected. */
export function untestedLines(
  { known, fresh }: Appearances,
  { canary, stable, stableHas }: NamesInInterval,
  isExpected: (name: string) => boolean,
): number {
  // A name may hide where the stable's are not told apart, so that none of the new ones is tested.
  const tested = stableHas === 'unnamed' ? [] : fresh.map(({ name }) => name);
  const listed = new Set([...known, ...Object.keys(stable), ...tested]);
  return Object.entries(canary).reduce(
    (sum, [name, lines]) => sum + (listed.has(name) || isExpected(name) ? 0 : lines),
    0,
  );
}

const NO_LINES: Lines = { lines: 0, intervals: 0, requests: 0 };

function addLines(before: Lines, names: Readonly<Record<string, number>>, name: string, requests: number): Lines {
  const lines = Object.hasOwn(names, name) ? (names[name] ?? 0) : 0;
  return {
    lines: before.lines + lines,
    intervals: before.intervals + (lines > 0 ? 1 : 0),
    requests: before.requests + requests,
  };
}

/** The chance of "against" at the edge of the null. */
export function chanceOf({ canary, stable }: NamesInInterval['requests']): number {
  const share = Math.min(1 - LEAST_PART, Math.max(LEAST_PART, canary / (canary + stable)));
  return (TIMES * share) / (TIMES * share + 1 - share);
}
