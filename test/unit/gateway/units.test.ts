import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { LaneTally } from '../../../src/gateway/measure/lane-tally.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { UnitEdgesLearner, unitEdges } from '../../../src/gateway/measure/unit-edges.ts';
import { UnitTally } from '../../../src/gateway/measure/unit-tally.ts';
import type { LatencyAllowances, SplitOrder, Track } from '../../../src/split/order.ts';
import { UNITS, unitDraws } from '../../../src/split/unit-draw.ts';
import { bucketMs, bucketOf, histogramOf } from '../../../src/stats/latency/log-histogram.ts';
import { tailAbove, tailsOf } from '../../../src/stats/latency/tails.ts';
import { UNIT_CELL, UNIT_CELLS, type UnitEdges } from '../../../src/stats/units/unit-block.ts';
import { orderTo } from '../../support/gateway.ts';

const PLACE = { startedAt: 0, durationMs: 5_000, splitEpoch: 1, canaryBps: 1_000 };
const EDGES: UnitEdges = {
  stable: [10, 20, 30],
  harm: [11, 24, 36],
  parity: [12, 26, 40],
  bins: [5, 10, 20],
  canaryBins: [6, 12, 24],
  scores: [-1.5, -0.5, 0.5, 2],
};

/** The cells of a unit by their names. */
function cellsOf(tally: UnitTally, unit: number) {
  const { units, cells, onCanary } = tally.read(PLACE);
  const row = units.indexOf(unit);
  const at = (cell: number) => cells[row * UNIT_CELLS + cell] ?? 0;
  return {
    onCanary: onCanary[row],
    requests: at(UNIT_CELL.requests),
    errors: at(UNIT_CELL.errors),
    clientErrors: at(UNIT_CELL.clientErrors),
    answers: at(UNIT_CELL.answers),
    above: [0, 1, 2].map((quantile) => at(UNIT_CELL.above + quantile)),
    beyond: [0, 1, 2].map((quantile) => at(UNIT_CELL.beyond + quantile)),
    score: at(UNIT_CELL.score),
  };
}

const NO_REQUEST = {
  method: 0,
  path: null,
  consumer: null,
  upstream: null,
  group: null,
  isRepeat: false,
  isEmpty: false,
};

describe('the tally of units', () => {
  it("counts the stable's answers against its own edges", () => {
    const tally = new UnitTally(EDGES);
    const of = { unit: 7, track: 'stable' as const };
    for (const ms of [4, 10, 21, 31]) tally.count(of, 'other', ms);
    tally.count(of, 'error', null);
    tally.count(of, 'client-error', 3);
    expect(cellsOf(tally, 7)).toEqual({
      onCanary: 0,
      requests: 6,
      errors: 1,
      clientErrors: 1,
      answers: 5,
      above: [2, 2, 1],
      beyond: [0, 0, 0],
      score: -1.5 - 0.5 + 2 + 2 - 1.5,
    });
  });

  it("counts the canary's against edges shifted by the margins, for a rollback and for parity", () => {
    const tally = new UnitTally(EDGES);
    for (const ms of [6, 11.5, 13, 25, 38, 41]) tally.count({ unit: 7, track: 'canary' }, 'other', ms);
    tally.addLatency({ unit: 7, track: 'canary' }, 500);
    expect(cellsOf(tally, 7)).toEqual({
      onCanary: 1,
      requests: 6,
      errors: 0,
      clientErrors: 0,
      answers: 7,
      above: [6, 4, 3],
      beyond: [5, 3, 2],
      score: -1.5 - 0.5 + 0.5 + 2 + 2 + 2 + 2,
    });
  });

  it('has rows for units with traffic only, in order, however many', () => {
    const tally = new UnitTally(null);
    for (let unit = UNITS - 1; unit >= 0; unit -= 3) tally.count({ unit, track: 'stable' }, 'other', 5);
    tally.count({ unit: null, track: 'stable' }, 'error', 5);
    const { units, cells, edges } = tally.read(PLACE);
    expect([...units]).toEqual(Array.from({ length: 3_334 }, (_, at) => 3 * at));
    expect(cells.reduce((sum, count) => sum + count, 0)).toBe(3_334);
    expect(edges).toBeNull();
    expect(new UnitTally(null).read(PLACE).units).toHaveLength(0);
  });
});

/** A past with so many answers of each latency, in ms. */
function pastOf(answers: Readonly<Record<number, number>>) {
  const counts: Record<number, number> = {};
  for (const [ms, count] of Object.entries(answers)) {
    const bucket = bucketOf(Number(ms));
    counts[bucket] = (counts[bucket] ?? 0) + count;
  }
  return tailsOf(histogramOf(counts));
}

const allowed = (relative: number, absoluteMs = 0) => ({ relative, absoluteMs });
const alike = (relative: number, absoluteMs = 0) => ({
  p50: allowed(relative, absoluteMs),
  p95: allowed(relative, absoluteMs),
  p99: allowed(relative, absoluteMs),
});
const MARGINS: LatencyAllowances = { rollback: alike(0.1), parity: alike(0.25, 40), dominance: allowed(0.05) };

/** The bucket that ends at an edge. */
const bucketsUpTo = (ms = 1) => Math.round(Math.log(ms) / Math.log(1.02));

describe('the edges of units', () => {
  const spread = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [20 + at / 5, 1]));
  const past = pastOf(spread);

  it('are quantiles of the past, and for the canary these and the larger of two margins', () => {
    const { stable, harm, parity, bins, canaryBins } = unitEdges(past, MARGINS);
    for (const [at, ms] of [120, 210, 218].entries()) {
      expect(Math.abs((stable[at] ?? 0) / ms - 1)).toBeLessThan(0.02);
      expect(bucketsUpTo(harm[at]) - bucketsUpTo(stable[at])).toBe(4);
    }
    // 40 ms is more than a quarter of 120 ms, and less than a quarter of 210.
    expect(bucketsUpTo(parity[0]) - bucketsUpTo(stable[0])).toBe(
      Math.floor(Math.log(1 + 40 / stable[0]) / Math.log(1.02)),
    );
    expect(bucketsUpTo(parity[1]) - bucketsUpTo(stable[1])).toBe(11);
    expect(bins).toHaveLength(7);
    expect(canaryBins.map((ms, at) => bucketsUpTo(ms) - bucketsUpTo(bins[at]))).toEqual(bins.map(() => 2));
  });

  it.each([
    ['an even past', past],
    ['a past of few latencies', pastOf({ 10: 600, 50: 300, 400: 90, 900: 10 })],
  ])('score answers with a mean of 0 and a variance of 1 over %s', (_, of) => {
    const { bins, scores } = unitEdges(of, MARGINS);
    const above = [of.total, ...bins.map((ms) => tailAbove(of, bucketsUpTo(ms))), 0];
    const shares = scores.map((__, bin) => ((above[bin] ?? 0) - (above[bin + 1] ?? 0)) / of.total);
    const mean = scores.reduce((sum, score, bin) => sum + score * (shares[bin] ?? 0), 0);
    const variance = scores.reduce((sum, score, bin) => sum + score ** 2 * (shares[bin] ?? 0), 0);
    expect(mean).toBeCloseTo(0, 9);
    expect(variance).toBeCloseTo(1, 9);
    expect([...scores].sort((one, other) => one - other)).toEqual(scores);
  });

  it('are finite where latencies are constant, and see what is slower', () => {
    const { bins, scores, stable } = unitEdges(pastOf({ 40: 500 }), MARGINS);
    expect(bins).toEqual([bucketMs(bucketOf(40))]);
    expect(stable).toEqual([bins[0], bins[0], bins[0]]);
    expect(scores[1] ?? 0).toBeGreaterThan(Math.abs(scores[0] ?? 0));
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

describe('what is learned of the edges', () => {
  const order = (more: Partial<SplitOrder>) =>
    orderTo('http://v1', 'http://v2', {
      measure: { blockMs: 5_000, errorStatuses: ['5xx'], margins: MARGINS },
      ...more,
    });
  const answers = (ms: number, count = 300) => ({ [bucketOf(ms)]: count });

  it('is nothing before there are answers enough', () => {
    const learner = new UnitEdgesLearner(order({}));
    learner.learn(5_000, answers(20, 100));
    expect(learner.present).toBeNull();
    learner.learn(5_000, answers(20, 150));
    expect(learner.present?.stable[0]).toBe(bucketMs(bucketOf(20)));
  });

  it('follows the stable while it serves alone, and stays as it was while versions are compared', () => {
    const learner = new UnitEdgesLearner(order({}));
    for (let block = 0; block < 80; block++) learner.learn(5_000, answers(20));
    learner.follow(order({ canaryBps: 1_000 }));
    const before = learner.present;
    for (let block = 0; block < 80; block++) learner.learn(5_000, answers(90));
    expect(learner.present).toEqual(before);
    // A move of the same increase.
    learner.follow(order({ canaryBps: 1_500 }));
    expect(learner.present).toEqual(before);
    learner.follow(order({ canaryBps: 2_000, epoch: 2 }));
    expect(learner.present?.stable[0]).toBe(bucketMs(bucketOf(90)));
    learner.follow(order({ canaryBps: 10_000 }));
    for (let block = 0; block < 400; block++) learner.learn(5_000, answers(20));
    expect(learner.present?.stable[0]).toBe(bucketMs(bucketOf(20)));
  });

  it('goes on for the first minutes of a process, whose first answers are cold', () => {
    const learner = new UnitEdgesLearner(order({ canaryBps: 1_000 }));
    learner.learn(5_000, answers(900));
    for (let block = 0; block < 58; block++) learner.learn(5_000, answers(20, 3_000));
    expect(learner.present?.stable[0]).toBe(bucketMs(bucketOf(20)));
  });
});

describe('the units of a recorder', () => {
  function recorderBy(assignment: 'by-key' | 'per-request', order: SplitOrder) {
    let now = 1_000_000;
    const recorder = new RouteRecorder(
      clockFrom(() => now),
      order,
      {},
      { slices: 'off', templates: [], assignmentOf: () => assignment },
    );
    const ask = (track: Track, unit: number, status: number, ms = 0) => {
      const ticket = recorder.begin(track, 'weight', { hash: unit, unit, key: unit, isAgain: false });
      now += ms;
      if (status === 0) recorder.fail(ticket);
      else {
        recorder.answered(ticket, status, 'whole');
        recorder.complete(ticket);
      }
      now -= ms;
    };
    const pass = () => {
      now += order.measure.blockMs;
    };
    const close = () => {
      pass();
      recorder.collect(null, 250);
    };
    return { recorder, ask, pass, close };
  }
  const order = orderTo('http://v1', 'http://v2', { canaryBps: 1_000 });
  const draws = unitDraws('shop', 'v2', 1);

  it('are what it counted in closed blocks, of both versions, once each', () => {
    const { recorder, ask, close } = recorderBy('by-key', order);
    for (let request = 0; request < 250; request++) ask('stable', request % 5, 200, 20);
    close();
    // The edges are those that were known when a block began.
    close();
    ask('canary', 9, 200, 90);
    ask('canary', 9, 503, 20);
    ask('stable', 3, 0);
    const ruled = recorder.begin('canary', 'consumer', { hash: 4, unit: 4, key: 4, isAgain: false });
    recorder.complete(ruled);
    expect(recorder.unitRecord?.counts(draws)?.cells[3 * UNIT_CELLS + UNIT_CELL.requests]).toBe(50);
    close();
    recorder.collect(null, 250);
    const counts = recorder.unitRecord?.counts(draws);
    const cell = (unit: number, name: number) => counts?.cells[unit * UNIT_CELLS + name];
    expect([cell(3, UNIT_CELL.requests), cell(3, UNIT_CELL.errors), cell(3, UNIT_CELL.answers)]).toEqual([51, 1, 0]);
    expect([cell(9, UNIT_CELL.requests), cell(9, UNIT_CELL.errors), cell(9, UNIT_CELL.above)]).toEqual([2, 1, 1]);
    expect([counts?.onCanary[9], counts?.onCanary[3], cell(4, UNIT_CELL.requests)]).toEqual([1, 0, 50]);
    expect(counts?.draws).toBe(draws);
  });

  it('are kept while the stable serves alone, and go on after a restart', () => {
    const alone = orderTo('http://v1', null);
    const { recorder, ask, close } = recorderBy('by-key', alone);
    ask('stable', 3, 503);
    close();
    expect(recorder.unitRecord?.counts(draws)).toBeNull();
    const stored = recorder.unitRecord?.bytes() ?? new Uint8Array();

    const next = recorderBy('by-key', alone);
    next.recorder.unitRecord?.restore(Uint8Array.of(99, 1, 2));
    next.recorder.unitRecord?.restore(stored);
    expect(next.recorder.unitRecord?.bytes()).toEqual(stored);
    next.ask('stable', 3, 200);
    next.close();
    const more = next.recorder.unitRecord?.bytes();
    expect(more).not.toEqual(stored);
    // What was recorded since is newer.
    next.recorder.unitRecord?.restore(stored);
    expect(next.recorder.unitRecord?.bytes()).toEqual(more);
  });

  it('go on with the weight that was stored, although a process begins with the stable alone', () => {
    const before = recorderBy('by-key', order);
    before.ask('canary', 3, 503);
    before.close();
    const after = recorderBy('by-key', orderTo('http://v1', null, { epoch: 0 }));
    after.recorder.unitRecord?.restore(before.recorder.unitRecord?.bytes() ?? new Uint8Array());
    after.close();
    after.recorder.follow(order);
    after.ask('canary', 3, 200);
    after.close();
    const counts = after.recorder.unitRecord?.counts(draws);
    const cell = (name: number) => counts?.cells[3 * UNIT_CELLS + name];
    expect([cell(UNIT_CELL.requests), cell(UNIT_CELL.errors), counts?.since]).toEqual([2, 1, 1_000_000]);
  });

  it('are added when they are tended, although nobody collects', () => {
    const alone = orderTo('http://v1', null, { measure: { blockMs: 10, errorStatuses: ['5xx'] } });
    const { recorder, ask, pass } = recorderBy('by-key', alone);
    const empty = recorder.unitRecord?.bytes();
    ask('stable', 3, 503);
    pass();
    expect(recorder.unitRecord?.bytes()).toEqual(empty);
    recorder.tend();
    expect(recorder.unitRecord?.bytes()).not.toEqual(empty);
  });

  it('are nothing where requests are drawn by themselves', () => {
    const { recorder, ask, close } = recorderBy('per-request', order);
    ask('canary', 3, 503);
    close();
    expect(recorder.unitRecord).toBeNull();
  });
});

describe('an answer that the stable seldom gives', () => {
  it('counts with the 4xx by unit, and not in the tally', () => {
    const lane = new LaneTally();
    const tally = new UnitTally(EDGES);
    lane.units = tally;
    const of = { ...NO_REQUEST, unit: 7, track: 'canary' as const, status: 302 };
    lane.count({ ...of, isUnusual: true }, 'other', null);
    lane.count({ ...of, isUnusual: false }, 'other', null);
    lane.count({ ...of, isUnusual: true, status: 500 }, 'error', null);
    expect(cellsOf(tally, 7)).toMatchObject({ requests: 3, errors: 1, clientErrors: 1 });
    expect(lane.read()).toMatchObject({ requests: 3, errors: 1, clientErrors: 0, statuses: { 302: 2 } });
  });
});
