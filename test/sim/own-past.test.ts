import { describe, expect, it } from 'vitest';
import type { ConsumerDay } from '../../src/consumers/ledger/consumer-day.ts';
import { addedUp, compareWithPast, type OwnPast } from '../../src/consumers/ledger/own-past.ts';
import { type Answering, dayAt, dayOf, driftOf, PAST_DAYS } from '../support/ledger-world.ts';
import { type Random, seededRandom } from '../support/random.ts';

const CONSUMERS = 200;
const AFTER_DAYS = 7;
const TERMS = { alpha: 0.01, consumers: CONSUMERS, phi: 2 };

interface World {
  /** Of the days of each consumer, and of the days of all. */
  readonly own: number;
  readonly common: number;
  /** Every version is so many times as bad on the third day after the move. */
  readonly incident: number;
}

const between = (random: Random, low: number, high: number) => low * (high / low) ** random();

/** All moved at once or one half, as they are found at the end of each day; the first finding other than `no-worse` is kept. */
function outcomes(seed: number, { own, common, incident }: World, moved: number): readonly OwnPast['kind'][] {
  const random = seededRandom(seed);
  const drifts = Array.from({ length: PAST_DAYS + AFTER_DAYS }, () => driftOf(random, common));
  const rows = Array.from({ length: CONSUMERS }, (_, index) => {
    const answering: Answering = {
      perDay: Math.round(between(random, 5, 5_000)),
      errors: between(random, 0.0005, 0.03),
      clientErrors: between(random, 0.001, 0.1),
      medianMs: between(random, 5, 500),
    };
    return drifts.map((drift, at) => {
      const day = at - PAST_DAYS;
      const version = index < moved && day >= 0 ? 'v2' : 'v1';
      const worse = day === 2 ? incident : 1;
      return dayOf(random, `c${index}`, { version, day: dayAt(day) }, answering, worse * drift * driftOf(random, own));
    });
  });
  const found = rows.slice(0, moved).map((): OwnPast['kind'] => 'no-worse');
  for (let last = 0; last < AFTER_DAYS; last += 1) {
    const until = (days: readonly ConsumerDay[]) => days.slice(0, PAST_DAYS + last + 1);
    const others = addedUp(rows.slice(moved).flatMap(until));
    for (const [index, days] of rows.slice(0, moved).entries()) {
      const asked = { stable: 'v1', canary: 'v2', sinceDay: dayAt(0), own: until(days), others };
      const { kind } = compareWithPast(asked, TERMS);
      if (found[index] !== 'worse' && kind !== 'no-worse') found[index] = kind;
    }
  }
  return found;
}

const countOf = (found: readonly OwnPast['kind'][], kind: OwnPast['kind']) =>
  found.filter((one) => one === kind).length;

describe('consumers whose versions are the same', () => {
  const runs = [
    ['days that are much alike', { own: 0.1, common: 0.1, incident: 1 }],
    ['days that differ by a third for each and by a third for all', { own: 0.3, common: 0.3, incident: 1 }],
    ['days that differ by a half for each', { own: 0.5, common: 0.1, incident: 1 }],
    ['a day on which everything is six times as bad', { own: 0.2, common: 0.2, incident: 6 }],
  ] as const;

  it.each(runs)('are not found to be worse: %s', (_, world) => {
    const found = outcomes(1, world, 100);
    expect(countOf(found, 'worse')).toBe(0);
    if (world.incident > 1) expect(countOf(found, 'alike')).toBeGreaterThan(0);
  });

  it('would be found, by the day that was bad for all, if nobody had stayed', () => {
    const found = outcomes(1, { own: 0.2, common: 0.2, incident: 6 }, CONSUMERS);
    expect(countOf(found, 'worse')).toBeGreaterThan(0);
  });
});

const USUAL: Answering = { perDay: 1_000, errors: 0.005, clientErrors: 0.02, medianMs: 40 };

/** Requests on the new version after which it is found, in the middle of 11; null where half are not found in 5,000. */
function foundAfter(worse: Partial<Answering>): number | null {
  const random = seededRandom(7);
  const needed = Array.from({ length: 11 }, () => {
    const past = Array.from({ length: PAST_DAYS }, (_, at) =>
      dayOf(random, 'acme', { version: 'v1', day: dayAt(at - PAST_DAYS) }, USUAL, driftOf(random, 0.2)),
    );
    const parts: ConsumerDay[] = [];
    for (let requests = 20, part = 20; requests <= 5_000; part = Math.ceil(requests / 10), requests += part) {
      const on = { version: 'v2', day: dayAt(Math.floor(requests / 1_000)) };
      parts.push(dayOf(random, 'acme', on, { ...USUAL, ...worse, perDay: part }));
      const asked = { stable: 'v1', canary: 'v2', sinceDay: dayAt(0), own: [...past, ...addedUp(parts)], others: [] };
      if (compareWithPast(asked, TERMS).kind === 'worse') return requests;
    }
    return Number.POSITIVE_INFINITY;
  });
  const median = needed.toSorted((a, b) => a - b)[5] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(median) ? median : null;
}

describe('a consumer that is worse off on the new version, among 200', () => {
  it.each([
    ['every request fails', { errors: 1 }, 40],
    ['a fifth of its requests fail', { errors: 0.2 }, 300],
    ['ten times as many fail', { errors: 0.05 }, 2_500],
    ['every request is refused', { clientErrors: 1, errors: 0 }, 60],
    ['a quarter is refused', { clientErrors: 0.25 }, 600],
    ['answers take three times as long', { medianMs: 120 }, 200],
  ] as const)('is found: %s', (_, worse, most) => {
    expect(foundAfter(worse)).toBeLessThanOrEqual(most);
  });

  it('is not found, and said to be too quiet, where nothing could show it', () => {
    const random = seededRandom(3);
    const own = [
      dayOf(random, 'acme', { version: 'v1', day: dayAt(-1) }, { ...USUAL, perDay: 60 }),
      dayOf(random, 'acme', { version: 'v2', day: dayAt(0) }, { ...USUAL, errors: 1 }),
    ];
    const asked = { stable: 'v1', canary: 'v2', sinceDay: dayAt(0), own, others: [] };
    expect(compareWithPast(asked, TERMS).kind).toBe('too-few');
  });
});
