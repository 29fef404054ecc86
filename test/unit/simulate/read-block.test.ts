import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/problem/problem.ts';
import { readBlock } from '../../../src/simulate/read-block.ts';
import { lowestBucket, nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { bucketOf, LOWEST_BUCKET } from '../../../src/stats/latency/log-histogram.ts';

const TALLY = { requests: 100, errors: 2 };
const BLOCK = { at: '2026-01-01T00:00:05Z', step: 1, weight: 0.01, stable: TALLY, canary: TALLY };

function read(parts: object) {
  return readBlock(JSON.stringify({ ...BLOCK, ...parts }));
}

describe('a block', () => {
  it('is read with its time in epoch ms and its weight in basis points', () => {
    const tally = { requests: 100, errors: 2, clientErrors: 0, latency: {} };
    const at = Date.UTC(2026, 0, 1, 0, 0, 5);
    for (const [weight, bps] of [
      ['10%', 1_000],
      ['0.07%', 7],
      ['100%', 10_000],
      ['4.1%', 410],
    ]) {
      expect(read({ weight }).canaryBps).toBe(bps);
    }
    expect(read({ weight: 0.07 })).toEqual({ at, step: 1, canaryBps: 700, stable: tally, canary: tally });
  });

  it('may lack a version, which is not the same as no requests', () => {
    expect(read({ canary: null }).canary).toBeNull();
    expect(() => read({ canary: undefined })).toThrow('canary is missing: null says that it reported nothing');
  });

  it('may have young addresses, whose answers are in no other tally', () => {
    const canary = { addresses: ['10.0.0.4'], until: '2026-01-01T00:04:00Z', tally: { requests: 5, errors: 5 } };
    const tally = { requests: 5, errors: 5, clientErrors: 0, latency: {} };
    const until = Date.UTC(2026, 0, 1, 0, 4);
    expect(read({ young: { canary } }).young).toEqual({ canary: { ...canary, count: 1, until, tally } });
    for (const [fault, young] of [
      ['young must have answers of stable or canary', {}],
      ['young.canary.addresses must be a list of 1 to 20 addresses', { canary: { ...canary, addresses: [] } }],
      ['young.canary.until is missing', { canary: { ...canary, until: undefined } }],
      ['young.canary.tally must be counts without latencies', { canary: { ...canary, tally: null } }],
      ['young.canary.tally has more errors', { canary: { ...canary, tally: { requests: 1, errors: 2 } } }],
    ] as const) {
      expect(() => read({ young })).toThrow(fault);
    }
  });

  it('may have requests that both versions answered', () => {
    const place = 'GET /orders/{id} 2xx';
    const given = { compared: 5, places: { [place]: 5 }, fields: { [`${place} /total`]: { differs: 5, removed: 5 } } };
    const field = { differs: 5, noise: 0, both: 0, removed: 5 };
    expect(read({ pairs: given }).pairs).toEqual({ ...given, unusable: 0, fields: { [`${place} /total`]: field } });
    for (const [fault, pairs] of [
      ['pairs.compared is missing', {}],
      ['pairs.places must be an object by name', { compared: 5 }],
      ['has the unknown key differ', { ...given, fields: { [`${place} /total`]: { differ: 1 } } }],
      ['pairs have more requests at their places', { ...given, compared: 4 }],
    ] as const) {
      expect(() => read({ pairs })).toThrow(fault);
    }
  });

  it('may have what both versions logged, and null is not the same as no lines', () => {
    const stable = {
      lines: 20,
      malformed: 0,
      levels: { error: 1, warn: 0, info: 19, debug: 0 },
      templates: { 'error pay: card <*> declined': 1 },
      fields: {},
      calls: {},
      other: { templates: 0, fields: 0, calls: 0 },
    };
    const { lines, levels, templates } = stable;
    const given = { lines, levels: { error: levels.error, info: levels.info }, templates };
    expect(read({ logs: { stable: given, canary: null } }).logs).toEqual({ stable, canary: null });
    const left = { stable: null, canary: null, incomplete: true };
    expect(read({ logs: left }).logs).toEqual(left);
    for (const [fault, logs] of [
      ['logs.incomplete is false, which can only be true', { ...left, incomplete: false }],
      ['logs.canary is missing', { stable: null }],
      ['logs.stable.lines is missing', { stable: {}, canary: null }],
      ['logs.stable has more lines with a level than lines', { stable: { ...given, lines: 2 }, canary: null }],
      ['logs.stable.calls[db] must be a whole number', { stable: { lines: 1, calls: { db: -1 } }, canary: null }],
    ] as const) {
      expect(() => read({ logs })).toThrow(fault);
    }
  });

  it('may have shadow groups and unanswered requests', () => {
    const groups = { requests: Array(20).fill(5), errors: Array(20).fill(0) };
    expect(read({ stable: { ...TALLY, groups, unanswered: 3 } }).stable).toMatchObject({ groups, unanswered: 3 });
  });
});

describe('what answers carry', () => {
  it('is numbers, or counts by bucket', () => {
    const values = { queries: { numbers: [4, 4, 9], missing: 1 }, end: { asked: 3, counts: { 1000: 2 } } };
    expect(read({ stable: { ...TALLY, values } }).stable?.values).toEqual({
      queries: { asked: 4, missing: 1, unusable: 0, counts: { 768: 2, 809: 1 } },
      end: { asked: 3, missing: 0, unusable: 0, counts: { 1000: 2 } },
    });
  });

  it('is words, and answers whose body was read', () => {
    const stable = {
      ...TALLY,
      categories: { finish: { stop: 90, length: 10 } },
      content: { sampled: 10, failed: 3 },
      streams: { ended: 9, unfinished: 1 },
    };
    expect(read({ stable }).stable).toMatchObject({
      categories: { finish: { stop: 90, length: 10 } },
      content: { sampled: 10, unread: 0, failed: 3, partial: 0 },
      streams: { ended: 9, unfinished: 1 },
    });
  });

  it('is what answers look like', () => {
    const carried = {
      shapes: { 'GET /a 2xx': { answers: 9, cut: 1, facts: { 'present /a': 9 } } },
      shapesUnread: { 'too long': 1 },
    };
    expect(read({ stable: { ...TALLY, ...carried } }).stable).toMatchObject(carried);
    const more = { 'GET /a 2xx': { answers: 1, facts: { 'present /a': 2 } } };
    expect(() => read({ stable: { ...TALLY, shapes: more } })).toThrow('is 2, not a count of its answers');
    expect(() => read({ stable: { ...TALLY, shapes: { a: { facts: {} } } } })).toThrow(
      'stable.shapes.a.answers is missing',
    );
  });

  it.each<[fault: string, parts: object]>([
    ['stable.values.queries has counts and numbers', { values: { queries: { counts: {}, numbers: [] } } }],
    ['stable.values.queries has more values than answers', { values: { queries: { asked: 1, numbers: [1, 2] } } }],
    [
      'stable.values.queries has more answers without a value than answers',
      { values: { queries: { asked: 1, missing: 2 } } },
    ],
    ['stable.values.queries.numbers[0] must be a number', { values: { queries: { numbers: [-1] } } }],
    [
      'stable.values.queries.counts has the bucket 2094, which is none from 0 to',
      { values: { queries: { asked: 1, counts: { 2094: 1 } } } },
    ],
    ['stable.values has the name A, which no check can have', { values: { A: {} } }],
    ['stable.streams has more unfinished streams', { streams: { ended: 1, unfinished: 2 } }],
    ['stable.content.sampled is missing', { content: { failed: 1 } }],
    ['stable.categories.finish has a word of more than 100', { categories: { finish: { ['x'.repeat(101)]: 1 } } }],
    ['stable.content has more outcomes than answers', { content: { sampled: 1, failed: 2 } }],
    ['stable.categories.finish[stop] must be a whole number', { categories: { finish: { stop: 0.5 } } }],
  ])('is refused: %s', (fault, parts) => {
    expect(() => read({ stable: { ...TALLY, ...parts } })).toThrow(fault);
  });
});

describe('latencies', () => {
  it('are counts by bucket', () => {
    const latency = { gamma: 1.02, counts: { '186': 12, '-3': 1 } };
    expect(read({ stable: { ...TALLY, latency } }).stable?.latency).toEqual({ '186': 12, '-3': 1 });
  });

  it('are single milliseconds', () => {
    expect(read({ stable: { ...TALLY, latencyMs: [100, 100, 0] } }).stable?.latency).toEqual({
      [bucketOf(100)]: 2,
      [LOWEST_BUCKET]: 1,
    });
  });

  it('are cumulative buckets, read as counts above their boundaries', () => {
    const buckets = { '0.1': 12, '+Inf': 20, '0.25': 17 };
    const { stable } = read({ stable: { ...TALLY, buckets }, canary: { ...TALLY, buckets } });
    expect(stable?.latency).toEqual({});
    expect(stable?.slower).toEqual({
      answers: 20,
      above: [
        { ms: 100, count: 8 },
        { ms: 250, count: 3 },
      ],
    });
  });

  it('say nothing in buckets without a boundary', () => {
    const { canary } = read({ canary: { ...TALLY, buckets: { '+Inf': 20 } } });
    expect(canary).toEqual({ ...TALLY, clientErrors: 0, latency: {} });
  });

  it('are a native histogram of seconds, whose zero bucket is the lowest of all', () => {
    const native = { schema: 3, counts: { '-12': 4, '0': 1 }, zero: 2 };
    const { stable, grid } = read({ stable: { ...TALLY, native } });
    expect(grid).toEqual(nativeGrid(3));
    expect(stable?.latency).toEqual({ '-12': 4, '0': 1, [lowestBucket(nativeGrid(3))]: 2 });
  });

  it('are merged to the coarser of two native histograms, each bucket into the one that holds it', () => {
    const fine = { schema: 5, counts: { '-4': 1, '-3': 1, '0': 1, '1': 1, '4': 1, '5': 1 } };
    const coarse = { schema: 3, counts: { '1': 7 } };
    const { stable, canary, grid } = read({
      stable: { ...TALLY, native: fine },
      canary: { ...TALLY, native: coarse },
    });
    expect(grid).toEqual(nativeGrid(3));
    expect(stable?.latency).toEqual({ '-1': 1, '0': 2, '1': 2, '2': 1 });
    expect(canary?.latency).toEqual({ '1': 7 });
  });
});

describe('what is wrong is said in one sentence', () => {
  it.each<[string, object, string]>([
    ['a wrong time', { at: 'yesterday' }, 'at must be a time such as 2026-01-01T00:00:05Z'],
    ['a time without a zone', { at: '2026-01-01T00:00:05' }, 'at must be a time'],
    ['a month that does not exist', { at: '2026-13-01T00:00:05Z' }, 'at must be a time'],
    ['half a step', { step: 1.5 }, 'step must be a whole number of at least 0'],
    ['a weight in per cent', { weight: 10 }, 'weight must be a number from 0 to 1'],
    ['a weight of more than all', { weight: '101%' }, 'weight must be a number from 0 to 1'],
    ['a weight in words', { weight: 'ten' }, 'weight must be a share such as 10% or 0.1'],
    ['no weight', { weight: null }, 'weight must be a share such as 10% or 0.1'],
    ['a finer share', { weight: '0.001%' }, 'weight has a resolution of 0.0001'],
    ['a weight between basis points', { weight: 0.00015 }, 'weight has a resolution of 0.0001'],
    ['a mistyped key', { wieght: 1 }, 'a block has the unknown key wieght, did you mean weight?'],
    ['negative requests', { stable: { requests: -1, errors: 0 } }, 'stable.requests must be a whole number'],
    ['no errors', { canary: { requests: 1 } }, 'canary.errors is missing'],
    ['more errors than requests', { canary: { requests: 1, errors: 2 } }, 'canary has more errors than requests'],
    ['a list', { canary: [] }, 'canary must be an object'],
    ['two forms of latency', { canary: { ...TALLY, latencyMs: [], buckets: {} } }, 'has latencyMs and buckets'],
    ['another gamma', { canary: { ...TALLY, latency: { gamma: 1.01, counts: {} } } }, 'latency.gamma must be 1.02'],
    ['a bucket too high', { canary: { ...TALLY, latency: { counts: { '9999': 1 } } } }, 'has the key 9999'],
    ['a bucket that is none', { canary: { ...TALLY, latency: { counts: { x: 1 } } } }, 'has the key x'],
    ['a latency below zero', { canary: { ...TALLY, latencyMs: [-1] } }, 'canary.latencyMs[0] must be a number'],
    ['falling buckets', { canary: { ...TALLY, buckets: { '0.1': 2, '+Inf': 1 } } }, 'counts are cumulative'],
    ['buckets without an end', { canary: { ...TALLY, buckets: { '0.1': 2 } } }, 'has no boundary +Inf'],
    ['a boundary twice', { canary: { ...TALLY, buckets: { '0.1': 1, '0.10': 1, '+Inf': 1 } } }, 'boundary 0.10 twice'],
    ['half a schema', { canary: { ...TALLY, native: { schema: 0.5, counts: {} } } }, 'native.schema must be a whole'],
    [
      'too fine a schema',
      { canary: { ...TALLY, native: { schema: 9, counts: {} } } },
      'schema must be a number from -4',
    ],
    ['no native bucket', { canary: { ...TALLY, native: { schema: 3, counts: { '1.5': 1 } } } }, 'has the key 1.5'],
    [
      'two forms',
      { stable: { ...TALLY, latencyMs: [1] }, canary: { ...TALLY, native: { schema: 3, counts: {} } } },
      'must have the same form',
    ],
    ['too few groups', { stable: { ...TALLY, groups: { requests: [1], errors: [0] } } }, 'must be a list of 20 counts'],
  ])('%s', (_, parts, message) => {
    expect(() => read(parts)).toThrow(message);
  });

  it.each(['', '{', 'null', '[]', '1', '"block"', '{"at":1e999}'])('%j is no block', (text) => {
    expect(() => readBlock(text)).toThrow(Problem);
  });

  it('whatever the JSON is, it is read or refused, and nothing else', () => {
    const version = fc.oneof(fc.constant(TALLY), fc.constant(null), fc.jsonValue());
    const near = fc.record(
      {
        at: fc.constantFrom(BLOCK.at, '', 1),
        step: fc.jsonValue(),
        weight: fc.jsonValue(),
        stable: version,
        canary: version,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          near.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            readBlock(text);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { seed: 4, numRuns: 2_000 },
    );
  });
});
