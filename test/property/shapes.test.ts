import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactRoom } from '../../src/gateway/measure/reading/shape/fact-room.ts';
import { PlaceFacts } from '../../src/gateway/measure/reading/shape/place-facts.ts';
import { MOST_IN_AN_ANSWER, ShapeMiner } from '../../src/gateway/measure/reading/shape/shape-miner.ts';
import { ShapeTally } from '../../src/gateway/measure/reading/shape/shape-tally.ts';
import { faultOfShapes } from '../../src/judge/contract/shape-fault.ts';
import { parentPath, readFact } from '../../src/stats/answers/shape-fact.ts';

const SEED = 20_261_130;
const key = fc.oneof(
  fc.constantFrom('id', 'name', '__proto__', 'constructor', 'toString', '*', '{}', '', '~', '~1', 'a/b', 'é', '\u0000'),
  fc.string({ maxLength: 80, unit: 'binary' }),
);
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double(), fc.string(), fc.webUrl(), fc.uuid()),
    fc.array(tie('document'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('document')), { maxLength: 8 }).map((pairs) => {
      const object: Record<string, unknown> = {};
      for (const [name, value] of pairs) {
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      }
      return object;
    }),
  ),
}));
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the facts of any document', () => {
  it('are each once, well-formed and bounded, and have what holds them', () => {
    const miner = new ShapeMiner();
    fc.assert(
      fc.property(document, (value) => {
        const mined = miner.mine(asRead(value));
        if (mined === null) return;
        const facts = new Set(mined.facts);
        expect(facts.size).toBe(mined.facts.length);
        expect(facts.size).toBeLessThanOrEqual(MOST_IN_AN_ANSWER);
        for (const text of facts) {
          const fact = readFact(text);
          expect(text.isWellFormed() && !text.includes('\u0000') && text.length < 400).toBe(true);
          const parent = fact === null ? null : parentPath(fact.path);
          if (parent !== null) expect(facts.has(`present ${parent}`)).toBe(true);
          if (fact?.trait !== 'absent') expect(facts.has(`present ${fact?.path}`)).toBe(true);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('depend on it alone, and not on the order of its fields', () => {
    const miner = new ShapeMiner();
    fc.assert(
      fc.property(document, (value) => {
        const sorted = (of: unknown) => [...(miner.mine(of)?.facts ?? [])].sort();
        const read = asRead(value);
        expect(sorted(read)).toEqual([...(new ShapeMiner().mine(read)?.facts ?? [])].sort());
        expect(sorted(reversed(read))).toEqual(sorted(read));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('never crash a place, nor outgrow it, nor make a block that the judge refuses', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 12 }), (values) => {
        const miner = new ShapeMiner();
        const room = new FactRoom(60);
        const place = new PlaceFacts('GET /a 2xx', room, ['/id']);
        const tally = new ShapeTally();
        for (const [at, value] of values.entries()) {
          const mined = miner.mine(asRead(value));
          if (mined === null) continue;
          const answerer = { track: at % 2 === 0 ? 'stable' : 'canary', consumer: `c-${at}` } as const;
          tally.add('GET /a 2xx', place.read({ found: mined.facts, answerer, show: mined.show }));
        }
        expect(room.left).toBeGreaterThanOrEqual(0);
        expect(faultOfShapes(tally.read(), 'shapes')).toBeNull();
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const object: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value).toReversed()) {
    Object.defineProperty(object, name, {
      value: reversed(part),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}
