import { describe, expect, it } from 'vitest';
import { readEvidence } from '../../../src/judge/evidence.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Block } from '../../../src/stats/block.ts';
import { nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { blockOf, inputOf, tallyOf, weightStep } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { classicTally, tallyOnGrid } from '../../support/prometheus-tallies.ts';

const policy = briskPolicy();
const OTHER = 'latencies are measured in other buckets than before, so that they cannot be compared with the past';
const classic = (parts: Partial<Block> = {}) =>
  blockOf({ stable: classicTally(900), canary: classicTally(100), ...parts });
const native = (schema: number, startedAt = 0) => {
  const grid = nativeGrid(schema);
  return blockOf({ startedAt, grid, stable: tallyOnGrid(900, grid), canary: tallyOnGrid(100, grid) });
};
const withSlower = (slower: unknown) => ({ ...classic(), canary: { ...tallyOf(0), slower } });
const above = (...entries: unknown[]) => withSlower({ answers: 10, above: entries });

const faulty: readonly [string, unknown][] = [
  ['canary.slower is text, not counts above boundaries', withSlower('text')],
  ['canary.slower.answers is 1.5, not a count', withSlower({ answers: 1.5, above: [] })],
  ['canary.slower.above is no list of 1 to 100 boundaries', withSlower({ answers: 10, above: [] })],
  ['canary.slower.above is no list of 1 to 100 boundaries', withSlower({ answers: 10, above: Array(101).fill({}) })],
  ['canary.slower.above[0].ms is undefined, not a boundary above 0', above(null)],
  ['canary.slower.above[0].ms is NaN, not a boundary above 0', above({ ms: Number.NaN, count: 0 })],
  ['canary.slower.above[0].count is 11, not a count of at most 10', above({ ms: 5, count: 11 })],
  ['canary.slower.above[1].ms is 5, not a boundary above 5', above({ ms: 5, count: 3 }, { ms: 5, count: 2 })],
  ['canary.slower.above[1].count is 4, not a count of at most 3', above({ ms: 5, count: 3 }, { ms: 6, count: 4 })],
  ['canary has both latency and slower', { ...classic(), canary: { ...classicTally(9), latency: { 5: 1 } } }],
  ['its versions have different boundaries', classic({ canary: classicTally(100, {}, [5, 10]) })],
  ['some of its latencies have boundaries and some have buckets', classic({ canary: tallyOf(100) })],
  ['grid is 2, not a ratio and a unit', { ...native(3), grid: 2 }],
  ['grid.ratio is 1, not a ratio from 1.002 to 65536', { ...native(3), grid: { ratio: 1, unitMs: 1 } }],
  ['grid.unitMs is 0, not a unit of time', { ...native(3), grid: { ratio: 1.1, unitMs: 0 } }],
  ['canary.latency has the bucket 1.5', { ...native(3), canary: { ...tallyOf(0), latency: { '1.5': 1 } } }],
  ['canary.latency[-7] is -1, not a count', { ...native(3), canary: { ...tallyOf(0), latency: { '-7': -1 } } }],
];

describe('latencies of a metrics source', () => {
  it.each(faulty)('%s', (reason, block) => {
    const read = readEvidence(inputOf([block as Block]));
    expect(read).toEqual({ blocks: [], blind: `a block of measurements is unusable: ${reason}` });
  });

  it('are all there where every block has the same form, or no latency at all', () => {
    const blocks = [classic(), blockOf({ stable: tallyOf(0), canary: tallyOf(0) }), classic({ startedAt: 1_000 })];
    expect(readEvidence(inputOf(blocks))).toEqual({ blocks, blind: null });
  });
});

describe('a change of the form', () => {
  it('is noticed where only the canary had latencies, and nothing was compared', () => {
    const grid = nativeGrid(3);
    const bake = (startedAt: number, parts: Partial<Block>) =>
      blockOf({ startedAt, canaryBps: 10_000, stable: null, ...parts });
    const step = weightStep({ kind: 'bake' });
    const first = bake(0, { grid, canary: tallyOnGrid(100, grid) });
    const before = look(policy, openJudgement(policy), inputOf([first], { step })).state;
    expect(before.step.canary.latency.total).toBe(100);
    expect(look(policy, before, inputOf([bake(1_000, {})], { step })).verdict.reason).toBe(OTHER);
  });

  it.each<[string, Block, Block]>([
    ['from boundaries to others', classic(), classic({ stable: classicTally(900, {}, [5, 9]), canary: null })],
    ['from the gateway to boundaries', blockOf(), classic()],
    ['from boundaries to the gateway', classic(), blockOf()],
    ['from one schema to another', native(3), native(5)],
    ['from the gateway to a schema', blockOf(), native(3)],
  ])('%s makes blind, and what is remembered stays', (_, first, second) => {
    const last = { ...second, startedAt: 1_000 };
    const queued = readEvidence(inputOf([first, last]));
    expect(queued.blocks).toEqual([first]);
    const before = look(policy, openJudgement(policy), inputOf([first])).state;
    const { verdict, state } = look(policy, before, inputOf([last]));
    expect(verdict).toMatchObject({ name: 'blind', reason: OTHER });
    expect(state.checks.latency).toEqual(before.checks.latency);
  });
});
