import { describe, expect, it } from 'vitest';
import { FactRoom } from '../../../../src/gateway/measure/reading/shape/fact-room.ts';
import type { Answerer } from '../../../../src/gateway/measure/reading/shape/fact-seen.ts';
import { PlaceFacts, type ReadFacts } from '../../../../src/gateway/measure/reading/shape/place-facts.ts';
import { ShapeMiner } from '../../../../src/gateway/measure/reading/shape/shape-miner.ts';
import { MOST_FACTS } from '../../../../src/stats/answers/shape-counts.ts';

const STABLE: Answerer = { track: 'stable', consumer: null };
const CANARY: Answerer = { track: 'canary', consumer: null };
const miner = new ShapeMiner();
const letters = (n: number) => String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

function read(place: PlaceFacts, document: object, answerer = STABLE): ReadFacts {
  const mined = miner.mine(document);
  if (mined === null) throw new Error('too much');
  return place.read({ found: mined.facts, answerer, show: () => null });
}

const has = ({ facts }: ReadFacts, text: string) => facts.some((fact) => fact.text === text);

/** What a client makes of an answer that has the names it asks for: 24 objects of 45 names, three of them at a time. */
function named(n: number): object {
  const names = Object.fromEntries(Array.from({ length: 45 }, (_, name) => [`x${letters(name)}q`, 1]));
  return Object.fromEntries([0, 1, 2].map((of) => [`k${letters((3 * n + of) % 24)}`, names]));
}

const opened = () => new PlaceFacts('POST /graphql 2xx', new FactRoom(MOST_FACTS), []);

describe('the room for facts', () => {
  it('is not taken by names that a client chose, of what most answers have', () => {
    const place = opened();
    for (let n = 0; n < 400; n += 1) read(place, { data: named(n), amount: 1 });
    for (let n = 0; n < 8; n += 1) {
      const answer = read(place, { data: {}, total: 'much' }, CANARY);
      // The first says too little of how many have it.
      if (n > 0)
        expect([has(answer, 'present /total'), has(answer, 'string /total'), answer.isCut]).toEqual([
          true,
          true,
          false,
        ]);
    }
    expect(has(read(place, { data: {}, amount: 'much' }, CANARY), 'string /amount')).toBe(true);
  });

  it('goes to what a quarter of the answers has, although names were there before', () => {
    const place = opened();
    for (let n = 0; n < 30; n += 1) read(place, { data: named(n) });
    const counted = Array.from({ length: 100 }, (_, n) => {
      for (let other = 0; other < 3; other += 1) read(place, { data: named(3 * n + other) });
      return has(read(place, { data: {}, late: 1 }), 'integer /late');
    });
    expect(counted.slice(60)).toEqual(counted.slice(60).map(() => true));
  });

  it('tells what is gone, and which answers have what many have and is not counted', () => {
    const place = opened();
    for (let n = 0; n < 40; n += 1) read(place, { data: named(n) });
    // As many as there is room for, in all answers of another kind.
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`w${letters(at)}`, { a: 1, b: 1 }]));
    const gone = Array.from({ length: 40 }, () => read(place, wide).gone).flat();
    expect(gone).toContainEqual({ place: 'POST /graphql 2xx', text: expect.stringMatching(/^present \/data\/k/) });
    const full = new PlaceFacts('GET /a 2xx', new FactRoom(6), []);
    for (let n = 0; n < 20; n += 1) read(full, { a: 1 });
    expect(read(full, { a: 1, b: 1 })).toMatchObject({ isCut: true, isShort: false });
    for (let n = 0; n < 20; n += 1) read(full, { a: 1, b: 1 });
    expect(read(full, { a: 1, b: 1 })).toMatchObject({ isCut: true, isShort: true });
  });

  it('is shared by the places of a route', () => {
    const room = new FactRoom(100);
    const [one, other] = [new PlaceFacts('GET /a 2xx', room, []), new PlaceFacts('GET /b 2xx', room, [])];
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`w${letters(at)}`, 1]));
    for (let n = 0; n < 5; n += 1) read(one, many);
    expect(one.size).toBeGreaterThan(90);
    read(one, {});
    const small = read(other, { id: 1, amount: 5 });
    expect([has(small, 'integer /amount'), small.isCut, small.gone.length > 0]).toEqual([true, false, true]);
    expect(one.size + other.size).toBeLessThanOrEqual(100);
  });

  it('keeps what most answers have beside keys that are data', () => {
    const place = opened();
    for (let n = 0; n < 200; n += 1) read(place, { data: { amount: 5, [`key${letters(n)}`]: 1 } });
    const answer = read(place, { data: { amount: 5, keyzz: 1 } });
    expect([has(answer, 'present /data/amount'), has(answer, 'present /data/{}')]).toEqual([true, true]);
    expect(has(read(place, { data: { total: 5 } }, CANARY), 'present /data/amount')).toBe(false);
  });
});
