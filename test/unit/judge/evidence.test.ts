import { describe, expect, it } from 'vitest';
import { readEvidence } from '../../../src/judge/evidence.ts';
import { blockOf, inputOf, tallyOf } from '../../support/judge-blocks.ts';

const HEAVIEST = { kind: 'client-address', name: '192.0.2.1', requests: 10 } as const;
const keysWith = (parts: object) => ({ requests: 1_000, squares: 0.1, heaviest: HEAVIEST, ...parts });
const ANSWER = { endpoint: 'GET /', status: 200, requests: 5, past: [0, 0, 100, 0, 0, 0] };
const SLICES = {
  assignment: null,
  slices: [{ dimension: 'endpoint', name: 'GET /' }],
  canary: [10, 0, 5, 3, 1, 0, 1, 0],
  stable: [90, 1, 50, 30, 1, 0, 2, 0],
  slowMs: [20, 40, 80],
  ownSlowMs: [40],
} as const;

const LOGGED = {
  lines: 9,
  malformed: 0,
  levels: { error: 1, warn: 0, info: 8, debug: 0 },
  templates: { 'error pay: card <*> declined': 1 },
  fields: { user: 9 },
  calls: {},
  other: { templates: 0, fields: 0, calls: 0 },
};

const rows = (list: readonly (readonly [fault: string, value: unknown])[]) => list;

const faulty: readonly [string, unknown][] = [
  ['a block of measurements is unusable: it is no record', 'text'],
  ['a block of measurements is unusable: it is no record', null],
  ['a block of measurements is unusable: startedAt is NaN, not a time', blockOf({ startedAt: Number.NaN })],
  ['a block of measurements is unusable: durationMs is negative', blockOf({ durationMs: -1 })],
  ['a block of measurements is unusable: canaryBps is 10001, not basis points', blockOf({ canaryBps: 10_001 })],
  ['a block of measurements is unusable: splitEpoch is 1.5, not a count', blockOf({ splitEpoch: 1.5 })],
  [
    'a block of measurements is unusable: canary.requests is -1, not a count',
    blockOf({ canary: { ...tallyOf(0), requests: -1 } }),
  ],
  [
    'a block of measurements is unusable: stable.requests is Infinity, not a count',
    blockOf({ stable: { ...tallyOf(0), requests: Number.POSITIVE_INFINITY } }),
  ],
  [
    'a block of measurements is unusable: canary has more errors than requests',
    blockOf({ canary: { ...tallyOf(3), errors: 4 } }),
  ],
  [
    'a block of measurements is unusable: canary.latency has the bucket 1000000',
    blockOf({ canary: { ...tallyOf(3), latency: { 1000000: 1 } } }),
  ],
  [
    'a block of measurements is unusable: canary.latency[5] is 0.5, not a count',
    blockOf({ canary: { ...tallyOf(3), latency: { 5: 0.5 } } }),
  ],
  ...rows([
    ['stable.statuses is 1, not counts by status', { statuses: 1 }],
    ['stable.statuses has 99, which is no status', { statuses: { 99: 1 } }],
    ['stable.statuses.302 is 0.5, not a count', { statuses: { 302: 0.5 } }],
    [
      'stable.statuses has more answers than there were beside errors and 4xx',
      { clientErrors: 1, statuses: { 302: 3 } },
    ],
    ['stable.statuses has 1 answers without content, and stable.empty 0', { statuses: { 204: 1, 302: 1 } }],
  ]).map(([fault, parts]): [string, unknown] => [
    `a block of measurements is unusable: ${fault}`,
    blockOf({ stable: { ...tallyOf(3), ...Object(parts) } }),
  ]),
  ...rows([
    ['logs is 3, not what both versions logged', 3],
    ['logs.canary is undefined, not counts of log lines', { stable: null }],
    ['logs.stable has more lines with a level than lines', { stable: { ...LOGGED, lines: 8 }, canary: null }],
    ['logs.stable.calls[db] is -1, not a count', { stable: { ...LOGGED, calls: { db: -1 } }, canary: null }],
    [
      'logs.canary.fields has more than 200 names',
      {
        stable: null,
        canary: { ...LOGGED, fields: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [at, 1])) },
      },
    ],
    [
      'logs.stable.templates has a name of more than 2000 characters',
      { stable: { ...LOGGED, templates: { ['x'.repeat(2_001)]: 1 } }, canary: null },
    ],
    [
      'logs.stable.other.fields is undefined, not a count',
      { stable: { ...LOGGED, other: { templates: 0 } }, canary: null },
    ],
  ]).map(([fault, logs]): [string, unknown] => [
    `a block of measurements is unusable: ${fault}`,
    { ...blockOf(), logs },
  ]),
  [
    'a block of measurements is unusable: ruled is undefined, not a pair of tallies',
    { ...blockOf(), ruled: undefined },
  ],
  ['a block of measurements is unusable: durationMs is longer than a day', blockOf({ durationMs: 1e300 })],
  [
    'a block of measurements is unusable: assignment is by key, not per-request or by-key',
    { ...blockOf(), assignment: 'by key' },
  ],
  ...rows([
    ['keys is 1, not a reading of keys', 1],
    ['keys.requests is 0.5, not a count', keysWith({ requests: 0.5 })],
    ['keys.squares is NaN, not a sum of squares', keysWith({ squares: Number.NaN })],
    ['keys.squares is -1, not a sum of squares', keysWith({ squares: -1 })],
    ['keys.heaviest is undefined, not a key', keysWith({ heaviest: undefined })],
    ['keys.heaviest.kind is __proto__, not a kind of key', keysWith({ heaviest: { ...HEAVIEST, kind: '__proto__' } })],
    ['keys.heaviest.name is 4, not a name', keysWith({ heaviest: { ...HEAVIEST, name: 4 } })],
    [
      'keys.heaviest.requests is 1001, not a count of its requests',
      keysWith({ heaviest: { ...HEAVIEST, requests: 1_001 } }),
    ],
  ]).map(([fault, keys]): [string, unknown] => [
    `a block of measurements is unusable: ${fault}`,
    { ...blockOf(), keys },
  ]),
  ...rows([
    ['slices.slowMs is an object, not the latencies above which answers are slow', { slowMs: [1, Number.NaN, 3] }],
    ['slices.slowMs is 1, not the latencies above which answers are slow', { slowMs: 1 }],
    ['slices.ownSlowMs has something that is not a latency', { ownSlowMs: [Number.NaN] }],
    ['slices.assignment is 1, not per-request or by-key', { assignment: 1 }],
    ['a slice has no name', { slices: [{ dimension: 'constructor', name: 'GET /' }] }],
    ['a slice of the canary has more errors than requests', { canary: [1, 2, 0, 0, 0, 0, 0, 0] }],
    ['a slice of the stable has more errors than requests', { stable: [1, 0, 0, 0, 0, 0, 2, 0] }],
    [
      'the slices of the canary by endpoint have more requests than the canary has',
      { canary: [101, 0, 0, 0, 0, 0, 0, 0] },
    ],
    [
      'the slices of the canary by endpoint have more requests than the canary has',
      { canary: Uint32Array.of(101, 0, 0, 0, 0, 0, 0, 0) },
    ],
    ['the slices of the stable by endpoint have more errors than the stable has', { stable: [9, 3, 0, 0, 0, 0, 0, 0] }],
    [
      'the slices of the canary by endpoint have more 4xx answers than the canary has',
      { slices: [SLICES.slices[0], SLICES.slices[0]], canary: [9, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 1, 0] },
    ],
    ['the slices of the stable have something that is not a count', { stable: [1, 0.5, 0, 0, 0, 0, 0, 0] }],
  ]).map(([fault, parts]): [string, unknown] => [
    `a block of measurements is unusable: ${fault}`,
    { ...blockOf(), slices: { ...SLICES, ...Object(parts) } },
  ]),
  ...rows([
    ['forced.canary.answers is 1, not a list of answers', 1],
    ['forced.canary.answers[1] is not a count of one status of one endpoint', [ANSWER, { ...ANSWER, status: -1 }]],
    ['forced.canary.answers[0] is not a count of one status of one endpoint', [{ ...ANSWER, requests: 1e300 }]],
    ['forced.canary.answers[0] is not a count of one status of one endpoint', [{ ...ANSWER, past: [Number.NaN] }]],
    ['forced.canary.answers[0] is not a count of one status of one endpoint', [{ ...ANSWER, past: 1 }]],
  ]).map(([fault, answers]): [string, unknown] => [
    `a block of measurements is unusable: ${fault}`,
    { ...blockOf(), forced: { stable: tallyOf(0), canary: { ...tallyOf(1), answers } } },
  ]),
];

const YOUNG = { addresses: ['10.0.0.4'], count: 1, until: 240_000, tally: tallyOf(3) };

describe('young addresses in the evidence', () => {
  it.each([
    ['young is an object, not the answers of young addresses by version', {}],
    ['young.canary is 1, not the answers of young addresses', { canary: 1 }],
    ['young.canary.addresses is an object, not 1 to 20 addresses', { canary: { ...YOUNG, addresses: [] } }],
    ['young.canary.count is 0, not a count of addresses', { canary: { ...YOUNG, count: 0 } }],
    ['young.canary.until is NaN, not a time', { canary: { ...YOUNG, until: Number.NaN } }],
    [
      'young.stable.tally.requests is -1, not a count',
      { stable: { ...YOUNG, tally: { ...tallyOf(3), requests: -1 } } },
    ],
  ])('%s', (fault, young) => {
    const read = readEvidence(inputOf([{ ...blockOf(), young } as ReturnType<typeof blockOf>]));
    expect(read).toEqual({ blocks: [], blind: `a block of measurements is unusable: ${fault}` });
  });

  it('are all there where they are whole', () => {
    const block = blockOf({ young: { stable: YOUNG, canary: YOUNG } });
    expect(readEvidence(inputOf([block]))).toEqual({ blocks: [block], blind: null });
  });
});

describe('evidence', () => {
  it.each(faulty)('%s', (reason, block) => {
    const read = readEvidence(inputOf([block as ReturnType<typeof blockOf>, blockOf()], { at: 0 }));
    expect(read.blind).toBe(reason);
    expect(read.blocks).toHaveLength(1);
  });

  it('is all there is when every block is whole', () => {
    const blocks = [blockOf(), blockOf({ startedAt: 1_000 })];
    expect(readEvidence(inputOf(blocks))).toEqual({ blocks, blind: null });
  });

  it('is all there is where the block says how it was assigned, and to what', () => {
    const block = blockOf({
      assignment: 'by-key',
      keys: keysWith({}),
      slices: SLICES,
      stable: { ...tallyOf(900, { errors: 2, clientErrors: 9 }), empty: 4, statuses: { 204: 3, 200: 1, 302: 5 } },
      forced: { stable: tallyOf(0), canary: { ...tallyOf(5), answers: [ANSWER] } },
    });
    expect(readEvidence(inputOf([block]))).toEqual({ blocks: [block], blind: null });
  });

  it('uses what a half-silent block has, and says which half is missing', () => {
    const block = blockOf({ canary: null });
    expect(readEvidence(inputOf([block]))).toEqual({ blocks: [block], blind: 'the canary reported nothing' });
  });

  it('is none when the source was unusable', () => {
    expect(readEvidence(inputOf(null)).blind).toBe('the metrics source gave nothing usable');
    expect(readEvidence(inputOf(null, { unusable: 'timed out after 5 s' })).blind).toBe('timed out after 5 s');
  });
});
