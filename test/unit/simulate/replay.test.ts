import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Measured } from '../../../src/simulate/read-block.ts';
import { openReplay, type Replay, replayBlock } from '../../../src/simulate/replay.ts';
import { nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { classicTally, tallyOnGrid } from '../../support/prometheus-tallies.ts';

const policy = briskPolicy();
const SECOND = 1_000;

function measured(second: number, parts: Partial<Measured> = {}): Measured {
  return {
    at: second * SECOND,
    step: 1,
    canaryBps: 1_000,
    stable: tallyOf(900, { errors: 2 }),
    canary: tallyOf(100),
    ...parts,
  };
}

function replay(blocks: readonly Measured[], of: Policy = policy): Replay {
  return blocks.reduce<Replay>((before, block, index) => replayBlock(of, before, block, index + 1), openReplay(of));
}

describe('a replay', () => {
  it('has nothing to say before the first block', () => {
    expect(openReplay(policy).answer).toMatchObject({ verdict: 'undecided', decidedAt: null, line: null, checks: [] });
  });

  it('names the first line at which the verdict was final', () => {
    const healthy = Array.from({ length: 5 }, (_, at) => measured(at));
    const failing = Array.from({ length: 20 }, (_, at) => measured(5 + at, { canary: tallyOf(100, { errors: 50 }) }));
    const { answer } = replay([...healthy, ...failing]);
    expect(answer.verdict).toBe('harmful');
    expect(answer.line).toBeGreaterThan(5);
    expect(answer.line).toBeLessThanOrEqual(9);
    expect(answer.decidedAt).toBe(new Date((answer.line ?? 0) * SECOND).toISOString());
  });

  it('is at parity in the end when the versions are alike, and again in the next step', () => {
    const first = Array.from({ length: 120 }, (_, at) => measured(at));
    expect(replay(first).answer.verdict).toBe('at-parity');
    const second = measured(120, { step: 2, canaryBps: 2_500 });
    const after = replay([...first, second]);
    expect(after.answer).toMatchObject({ verdict: 'undecided', line: 121 });
    expect(after.context).toMatchObject({
      kind: 'weight',
      index: 1,
      position: 'middle',
      splitEpoch: 2,
      appliedAt: 120_000,
    });
  });

  it('judges native histograms on their grid, and other ones after them not at all', () => {
    const grid = nativeGrid(4);
    const native = (at: number) =>
      measured(at, { grid, stable: tallyOnGrid(900, grid), canary: tallyOnGrid(100, grid) });
    const alike = replay(Array.from({ length: 120 }, (_, at) => native(at)));
    expect(alike.answer.verdict).toBe('at-parity');
    expect(alike.answer.checks.find(({ check }) => check === 'p50')?.rollbackMargin).toBe('4.4 %');
    expect(replayBlock(policy, alike, measured(120), 121).answer).toMatchObject({
      verdict: 'blind',
      reason: expect.stringContaining('other buckets than before'),
    });
  });

  it('judges classic buckets by the shares above their boundaries', () => {
    const classic = (at: number, medianMs: number) =>
      measured(at, { stable: classicTally(900), canary: classicTally(100, { medianMs }) });
    const healthy = Array.from({ length: 5 }, (_, at) => classic(at, 20));
    expect(replay([...healthy, classic(5, 20)]).answer.checks.map(({ check }) => check)).toContain('slower:50');
    const slow = Array.from({ length: 25 }, (_, at) => classic(5 + at, 50));
    expect(replay([...healthy, ...slow]).answer.verdict).toBe('harmful');
  });

  it('keeps the step and its clock when only the weight changes', () => {
    const after = replay([measured(0), measured(1, { canaryBps: 1_500 })]);
    expect(after.context).toMatchObject({ index: 0, splitEpoch: 2, appliedAt: 0 });
  });

  it('is blind when a version reported nothing', () => {
    expect(replay([measured(0), measured(1, { canary: null })]).answer.verdict).toBe('blind');
  });

  it('knows the internal phase and the bake by the numbers around the steps', () => {
    expect(replay([measured(0, { step: 0, canaryBps: 0 })]).context?.kind).toBe('internal');
    expect(replay([measured(0, { step: 4, canaryBps: 10_000 })]).context?.kind).toBe('bake');
    expect(() => replay([measured(0, { step: 5 })])).toThrow('step is 5, but the policy has 3');
  });

  it('refuses blocks out of order', () => {
    expect(() => replay([measured(1), measured(1)])).toThrow('at must be later than in the block before');
  });
});
