import { describe, expect, it } from 'vitest';
import { bucketMargins } from '../../../src/parity/latency/bucket-margins.ts';
import { observeLatency, openLatency, slowestThresholdMs } from '../../../src/parity/latency/latency.ts';
import type { Bet } from '../../../src/stats/evidence/bet.ts';
import { bucketMs } from '../../../src/stats/latency/log-histogram.ts';
import { quantileEdge } from '../../../src/stats/latency/quantile.ts';
import { tailsOf } from '../../../src/stats/latency/tails.ts';
import { blockOf, tallyOf } from '../../support/judge-blocks.ts';
import { judgePolicy } from '../../support/judge-policy.ts';

const BET: Bet = { cap: 3.97, phi: 1, past: 'learnt', spent: 0.5, parity: 'counted', parityCeiling: 6 };
const { checks } = judgePolicy().spec;
const JUDGED = { phase: 'judged', split: 'same-split', referenceHalfLifeMs: 300_000 } as const;
const edgeAt = (bucket: number) => ({ bucket, mass: 100, share: 0.05 });

describe('latency margins', () => {
  it('are the default buckets of the policy', () => {
    expect([
      bucketMargins(checks, 'p50', null),
      bucketMargins(checks, 'p95', null),
      bucketMargins(checks, 'p99', null),
    ]).toEqual([
      { rollback: 2, parity: 5 },
      { rollback: 3, parity: 8 },
      { rollback: 5, parity: 12 },
    ]);
  });

  it('in milliseconds become buckets at the past quantile, and the larger of the two is allowed', () => {
    const mixed = judgePolicy({
      checks: { latency: { p95: { rollback: { relative: '6.2%', absolute: '5ms' }, parity: '20ms' } } },
    }).spec.checks;
    // At 20 ms, 5 ms are a quarter and 20 ms are a doubling; at 1 s, 5 ms are less than the relative margin.
    const at20 = edgeAt(Math.round(Math.log(20) / Math.log(1.02)));
    const at1000 = edgeAt(Math.round(Math.log(1_000) / Math.log(1.02)));
    expect(bucketMargins(mixed, 'p95', at20)).toEqual({ rollback: 11, parity: 35 });
    expect(bucketMargins(mixed, 'p95', at1000)).toEqual({ rollback: 3, parity: 0 });
    expect(bucketMargins(mixed, 'p95', null)).toEqual({ rollback: 3, parity: 0 });
  });
});

describe('the latency checks', () => {
  it('learn the stable with the half-life of the policy, in the warm-up too', () => {
    const learnt = observeLatency(checks, openLatency(), blockOf(), BET, { ...JUDGED, phase: 'warm-up' });
    expect(learnt.reference.total).toBe(898);
    expect(learnt.p50).toEqual(openLatency().p50);
    const later = observeLatency(checks, learnt, blockOf({ durationMs: 300_000, stable: null }), BET, JUDGED);
    expect(later.reference.total).toBe(898);
  });

  it('forget the stable by age, but never the last 2,000 answers', () => {
    const many = blockOf({ stable: tallyOf(10_000) });
    const learnt = observeLatency(checks, openLatency(), many, BET, JUDGED);
    const silent = blockOf({ durationMs: 300_000, stable: null });
    const later = observeLatency(checks, learnt, silent, BET, JUDGED);
    expect(later.reference.total).toBeCloseTo(5_000, 6);
    const muchLater = observeLatency(checks, later, { ...silent, durationMs: 3_000_000 }, BET, JUDGED);
    expect(muchLater.reference.total).toBeCloseTo(2_000, 6);
    expect(observeLatency(checks, muchLater, silent, BET, JUDGED).reference.total).toBeCloseTo(2_000, 6);
  });

  it('test a block against the past before they learn from it', () => {
    const first = observeLatency(
      checks,
      openLatency(),
      blockOf({ canary: tallyOf(100, { medianMs: 900 }) }),
      BET,
      JUDGED,
    );
    expect(first.p50).toEqual(openLatency().p50);
    const second = observeLatency(checks, first, blockOf({ canary: tallyOf(100, { medianMs: 900 }) }), BET, JUDGED);
    expect(second.p50).not.toEqual(first.p50);
  });

  it('tell the recorder the largest threshold in use', () => {
    expect(slowestThresholdMs(checks, openLatency())).toBeNull();
    const state = observeLatency(checks, openLatency(), blockOf(), BET, JUDGED);
    const p99 = quantileEdge(tailsOf(state.reference), 0.99)?.bucket ?? 0;
    expect(slowestThresholdMs(checks, state)).toBeCloseTo(bucketMs(p99 + 12), 9);
  });
});
