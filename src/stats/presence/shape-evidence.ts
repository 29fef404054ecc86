import { type GoneFact, MOST_FACTS, MOST_PLACES, type PlaceShape, type ShapeCounts } from '../answers/shape-counts.ts';
import type { FactText } from '../answers/shape-fact.ts';
import type { Bet } from '../evidence/bet.ts';
import { type OnsetSchedule, UNSTARTED } from '../evidence/onset-schedule.ts';
import type { SlotMass } from './slot-mass.ts';

/** What is remembered of the shapes of a route's answers: plain JSON that is written at every look, so it is kept small. */
export interface ShapeEvidence {
  readonly onset: OnsetSchedule;
  /** The mass of the onset mixture that was injected up to the last block. */
  readonly spent: number;
  /** Split epoch of the last block with answers of both versions; null before. */
  readonly epoch: number | null;
  /** End of the last block, epoch ms by the gateway's clock; null before the first. */
  readonly at: number | null;
  /** The block that is gathered from the blocks of the gateway; null between two. */
  readonly filling: {
    readonly stretch: string;
    readonly from: number;
    readonly ms: number;
    readonly epoch: number;
  } | null;
  /** In order of first appearance. */
  readonly places: readonly PlaceEvidence[];
  /** The different processes of all slots, which name theirs by its index: most facts have been true of all answers alike. */
  readonly masses: readonly SlotMass[];
  /** Set once there was more than is remembered. */
  readonly isFull: boolean;
  /** Processes of slots whose facts are gone, for the facts that come next. Omitted for none. */
  readonly free?: readonly FreeSlots[];
  /** What forced answers looked like in the internal phase; omitted outside of it, and before the first. */
  readonly forced?: ForcedShapes;
}

/** The processes of a fact that is gone, by their index; -1 for one that has not bet. */
export interface FreeSlots {
  readonly missing: number;
  readonly extra: number;
}

/** What the forced answers of the canary looked like. */
export interface ForcedShapes {
  /** End of the first block with any, and of the last block, epoch ms by the gateway's clock. */
  readonly since: number;
  readonly until: number;
  readonly shapes: ShapeCounts;
}

/** The lists of a place have the answers themselves first, then its facts in order of first appearance. */
export interface PlaceEvidence {
  readonly place: string;
  readonly facts: readonly FactText[];
  /** How many of them were known when the present block began: the others are learnt from first. */
  readonly settled: number;
  /** Decayed counts of the stable. */
  readonly past: readonly number[];
  /** Answers of the whole rollout that were compared. */
  readonly seen: { readonly canary: number; readonly stable: number };
  /** Counts of the block that is gathered; null while it has none. */
  readonly filling: { readonly canary: readonly number[]; readonly stable: readonly number[] } | null;
  /** Answers of that block whose clients went away before their end; omitted for none. */
  readonly left?: { readonly canary: number; readonly stable: number };
  /** By fact the index of its process, of both tests; -1 before the first bet. */
  readonly missing: readonly number[];
  readonly extra: readonly number[];
  /** Decayed counts of answers with something that is not counted although many have it. Omitted for none. */
  readonly short?: ShortAnswers;
  /** Slots whose evidence rises, by side and fact: `missing 3`. */
  readonly rising: Readonly<Record<string, Rise>>;
}

/** By version, of so many answers so many are short. */
export type ShortAnswers = Readonly<Record<'canary' | 'stable', { readonly answers: number; readonly short: number }>>;

/** What was counted since the evidence of a slot began to rise: the estimated onset. */
export interface Rise {
  /** The rise in nats, of all alternatives together. */
  readonly log: number;
  /** End of its first block, epoch ms by the gateway's clock. */
  readonly since: number;
  readonly nc: number;
  readonly xc: number;
  readonly ns: number;
  readonly xs: number;
}

/** A block of the gateway. A version without answers to compare is null. */
export interface ShapeBlock {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly epoch: number;
  readonly bps: number;
  readonly canary: ShapeCounts | null;
  readonly stable: ShapeCounts | null;
  /** What is not counted any more. */
  readonly gone: readonly GoneFact[];
}

export interface ShapeBet extends Pick<Bet, 'cap' | 'phi' | 'past'> {
  /** Steps of the policy that the onset's mass at changes is divided among. */
  readonly steps: number;
}

export const NO_SHAPES: ShapeEvidence = {
  onset: UNSTARTED,
  spent: 0,
  epoch: null,
  at: null,
  filling: null,
  places: [],
  masses: [],
  isFull: false,
};

/** Adds the counts of a block to the one that is gathered. What is beyond the bounds is not compared. */
export function gatherShapes(evidence: ShapeEvidence, block: ShapeBlock): ShapeEvidence {
  const { filling } = evidence;
  const gathered = {
    stretch: filling?.stretch ?? stretchOf(block),
    from: filling?.from ?? block.startedAt,
    ms: (filling?.ms ?? 0) + block.durationMs,
    epoch: block.epoch,
  };
  const places = [...evidence.places];
  const known = new Map(places.map(({ place }, index) => [place, index]));
  let room = MOST_FACTS - places.reduce((sum, { facts }) => sum + facts.length - 1, 0);
  let { isFull } = evidence;
  for (const track of ['stable', 'canary'] as const) {
    for (const [name, shape] of Object.entries(block[track] ?? {})) {
      const { facts } = shape;
      // Nothing but that something is gone.
      if (shape.answers === 0 && (shape.left ?? 0) === 0) continue;
      const index = known.get(name) ?? places.length;
      if (index >= MOST_PLACES) {
        isFull = true;
        continue;
      }
      known.set(name, index);
      const before = places[index] ?? openPlaceOfShapes(name);
      const grown = withAnswers(withLeft(withShort(before, track, shape), track, shape), track, shape, room);
      room -= grown.facts.length - before.facts.length;
      isFull ||= room <= 0 && Object.keys(facts).some((fact) => !grown.facts.includes(fact));
      places[index] = grown;
    }
  }
  return { ...evidence, filling: gathered, places, isFull };
}

function withShort(
  place: PlaceEvidence,
  track: 'canary' | 'stable',
  { answers, short = 0 }: PlaceShape,
): PlaceEvidence {
  if (short === 0 && place.short === undefined) return place;
  const none = { answers: 0, short: 0 };
  const before = place.short ?? { canary: none, stable: none };
  const sum = { answers: before[track].answers + answers, short: before[track].short + short };
  return { ...place, short: { ...before, [track]: sum } };
}

function withLeft(place: PlaceEvidence, track: 'canary' | 'stable', { left = 0 }: PlaceShape): PlaceEvidence {
  if (left === 0) return place;
  const before = place.left ?? { canary: 0, stable: 0 };
  return { ...place, left: { ...before, [track]: before[track] + left } };
}

/** Blocks of one stretch are gathered together: none spans two splits. */
export function stretchOf({ epoch, bps }: Pick<ShapeBlock, 'epoch' | 'bps'>): string {
  return `${epoch} ${bps}`;
}

/** The instants that are remembered, moved as the clock was. */
export function moveShapes(evidence: ShapeEvidence, byMs: number): ShapeEvidence {
  const { onset, at, filling, places, forced } = evidence;
  return {
    ...evidence,
    ...(forced && { forced: { ...forced, since: forced.since + byMs, until: forced.until + byMs } }),
    onset: onset.startedAt === null ? onset : { ...onset, startedAt: onset.startedAt + byMs },
    at: at === null ? null : at + byMs,
    filling: filling && { ...filling, from: filling.from + byMs },
    places: places.map((place) => ({
      ...place,
      rising: Object.fromEntries(
        Object.entries(place.rising).map(([slot, rise]) => [slot, { ...rise, since: rise.since + byMs }]),
      ),
    })),
  };
}

function openPlaceOfShapes(place: string): PlaceEvidence {
  return {
    place,
    facts: [''],
    settled: 1,
    past: [0],
    seen: { canary: 0, stable: 0 },
    filling: null,
    missing: [-1],
    extra: [-1],
    rising: {},
  };
}

function withAnswers(
  place: PlaceEvidence,
  track: 'canary' | 'stable',
  { answers, facts: counts }: PlaceShape,
  room: number,
): PlaceEvidence {
  const at = new Map(place.facts.map((fact, index) => [fact, index]));
  const fresh = Object.keys(counts)
    .filter((fact) => !at.has(fact))
    .slice(0, Math.max(0, room));
  const facts = fresh.length === 0 ? place.facts : [...place.facts, ...fresh];
  for (const [index, fact] of fresh.entries()) at.set(fact, place.facts.length + index);
  const none = () => facts.map(() => 0);
  const sum = [...(place.filling?.[track] ?? none())];
  while (sum.length < facts.length) sum.push(0);
  sum[0] = (sum[0] ?? 0) + answers;
  for (const [fact, count] of Object.entries(counts)) {
    const index = at.get(fact);
    if (index !== undefined) sum[index] = (sum[index] ?? 0) + count;
  }
  const filling = { canary: place.filling?.canary ?? none(), stable: place.filling?.stable ?? none(), [track]: sum };
  return { ...place, facts, filling };
}
