import { describe, expect, it } from 'vitest';
import { methodIndex } from '../../../../src/gateway/http/method.ts';
import { EndpointNames } from '../../../../src/gateway/measure/endpoints/endpoint-names.ts';
import { FactRoom } from '../../../../src/gateway/measure/reading/shape/fact-room.ts';
import type { Answerer } from '../../../../src/gateway/measure/reading/shape/fact-seen.ts';
import { PlaceFacts } from '../../../../src/gateway/measure/reading/shape/place-facts.ts';
import { RouteShapes } from '../../../../src/gateway/measure/reading/shape/route-shapes.ts';
import { ShapeMiner } from '../../../../src/gateway/measure/reading/shape/shape-miner.ts';
import { ShapeTally } from '../../../../src/gateway/measure/reading/shape/shape-tally.ts';
import { shownIn } from '../../../../src/gateway/measure/reading/shape/shown-value.ts';
import { ToldUsers } from '../../../../src/gateway/measure/shapes/told-users.ts';
import { MOST_FACTS, MOST_PLACES } from '../../../../src/stats/answers/shape-counts.ts';

const PLACE = 'GET /a 2xx';
const NOBODY: Answerer = { track: 'canary', consumer: null };
const readIn = (place: PlaceFacts, found: readonly string[], answerer = NOBODY, document: unknown = null) =>
  place.read({ found, answerer, show: shownIn(document) });
const texts = (place: PlaceFacts, found: readonly string[]) => readIn(place, found).facts.map(({ text }) => text);
const word = (n: number) => String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

describe('the facts of a place', () => {
  it('are counted once an answer', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(10), []);
    expect(texts(place, ['present /a', 'present /a'])).toEqual(['present /a']);
    expect(texts(place, ['present /a'])).toEqual(['present /a']);
  });

  it('have the words of a field while they are few, and none of it afterwards', () => {
    const room = new FactRoom(100);
    const place = new PlaceFacts(PLACE, room, []);
    for (let n = 0; n < 20; n += 1) expect(texts(place, [`value:${word(n)} /s`])).toHaveLength(1);
    expect(texts(place, ['value:x /s', 'value:a /s', 'value:a /other'])).toEqual(['value:a /other']);
    expect(texts(place, ['value:a /s'])).toEqual([]);
    expect(room.left).toBe(99);
  });

  it('take an object for a table that has had many names', () => {
    const room = new FactRoom(500);
    const place = new PlaceFacts(PLACE, room, []);
    for (let n = 0; n < 50; n += 1) texts(place, [`present /by/${word(n)}`, `integer /by/${word(n)}`]);
    expect(room.left).toBe(400);
    expect(texts(place, ['present /by/zz', 'present /by/a', 'integer /by/a', 'present /by/q/deep'])).toEqual([
      'present /by/{}',
      'integer /by/{}',
      'present /by/{}/deep',
    ]);
    expect(room.left).toBe(497);
  });

  it('leave out what is ignored, and all below it', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(10), ['/meta', '/items/*/seen']);
    expect(
      texts(place, ['present /meta', 'present /meta/at', 'present /metadata', 'string /items/*/seen', 'header meta']),
    ).toEqual(['present /metadata', 'header meta']);
  });

  it('never grow beyond their room, and say so', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(1), []);
    expect(readIn(place, ['present /a']).isCut).toBe(false);
    expect(readIn(place, ['present /a', 'present /b'])).toMatchObject({ facts: [{ text: 'present /a' }], isCut: true });
    const wide = new PlaceFacts(PLACE, new FactRoom(MOST_FACTS), []);
    for (let n = 0; n < 1_000; n += 1) readIn(wide, [`string /a${word(n)}/b`]);
    expect(readIn(wide, ['string /one/more']).isCut).toBe(true);
    for (let n = 0; n < 10_000; n += 1) readIn(wide, [`string /c${word(n)}/b`]);
    expect(wide.size).toBeLessThanOrEqual(500);
  });
});

describe('what is remembered of a fact', () => {
  const stable: Answerer = { track: 'stable', consumer: 'acme' };
  const by = (consumer: string): Answerer => ({ track: 'canary', consumer });
  const read = (place: PlaceFacts, answerer: Answerer, document: object) => {
    const mined = new ShapeMiner().mine(document);
    if (mined === null) throw new Error('too much');
    place.read({ found: mined.facts, answerer, show: mined.show });
  };

  it('is whose answers lack what those of the stable have, and what is there', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(100), []);
    for (let n = 0; n < 3; n += 1) read(place, stable, { id: n, amount: 5 });
    read(place, by('globex'), { id: 7, total: 5 });
    read(place, by('initech'), { id: 8, amount: 5 });
    expect(place.sightingOf('present /amount')).toEqual({
      consumers: ['globex'],
      examples: [
        { track: 'canary', text: '{"id":7,"total":5}' },
        { track: 'stable', text: '5' },
      ],
    });
    expect(place.sightingOf('present /total')?.consumers).toEqual(['globex']);
    expect(place.sightingOf('present /other')).toBeNull();
  });

  it('is bounded, and redacted', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(100), []);
    for (let n = 0; n < 50; n += 1)
      read(place, by(`c-${n}`), { mail: `ann${n}@example.com`, token: `s3cr3t-${n}-0123456789abcdef` });
    const { consumers = [], examples = [] } = place.sightingOf('string /mail') ?? {};
    expect(consumers).toEqual(Array.from({ length: 10 }, (_, n) => `c-${n + 40}`));
    const texts = [
      ...examples,
      ...(place.sightingOf('string /token')?.examples ?? []),
      ...(place.sightingOf('object ')?.examples ?? []),
    ];
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter(({ text }) => /example\.com|s3cr3t/.test(text))).toEqual([]);
  });
});

describe('the places of a route', () => {
  const open = (isKnown: boolean, templates: readonly string[] = []) =>
    new RouteShapes({ names: new EndpointNames(templates), isKnown: () => isKnown }, []);
  const get = methodIndex('GET');

  it('are named by endpoint and class of status', () => {
    const shapes = open(false);
    expect(shapes.placeOf(get, '/orders/17', 200)?.name).toBe('GET /orders/{id} 2xx');
    expect(shapes.placeOf(get, '/orders/18', 201)).toBe(shapes.placeOf(get, '/orders/17', 200));
    expect(shapes.placeOf(get, '/orders/18', 400)?.name).toBe('GET /orders/{id} 4xx');
  });

  it('are none of what a client made up', () => {
    expect(open(false).placeOf(get, '/nothing', 404)).toBeNull();
    expect(open(true).placeOf(get, '/orders', 404)?.name).toBe('GET /orders 4xx');
    expect(open(false, ['/orders/{id}']).placeOf(get, '/orders/1', 404)?.name).toBe('GET /orders/{id} 4xx');
  });

  it('are bounded, with room for those that the stable is known to answer at', () => {
    const taken = (shapes: RouteShapes) =>
      Array.from({ length: 1_000 }, (_, n) => shapes.placeOf(get, `/${word(n)}`, 200)).filter((one) => one !== null);
    expect(taken(open(false))).toHaveLength(MOST_PLACES / 2);
    expect(taken(open(true))).toHaveLength(MOST_PLACES);
  });
});

describe('the tally of a block', () => {
  it('counts answers and facts by place', () => {
    const place = new PlaceFacts(PLACE, new FactRoom(10), []);
    const tally = new ShapeTally();
    tally.add('GET /a 2xx', readIn(place, ['present /a', 'string /a']));
    tally.add('GET /a 2xx', readIn(place, ['present /a', 'null /a']));
    tally.add('GET /b 2xx', { facts: [], isCut: true, isShort: false, gone: [] });
    expect(tally.read()).toEqual({
      'GET /a 2xx': { answers: 2, facts: { 'present /a': 2, 'string /a': 1, 'null /a': 1 } },
      'GET /b 2xx': { answers: 1, cut: 1, facts: {} },
    });
  });
});

describe('users that were told', () => {
  it('are each taken once an hour at a place', () => {
    const told = new ToldUsers();
    expect([told.isFirst(7, 0, 0), told.isFirst(7, 0, 1_000), told.isFirst(7, 1, 1_000)]).toEqual([true, false, true]);
    expect(told.isFirst(7, 0, 3_600_001)).toBe(true);
  });

  it('are seldom taken for one another', () => {
    const told = new ToldUsers();
    let first = 0;
    for (let key = 0; key < 100_000; key += 1) if (told.isFirst(key, key % 10, 0)) first += 1;
    expect(first).toBeGreaterThan(99_000);
    for (let key = 0; key < 1_000; key += 1) expect(told.isFirst(key, key % 10, 0)).toBe(false);
  });
});
