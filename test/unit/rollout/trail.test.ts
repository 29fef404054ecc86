import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/judge/verdict.ts';
import { evidenceAfterLook, noEvidence, resetEvidence } from '../../../src/rollout/evidence.ts';
import {
  boundChecks,
  extendTrail,
  MOST_TRAIL_CHECKS,
  mergeRows,
  trailChange,
} from '../../../src/rollout/so-far/trail.ts';
import { trailLook } from '../../../src/rollout/so-far/trail-look.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { bucketOf } from '../../../src/stats/latency/log-histogram.ts';
import { findingOf, verdictOf } from '../../support/fake-control.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';
import { trailRowOf } from '../../support/trail-rows.ts';

const NONE: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const rollout = rolloutIn('step-1');

function tallyOf(requests: number, errors: number, ms: number): Tally {
  return { ...NONE, requests, errors, latency: { [bucketOf(ms)]: requests - errors } };
}

function blockOf(over: Partial<Block> = {}): Block {
  const none = { stable: NONE, canary: NONE };
  const { splitEpoch, canaryBps } = rollout;
  return {
    startedAt: T0,
    durationMs: 5_000,
    splitEpoch,
    canaryBps,
    stable: tallyOf(90, 1, 20),
    canary: tallyOf(10, 2, 40),
    forced: none,
    ruled: none,
    ...over,
  };
}

const rowOf = (blocks: readonly Block[], verdict: Verdict | null = null) =>
  trailLook(rollout, [], { at: T0 + 5_000, sinceMs: 5_000, verdict, blocks });

describe('the row of a look', () => {
  it('has what the versions answered in all of its blocks', () => {
    const row = rowOf([blockOf(), blockOf({ canary: tallyOf(30, 0, 80) })]);
    expect(row).toMatchObject({ at: T0 + 5_000, everyMs: 5_000, bps: 1_000, logHarm: null, checks: {} });
    expect(row.stable).toMatchObject({ n: 180, x: 2, timed: 178 });
    expect(row.canary).toMatchObject({ n: 40, x: 2, timed: 38 });
    // A bucket is 2 % wide, and its upper edge is shown.
    expect((row.stable?.p50 ?? 0) / 20).toBeCloseTo(1, 1);
    expect((row.canary?.p50 ?? 0) / 80).toBeCloseTo(1, 1);
    expect((row.canary?.p99 ?? 0) / 80).toBeCloseTo(1, 1);
  });

  it('tells no report from no requests, and no latency from none at all', () => {
    expect(rowOf([])).toMatchObject({ canary: null, stable: null });
    const row = rowOf([blockOf({ canary: null, stable: tallyOf(2, 2, 20) })]);
    expect(row.canary).toBeNull();
    expect(row.stable).toEqual({ n: 2, x: 2, timed: 0, p50: null, p95: null, p99: null });
  });

  it('reads latencies at fixed boundaries', () => {
    const above = [
      { ms: 10, count: 50 },
      { ms: 100, count: 0 },
    ];
    const { stable } = rowOf([blockOf({ stable: { ...NONE, requests: 100, slower: { answers: 100, above } } })]);
    expect(stable).toMatchObject({ n: 100, timed: 100, p50: 10, p95: 91 });
  });

  it('takes no latencies of another grid together with the first', () => {
    const other = blockOf({ grid: { ratio: 2, unitMs: 1_000 }, stable: { ...NONE, requests: 7, latency: { 2: 7 } } });
    expect(rowOf([blockOf(), other]).stable).toMatchObject({ n: 97, timed: 89 });
  });

  it('has the evidence of the verdict, to a thousandth, and infinite evidence as none', () => {
    const findings = [
      findingOf({ check: 'errors', logHarm: 1.23456, logParity: 2.5 }),
      findingOf({ check: 'p95', logHarm: Number.NEGATIVE_INFINITY, logParity: 1.5 }),
      findingOf({ check: 'clientErrors', logHarm: -0.5, logParity: null, logParityThreshold: null }),
    ];
    const row = rowOf([blockOf()], verdictOf({ logEvidence: 0.98765, findings }));
    expect(row).toMatchObject({ logHarm: 0.988, logParityWeakest: 1.5 });
    expect(row.checks).toEqual({ errors: 1.235, p95: null, clientErrors: -0.5 });
    expect(rowOf([], verdictOf({ findings: [] })).logParityWeakest).toBeNull();
  });
});

describe('two rows as one', () => {
  const one = trailRowOf({ at: 1, bps: 100, logHarm: 3, logParityWeakest: null, checks: { errors: 1, p50: null } });
  const other = trailRowOf({ at: 2, bps: 500, logHarm: 2, logParityWeakest: -1, checks: { errors: 2, p99: -1 } });

  it('add up, keep the highest evidence, and have the later weight', () => {
    expect(mergeRows(one, other)).toMatchObject({
      at: 2,
      everyMs: 10_000,
      bps: 500,
      logHarm: 3,
      logParityWeakest: -1,
      checks: { errors: 2, p50: null, p99: -1 },
    });
  });

  it('weigh quantiles by the requests whose latency is known', () => {
    const few = { n: 20, x: 10, timed: 10, p50: 10, p95: 20, p99: null };
    const many = { n: 30, x: 0, timed: 30, p50: 50, p95: 60, p99: 70 };
    const merged = mergeRows(trailRowOf({ canary: few }), trailRowOf({ canary: many, stable: null }));
    expect(merged.canary).toEqual({ n: 50, x: 10, timed: 40, p50: 40, p95: 50, p99: 70 });
    expect(merged.stable).toEqual(trailRowOf().stable);
  });

  it('keep the checks with the most evidence', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`query:q${at}`, at]));
    const kept = boundChecks({ ...many, errors: null });
    expect(Object.keys(kept)).toHaveLength(MOST_TRAIL_CHECKS);
    expect(kept).toMatchObject({ 'query:q59': 59, 'query:q20': 20 });
    expect(kept).not.toHaveProperty('query:q19');
  });
});

describe('a trail', () => {
  it('has one row for each look up to 720, and then rows of twice as many', () => {
    const looks = (count: number) => ({ looks: count, row: trailRowOf() });
    expect(trailChange(looks(1))).toMatchObject({ look: 0, rowLooks: 1, doubles: false });
    expect(trailChange(looks(720))).toMatchObject({ look: 719, rowLooks: 1, doubles: false });
    expect(trailChange(looks(721))).toMatchObject({ look: 720, rowLooks: 2, doubles: true });
    expect(trailChange(looks(722))).toMatchObject({ look: 720, rowLooks: 2, doubles: false });
    expect(trailChange(looks(1_440))).toMatchObject({ look: 1_438, rowLooks: 2, doubles: false });
    expect(trailChange(looks(1_441))).toMatchObject({ look: 1_440, rowLooks: 4, doubles: true });
    expect(extendTrail(looks(721), trailRowOf()).row.everyMs).toBe(10_000);
    expect(extendTrail(looks(720), trailRowOf()).row.everyMs).toBe(5_000);
  });

  it('goes on over stages, a new policy and the end, on the clock of the database', () => {
    const seen = { tickMs: 5_000, look: null, blocks: [blockOf()], cursor: null, applied: true };
    const first = evidenceAfterLook(rollout, noEvidence(rollout.policy, T0), { ...seen, at: T0 + 5_000, stepMs: 0 });
    expect(first.trail).toMatchObject({ looks: 1, row: { at: T0 + 5_000, everyMs: 5_000, canary: { n: 10 } } });
    for (const reset of ['keep', 'stage', 'all'] as const) {
      expect(resetEvidence(first, reset, rollout, T0 + 6_000).trail).toBe(first.trail);
    }
    expect(resetEvidence(first, 'stage', rolloutIn('rolled-back'), T0 + 6_000).trail).toBe(first.trail);
    const hour = 3_600_000;
    const second = evidenceAfterLook(rollout, first, { ...seen, at: T0 - hour + 10_000, stepMs: -hour });
    expect(second.trail).toMatchObject({ looks: 2, row: { at: T0 - hour + 10_000, everyMs: 5_000 } });
  });
});
