import { describe, expect, it } from 'vitest';
import { addShapes, MOST_FACTS, MOST_PLACES, type ShapeCounts } from '../../../../src/stats/answers/shape-counts.ts';
import { factText, parentPath, readFact } from '../../../../src/stats/answers/shape-fact.ts';

const placeWith = (facts: number, from = 0): ShapeCounts => ({
  'GET /a 2xx': {
    answers: 1,
    facts: Object.fromEntries(Array.from({ length: facts }, (_, at) => [`present /f${from + at}`, 1])),
  },
});

describe('the shapes of two tallies', () => {
  it('together have every place and every fact of both', () => {
    const one = { 'GET /a 2xx': { answers: 3, facts: { 'present /x': 3, 'null /x': 1 } } };
    const other = {
      'GET /a 2xx': { answers: 2, facts: { 'present /x': 2, 'string /x': 2 } },
      'GET /a 4xx': { answers: 1, facts: { 'present /error': 1 } },
    };
    expect(addShapes(one, other)).toEqual({
      'GET /a 2xx': { answers: 5, facts: { 'present /x': 5, 'null /x': 1, 'string /x': 2 } },
      'GET /a 4xx': { answers: 1, facts: { 'present /error': 1 } },
    });
  });

  it('keep to the bounds, and count whole what they have', () => {
    const full = placeWith(MOST_FACTS);
    const more = addShapes(full, placeWith(2, MOST_FACTS - 1))['GET /a 2xx'];
    expect(Object.keys(more?.facts ?? {})).toHaveLength(MOST_FACTS);
    expect(more?.facts[`present /f${MOST_FACTS - 1}`]).toBe(2);
    const places = Object.fromEntries(
      Array.from({ length: MOST_PLACES }, (_, at) => [`GET /${at} 2xx`, { answers: 1, facts: {} }]),
    );
    expect(Object.keys(addShapes(places, placeWith(1)))).toHaveLength(MOST_PLACES);
  });

  it('take the names of prototypes for facts like any other', () => {
    const odd: ShapeCounts = {
      constructor: { answers: 1, facts: JSON.parse('{"__proto__":1,"present /__proto__":1}') },
    };
    const sum = addShapes(odd, odd);
    expect(Object.entries(sum['constructor']?.facts ?? {})).toEqual([
      ['__proto__', 2],
      ['present /__proto__', 2],
    ]);
  });
});

describe('a fact', () => {
  it('is read as it was written, whatever its path holds', () => {
    for (const path of ['', '/a', '/a b/c', '/items/*/price', '/ ']) {
      const fact = { trait: 'string', path };
      expect(readFact(factText(fact))).toEqual(fact);
    }
    expect([readFact(''), readFact('present'), readFact(' /a')]).toEqual([null, null, null]);
  });

  it('has a parent but where it is of the whole document', () => {
    expect([parentPath('/a/b'), parentPath('/a'), parentPath('')]).toEqual(['/a', '', null]);
  });
});
