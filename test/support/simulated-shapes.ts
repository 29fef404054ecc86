import type { PlaceShape, ShapeCounts } from '../../src/stats/answers/shape-counts.ts';
import type { Random } from './random.ts';
import { binomialCount, multinomialCounts } from './random-counts.ts';

/** A field of the answers of a place, in the terms of their shape. */
export interface SimulatedField {
  readonly path: string;
  /** The share of the answers with it; 1 if left out. */
  readonly present?: number;
  /** Of those, the share of null; none if left out. */
  readonly isNull?: number;
  /** What else is said of it: `['string', 'format:uuid']`. */
  readonly traits: readonly string[];
  /** Of one trait each, by share: words, or sizes of numbers. */
  readonly oneOf?: Readonly<Record<string, number>>;
}

export interface SimulatedPlace {
  readonly name: string;
  /** Its part of the traffic. */
  readonly share: number;
  readonly fields: readonly SimulatedField[];
}

/** Of every 1,000 answers one has an error in its body, and nothing of what it should have. */
const ERROR_BODIES = 0.001;

/** The fields of an order, of which many are different in each answer: times, ids, words, numbers, flags, what is rarely there. */
export const NOISY_FIELDS: readonly SimulatedField[] = [
  { path: '/id', traits: ['string', 'format:uuid'] },
  { path: '/created', traits: ['string', 'format:date-time'] },
  {
    path: '/amount',
    traits: ['integer'],
    oneOf: { 'decade:0': 0.2, 'decade:1': 0.5, 'decade:2': 0.28, 'decade:3': 0.02 },
  },
  { path: '/rate', traits: ['number'], oneOf: { 'decade:0': 1 } },
  {
    path: '/status',
    traits: ['string'],
    oneOf: { 'value:PAID': 0.7, 'value:OPEN': 0.25, 'value:VOID': 0.049, 'value:LOST': 0.001 },
  },
  { path: '/isGift', traits: ['boolean'], oneOf: { 'value:false': 0.97, 'value:true': 0.03 } },
  { path: '/note', present: 0.3, traits: ['string'] },
  { path: '/coupon', present: 0.01, traits: ['string'] },
  { path: '/legacy', present: 0.002, traits: ['object'] },
  { path: '/shipped', isNull: 0.4, traits: ['string', 'format:date-time'] },
  { path: '/beta', present: 0.15, traits: ['object'] },
  { path: '/items', traits: ['array'], oneOf: { empty: 0.05 } },
  ...Array.from({ length: 8 }, (_, at) => ({ path: `/field${at}`, present: 1 - at / 10, traits: ['string'] })),
];

/** Ten endpoints, of which the first have the most traffic. */
export const PLACES: readonly SimulatedPlace[] = Array.from({ length: 10 }, (_, at) => ({
  name: `GET /things${at}/{id} 2xx`,
  share: 1 / (at + 1) / 2.929,
  fields: NOISY_FIELDS,
}));

/** What so many answers look like, over all places. */
export function shapesOf(random: Random, places: readonly SimulatedPlace[], answers: number): ShapeCounts {
  const at = multinomialCounts(
    random,
    answers,
    places.map(({ share }) => share),
  );
  return Object.fromEntries(
    places.flatMap(({ name, fields }, index) => {
      const count = at[index] ?? 0;
      return count === 0 ? [] : [[name, shapeOf(random, fields, count)]];
    }),
  );
}

function shapeOf(random: Random, fields: readonly SimulatedField[], answers: number): PlaceShape {
  const errors = binomialCount(random, answers, ERROR_BODIES);
  const facts: Record<string, number> = { 'type application/json': answers, 'present ': answers, 'object ': answers };
  if (errors > 0) facts['present /error'] = facts['string /error'] = errors;
  const well = answers - errors;
  for (const { path, present = 1, isNull = 0, traits, oneOf = {} } of fields) {
    const there = binomialCount(random, well, present);
    const nulls = binomialCount(random, there, isNull);
    const told = Object.entries(oneOf);
    const shares = multinomialCounts(
      random,
      there - nulls,
      told.map(([, share]) => share),
    );
    const counts: [string, number][] = [
      ['present', there],
      ['null', nulls],
      ...traits.map((trait): [string, number] => [trait, there - nulls]),
      ...told.map(([trait], index): [string, number] => [trait, shares[index] ?? 0]),
    ];
    for (const [trait, count] of counts) if (count > 0) facts[`${trait} ${path}`] = count;
  }
  return { answers, facts };
}
