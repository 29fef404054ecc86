import { learnCount, leastShare, NOTHING_COUNTED, type PastCount, usualShare } from './past-count.ts';
import { openSigns, type Sign, type SignTest, stepSigns } from './signs.ts';

/** How often each of several things comes, for each request or for each line. */
export type Rated = readonly RatedName[];

export interface RatedName {
  readonly name: string;
  readonly past: PastCount;
  readonly more: SignTest;
  readonly less: SignTest;
  /** The canary has next to none where it should have some. */
  readonly gone: SignTest;
  /** Sums over the intervals that were compared. */
  readonly canary: Seen;
  readonly stable: Seen;
  /** End of the first interval that was compared, epoch ms; null before it. */
  readonly since: number | null;
}

interface Seen {
  readonly count: number;
  readonly of: number;
}

export interface RateMargin {
  /** The canary's share may be this times the stable's, plus `a`; and the other way round. */
  readonly rho: number;
  readonly a: number;
}

/** One interval of both versions. */
export interface RatedInterval {
  readonly canary: RatedCounts;
  readonly stable: RatedCounts;
  /** Of fields the lines that could have them: a version that logs less has lost lines, and no field. */
  readonly lines?: { readonly canary: number; readonly stable: number };
  readonly until: number;
}

/** Counts by name, and what they are counts of. */
export interface RatedCounts {
  readonly counts: Readonly<Record<string, number>>;
  readonly of: number;
}

/** Two directions of each take all the slots of a kind. */
const MOST_RATED = 50;
/** Of intervals in which a few clumps are to be expected, fewer than one in a hundred have none. */
const GONE = 0.2;
/** With less than this part of what is to be expected something counts as gone. */
const LEFT = 0.1;
const EITHER = 0.5;

const NOTHING: Seen = { count: 0, of: 0 };

/** One interval of the stable becomes past: names take the free places as they come, of one interval the most frequent first. */
export function learnRates(
  state: Rated,
  { counts, of }: RatedCounts,
  durationMs: number,
  most: number = MOST_RATED,
): Rated {
  const listed = new Set(state.map(({ name }) => name));
  const fresh = Object.entries(counts)
    .filter(([name]) => !listed.has(name))
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, Math.max(0, most - state.length));
  const opened = fresh.map(
    ([name]): RatedName => ({
      name,
      past: NOTHING_COUNTED,
      more: openSigns(),
      less: openSigns(),
      gone: openSigns(),
      canary: NOTHING,
      stable: NOTHING,
      since: null,
    }),
  );
  return [...state, ...opened].map((rated) => ({
    ...rated,
    past: learnCount(rated.past, countOf(counts, rated.name), of, durationMs),
  }));
}

/** One interval of both versions, before it becomes past; it bets where the canary is to be expected to have a few clumps. */
export function stepRates(
  state: Rated,
  { canary, stable, lines, until }: RatedInterval,
  { rho, a }: RateMargin,
): Rated {
  return state.map((rated) => {
    const caused = leastShare(rated.past, canary.of);
    if (stable.of === 0 || caused === null) return rated;
    const [xc, xs] = [countOf(canary.counts, rated.name), countOf(stable.counts, rated.name)];
    const [c, s] = [xc / canary.of, xs / stable.of];
    // Of the present and the past of the stable the one that speaks for the canary.
    const [high, low] = [Math.max(s, usualShare(rated.past)), Math.min(s, caused)];
    const isLost = lines === undefined || xc * lines.stable < LEFT * xs * lines.canary;
    const sign = (isAgainst: boolean): Sign => (isAgainst ? 'against' : 'for');
    return {
      ...rated,
      more: stepSigns(rated.more, sign(c > rho * high + a), EITHER),
      less: stepSigns(rated.less, sign(low > rho * c + a), EITHER),
      gone: stepSigns(rated.gone, sign(c < LEFT * low && isLost), GONE),
      canary: { count: rated.canary.count + xc, of: rated.canary.of + canary.of },
      stable: { count: rated.stable.count + xs, of: rated.stable.of + stable.of },
      since: rated.since ?? until,
    };
  });
}

function countOf(counts: Readonly<Record<string, number>>, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}
