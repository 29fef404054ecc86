import { describe, expect, it } from 'vitest';
import { NO_SLOWNESS, type SlownessWatch, watchSlowness } from '../../../src/judge/fault/shared-slowness.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import type { Totals } from '../../../src/stats/evidence/window.ts';
import { histogramOn } from '../../../src/stats/latency/latency-grid.ts';
import { GATEWAY_GRID } from '../../../src/stats/latency/log-histogram.ts';
import { blockOf, inputOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { HEALTHY, simulateBlock, type simulateTally } from '../../support/simulated-traffic.ts';

const policy = briskPolicy();
const HISTORY = 310;
const both = (stableMs: number, canaryMs: number) => (startedAt: number) =>
  blockOf({ startedAt, stable: tallyOf(900, { medianMs: stableMs }), canary: tallyOf(100, { medianMs: canaryMs }) });
const before = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: HISTORY }, both(20, 20));
const during = lookRepeatedly(policy, before.state, { from: HISTORY * 1_000, count: 8 }, both(60, 60));

describe('a route that becomes slow as a whole', () => {
  it('is said in one sentence, blames nobody, and stops a promotion', () => {
    expect(before.verdict.name).toBe('at-parity');
    expect(during.verdict).toMatchObject({ name: 'shared-fault', worst: null, needs: null });
    expect(during.verdict.reason).toMatch(
      /^the route as a whole is slow, \d+(\.\d)? % of [\d,]+ answers above \d+(\.\d)? ms where (5|4\.\d) % used to be: nobody is blamed, nothing is promoted meanwhile$/,
    );
  });

  it('freezes what is known of the stable, and counts no parity from the next block on', () => {
    const more = lookRepeatedly(policy, during.state, { from: 320_000, count: 60 }, both(60, 60));
    expect(more.state.checks.errors.stable).toEqual(during.state.checks.errors.stable);
    expect(more.state.checks.latency.reference).toEqual(during.state.checks.latency.reference);
    expect(more.state.slowness.past).toEqual(during.state.slowness.past);
    expect(more.state.checks.latency.p50.parity).toEqual(during.state.checks.latency.p50.parity);
  });

  it('still rolls back a canary that is clearly slower than the slow stable', () => {
    const { verdict } = lookRepeatedly(policy, during.state, { from: 320_000, count: 30 }, both(60, 120));
    expect(verdict.name).toBe('harmful');
  });

  it('clears after twelve good blocks in a row, not one earlier', () => {
    const nearly = lookRepeatedly(policy, during.state, { from: 320_000, count: 11 }, both(20, 20));
    expect(nearly.verdict.name).toBe('shared-fault');
    const over = look(policy, nearly.state, inputOf([both(20, 20)(331_000)]));
    expect(over.verdict.name).not.toBe('shared-fault');
    expect(over.state.slowness).toMatchObject({ alarm: null, logMass: [null, null, null] });
  });

  it('is not what a canary is that is slow or cold by itself, at half of the traffic', () => {
    const half = (startedAt: number) =>
      blockOf({ startedAt, canaryBps: 5_000, stable: tallyOf(500), canary: tallyOf(500, { medianMs: 60 }) });
    const { state } = lookRepeatedly(policy, before.state, { from: HISTORY * 1_000, count: 60 }, half);
    expect(state.slowness.alarm).toBeNull();
    const failing = (startedAt: number) =>
      blockOf({ startedAt, canaryBps: 5_000, stable: tallyOf(500), canary: tallyOf(500, { errors: 100 }) });
    expect(
      lookRepeatedly(policy, before.state, { from: HISTORY * 1_000, count: 60 }, failing).state.fault.alarm,
    ).toBeNull();
  });

  it('needs five minutes of history', () => {
    const early = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 60 }, both(20, 20));
    const slow = lookRepeatedly(policy, early.state, { from: 60_000, count: 10 }, both(60, 60));
    expect(slow.state.slowness.alarm).toBeNull();
  });
});

describe('on simulated traffic', () => {
  const span = { durationMs: 5_000, splitEpoch: 1, canaryBps: 1_000 };
  const totals = (tally: ReturnType<typeof simulateTally> | null): Totals | null =>
    tally && { ...tally, unanswered: 0, latency: histogramOn(tally.latency, GATEWAY_GRID) };
  const step = (
    watch: SlownessWatch,
    random: () => number,
    at: number,
    requestsPerSecond: number,
    medianMs: number,
  ) => {
    const behaviour = { ...HEALTHY, medianMs };
    const block = simulateBlock(random, { ...span, startedAt: at, requestsPerSecond }, behaviour, behaviour);
    const watched = { ...block, canary: totals(block.canary), stable: totals(block.stable), grid: GATEWAY_GRID };
    return watchSlowness(watch, watched, { cap: 3.97, phi: 1 });
  };

  it.each([
    [100, 3, 25],
    [100, 2, 30],
    [10, 3, 55],
    [10, 2, 90],
  ])('finds %i requests/s that become %i x slower in at most %i s, ten of ten', (rate, factor, seconds) => {
    const found = Array.from({ length: 10 }, (_, stream) => {
      const random = seededRandom(4_100 + stream);
      let watch = NO_SLOWNESS;
      let at = 0;
      for (; at < 600_000; at += 5_000) watch = step(watch, random, at, rate, 20);
      expect(watch.alarm).toBeNull();
      for (; watch.alarm === null && at < 900_000; at += 5_000) watch = step(watch, random, at, rate, 20 * factor);
      return (at - 600_000) / 1_000;
    });
    expect(Math.max(...found)).toBeLessThanOrEqual(seconds);
  });

  it('has no false alarm in two simulated days of drift of 30 %', () => {
    const random = seededRandom(20_260_172);
    let watch = NO_SLOWNESS;
    for (let block = 0; block < 2 * 17_280; block += 1) {
      const medianMs = 20 * (1 + 0.3 * Math.sin((2 * Math.PI * block) / 17_280));
      watch = step(watch, random, block * 5_000, 4, medianMs);
      expect(watch.alarm).toBeNull();
    }
  });
});
