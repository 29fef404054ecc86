import { describe, expect, it } from 'vitest';
import { methodIndex } from '../../../../src/gateway/http/method.ts';
import { EndpointNames } from '../../../../src/gateway/measure/endpoints/endpoint-names.ts';
import { RouteShapes } from '../../../../src/gateway/measure/reading/shape/route-shapes.ts';
import { ShapeMiner } from '../../../../src/gateway/measure/reading/shape/shape-miner.ts';
import { ShapeTally } from '../../../../src/gateway/measure/reading/shape/shape-tally.ts';
import { MOST_FACTS } from '../../../../src/stats/answers/shape-counts.ts';
import { heapBytes } from '../../../support/held-bytes.ts';

const ENDPOINTS = 200;
const BLOCKS = 20;
const word = (n: number) => String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

/** Twelve fields, of another name at each endpoint. */
function answerOf(endpoint: number, answer: number): object {
  const fields = Array.from({ length: 12 }, (_, n) => [`${word(endpoint)}_field_${word(n)}`, `text ${answer} of ${n}`]);
  return Object.fromEntries(fields);
}

describe('the shapes of 200 endpoints', () => {
  it('take less than 20 MB, with what is remembered for people, and in blocks that wait', () => {
    const before = heapBytes();
    const miner = new ShapeMiner();
    const shapes = new RouteShapes({ names: new EndpointNames([]), isKnown: () => true }, []);
    const blocks: object[] = [];
    for (let block = 0; block < BLOCKS; block += 1) {
      const tallies = { stable: new ShapeTally(), canary: new ShapeTally() };
      for (let endpoint = 0; endpoint < ENDPOINTS; endpoint += 1) {
        const place = shapes.placeOf(methodIndex('GET'), `/${word(endpoint)}`, 200);
        for (const track of ['stable', 'canary'] as const) {
          const mined = miner.mine(answerOf(endpoint, block));
          if (mined === null || place === null) throw new Error('nothing is read');
          const answerer = { track, consumer: `consumer-${block}` };
          tallies[track].add(place.name, place.facts.read({ found: mined.facts, answerer, show: mined.show }));
        }
      }
      blocks.push({ stable: tallies.stable.read(), canary: tallies.canary.read() });
    }
    const held = heapBytes() - before;
    const [{ stable = {} } = {}] = blocks as { stable?: Record<string, { facts: object }> }[];
    expect(Object.keys(stable)).toHaveLength(ENDPOINTS);
    expect(Object.values(stable).reduce((sum, { facts }) => sum + Object.keys(facts).length, 0)).toBe(MOST_FACTS);
    expect(held).toBeLessThan(20_000_000);
    expect(blocks).toHaveLength(BLOCKS);
    expect(miner.mine({})?.facts).toHaveLength(2);
  });
});
