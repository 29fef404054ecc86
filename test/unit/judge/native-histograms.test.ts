import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import { nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { bucketMs } from '../../../src/stats/latency/log-histogram.ts';
import { blockOf, lookRepeatedly } from '../../support/judge-blocks.ts';
import { briskPolicy, judgePolicy } from '../../support/judge-policy.ts';
import { tallyOnGrid } from '../../support/prometheus-tallies.ts';

const policy = briskPolicy();
const blocksOf =
  (schema: number, medianMs = 20) =>
  (startedAt: number) => {
    const grid = nativeGrid(schema);
    const canary = tallyOnGrid(400, grid, { medianMs });
    return blockOf({ startedAt, grid, stable: tallyOnGrid(2_000, grid), canary });
  };
const findingOf = ({ findings }: Verdict, name: string) => findings.find(({ check }) => check === name);

describe('a rollout that is measured by a native histogram', () => {
  it('is judged on its grid, and tells the margins that are left of the declared ones', () => {
    const { verdict, state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 40 }, blocksOf(3));
    expect(verdict.name).toBe('at-parity');
    expect(findingOf(verdict, 'p50')).toMatchObject({ rollbackMargin: '9.1 %', parityMargin: '18.9 %' });
    expect(findingOf(verdict, 'dominance')?.rollbackMargin).toBe('9.1 % over the whole distribution');
    const upper = [-45, -44].map((bucket) => bucketMs(bucket, nativeGrid(3)));
    expect(upper).toContain(findingOf(verdict, 'p50')?.stable);
    expect(state.checks.latency.form).toEqual({ kind: 'grid', grid: nativeGrid(3) });
  });

  it('rolls back a canary that is slower by more than its buckets', () => {
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, blocksOf(3));
    const { verdict } = lookRepeatedly(policy, before.state, { from: 5_000, count: 20 }, blocksOf(3, 30));
    expect(verdict.name).toBe('harmful');
  });

  it('blames nothing that one bucket can hide', () => {
    const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 5 }, blocksOf(0));
    const { verdict } = lookRepeatedly(policy, before.state, { from: 5_000, count: 60 }, blocksOf(0, 35));
    expect(['undecided', 'at-parity']).toContain(verdict.name);
    expect(findingOf(verdict, 'p50')?.logHarm).toBeLessThan(1);
  });

  it('says where a parity margin is narrower than a bucket, and is not promoted', () => {
    const narrow = judgePolicy({ judge: { block: '1s', minStep: '3s', warmUp: '0s' } });
    const { verdict } = lookRepeatedly(narrow, openJudgement(narrow), { from: 0, count: 60 }, blocksOf(2));
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'p50' });
    expect(verdict.reason).toBe(
      'p50: parity cannot be shown, because its margin is narrower than a bucket of latencies, 18.9 %: widen it',
    );
  });

  it('has its latency guards on the grid', () => {
    const guarded = judgePolicy({ guards: { p50: '25ms' }, judge: { block: '1s', warmUp: '0s' } });
    const { verdict } = lookRepeatedly(guarded, openJudgement(guarded), { from: 0, count: 20 }, blocksOf(3, 60));
    expect(findingOf(verdict, 'guard:p50')?.canary).toBeGreaterThan(0.8);
    expect(verdict.name).toBe('harmful');
  });
});
