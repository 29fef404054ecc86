import * as packaged from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { thresholdsOf } from '../../../src/judge/thresholds.ts';
import { formatPoints, formatShare } from '../../../src/parity/figures.ts';
import { bucketMargins } from '../../../src/parity/latency/bucket-margins.ts';
import type { ErrorMargin } from '../../../src/policy/checks/margins.ts';
import {
  type Alternative,
  type BlockCounts,
  type Boundary,
  boundaryAt,
  projectPoisson,
} from '../../../src/stats/evidence/e-value.ts';
import { spentMass } from '../../../src/stats/evidence/onset-schedule.ts';
import { nativeGrid } from '../../../src/stats/latency/latency-grid.ts';
import { ODDS_GRID, ODDS_WEIGHTS } from '../../../src/stats/latency/quantile.ts';
import { RATIO_GRID, RATIO_WEIGHTS } from '../../../src/stats/rates/error-rate.ts';
import { rateGain, rateHarmGain, requestsNeeded } from '../../../src/stats/rates/forecast.ts';
import { leastIntervals, logSeriesHarm, stepSeries, UNSEEN_SERIES } from '../../../src/stats/series/series.ts';
import { LARGEST_PAIR_BET } from '../../../src/stats/series/series-bets.ts';
import { MOST_SLICES } from '../../../src/stats/slice.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { readPage } from '../../support/pages.ts';

/** The page with its line breaks as blanks, so that a sentence is found however it is wrapped. */
const page = readPage('docs/statistics.md').text.replace(/\s+/g, ' ');

const policy = judgePolicy();
const { spec } = policy;
const ROLLBACK: Boundary = { rho: 1 + spec.checks.errors.rollback.relative, a: spec.checks.errors.rollback.absolute };
const PARITY: readonly Boundary[] = [
  { rho: 1 + spec.checks.errors.parity.relative, a: 0 },
  { rho: 1, a: spec.checks.errors.parity.absolute },
];

const STEP = { kind: 'weight', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 } as const;

const sumOf = ({ relative, absolute }: ErrorMargin) => `${formatShare(relative)} + ${formatPoints(absolute)}`;
const largerOf = ({ relative, absolute }: ErrorMargin) => `${formatShare(relative)} or ${formatPoints(absolute)}`;
/** `1.3 (.15), 1.8 (.25)` */
const weighted = (grid: readonly number[], weights: readonly number[]) =>
  grid.map((value, at) => `${value} (${String(weights[at]).replace(/^0/, '')})`).join(', ');
const count = (value: number) => Math.round(value).toLocaleString('en');

/** E[e] of a block of Poisson counts with these means. */
function expectation(means: BlockCounts, alternative: Alternative, boundary: Boundary): number {
  const { nc, xc, ns, xs } = means;
  const s0 = projectPoisson(means, alternative, boundary);
  const c0 = boundaryAt(boundary, s0);
  const { s1, c1 } = alternative;
  return Math.exp(xc * (c1 / c0 - 1) + xs * (s1 / s0 - 1) - nc * (c1 - c0) - ns * (s1 - s0));
}

describe('docs/statistics.md says what follows from the code', () => {
  it('of a block that spans two splits (section 2.1)', () => {
    const means = { nc: 10 + 500, ns: 990 + 500, xc: 10 * 0.01 + 500 * 0.02, xs: 990 * 0.01 + 500 * 0.02 };
    const value = expectation(means, { s1: 0.01, c1: 3 * boundaryAt(ROLLBACK, 0.01) }, ROLLBACK);
    expect(page).toContain(`E[e] = ${value.toFixed(1)} for identical versions`);
  });

  it('of what an unknown onset costs (section 2.3)', () => {
    const mass = (minutes: number, stepChanges = 0) => spentMass({ startedAt: 0, minutes, stepChanges }, 4);
    const cost = (from: number, to: number) => (-Math.log(to - from)).toFixed(1);
    const day = 1_440;
    const start = (-Math.log(mass(0))).toFixed(2);
    const change = cost(mass(0), mass(0, 1));
    const [first, second, last] = [0, day, 29 * day].map((minute) => cost(mass(minute), mass(minute + 1)));
    expect(page).toContain(`${start} nats from the start, ${change} at a change of the split`);
    expect(page).toContain(`${first} in a given minute of day 1, ${second} on day 2, ${last} on day 30`);
  });

  it('of the default parameters (section 3.1)', () => {
    const { judge, checks } = spec;
    expect(page).toContain(`| \`alpha\` | ${judge.alpha} `);
    expect(page).toContain(`| \`beta\` | ${judge.beta.first}, ${judge.beta.middle}, ${judge.beta.last} |`);
    expect(page).toContain(`| \`hold\` | ${judge.hold} |`);
    expect(page).toContain(`| \`minBlocks\` | ${judge.minBlocks} |`);
    const { cap } = thresholdsOf(policy, STEP);
    expect(page).toContain(`cap = (ln(1/alpha)+5)/minBlocks = ${cap.toFixed(2)} nats`);
    const { errors, dominance, p50, clientErrors, kinds, slices, cold, guards } = judge.weights;
    expect(page).toContain(
      `errors ${errors}, dominance ${dominance}, p50, p95, p99 ${p50} each, clientErrors ${clientErrors}, kinds ${kinds}, ` +
        `slices ${slices}, cold ${cold}, guards ${guards}`,
    );
    const buckets = (['p50', 'p95', 'p99'] as const).map((name) => bucketMargins(checks, name, null));
    const rollback = buckets.map((margin) => margin.rollback).join(', ');
    const parity = buckets.map((margin) => margin.parity).join(', ');
    expect(page).toContain(`${rollback} and ${parity} buckets of 2 %`);
    const { initial, ungrouped } = judge.dispersion;
    expect(page).toContain(`| \`dispersion\` | initial ${initial}, ungrouped ${ungrouped} |`);
  });

  it('of the default margins, and of the effects that are bet on (section 3.1)', () => {
    const { errors, clientErrors, latency } = spec.checks;
    const { classic } = latency;
    expect(page).toContain(`rollback ${sumOf(errors.rollback)}; parity ${largerOf(errors.parity)}`);
    expect(page).toContain(`hold ${sumOf(clientErrors.hold)}; parity ${largerOf(clientErrors.parity)}`);
    expect(page).toContain(`rollback ${sumOf(classic.rollback)}; parity ${largerOf(classic.parity)}`);
    expect(page).toContain(weighted(RATIO_GRID, RATIO_WEIGHTS));
    expect(page).toContain(weighted(ODDS_GRID, ODDS_WEIGHTS));
  });

  it('of the grids of native histograms (section 3.5)', () => {
    const [coarse, fine] = [3, 5].map((schema) => nativeGrid(schema).ratio.toFixed(4));
    expect(page).toContain(`(schema 3: ${coarse}, schema 5: ${fine})`);
  });

  it('of the least intervals of a series, and of its example (section 3.9)', () => {
    const least = (alpha: number, weight: number) =>
      leastIntervals(-Math.log(alpha) - Math.log(weight), LARGEST_PAIR_BET);
    expect(page).toContain(
      `at least ${least(0.001, 1)} differing intervals, ${least(0.01, 1)} at 0.01; with the default weight of 0.05 it is ${least(0.001, 0.05)}`,
    );
    const test = {
      worse: 'higher',
      arms: 'same-size',
      rollback: { relative: 0.05, absolute: 0 },
      parity: { relative: 0.1, absolute: 0 },
    } as const;
    const bet = { cap: Number.POSITIVE_INFINITY, parity: 'left-out', parityCeiling: 0 } as const;
    const canary = [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0];
    const state = canary.reduce((at, value) => stepSeries(at, test, { canary: value, stable: 0 }, bet), UNSEEN_SERIES);
    expect(page).toContain(`gives E = ${Math.exp(logSeriesHarm(state)).toFixed(1)} of at most 32`);
  });

  it('of the run length of false alarms, and of the cap of slices (sections 3.11 and 3.12)', () => {
    expect(page).toContain(`>= ${count((30 * 86_400) / 5)}, the 5 s blocks of 30 days`);
    expect(page).toContain(`cap = (ln(200/.05)+5)/3 = ${((Math.log(MOST_SLICES / 0.05) + 5) / 3).toFixed(2)}`);
  });

  it('of the closed forms, and of how long little traffic takes (sections 7 and 9)', () => {
    const bound = (factor: number) => Math.log(1_000) / rateHarmGain(0.001, factor * 0.001, ROLLBACK, 0.01);
    expect(page).toContain(`${count(bound(5))} canary requests; 2x: ${count(bound(2))}`);
    expect(page).toContain(`ln(1/beta)/a = ${count(Math.log(20) / 0.001)} requests`);
    const parityAt = (weight: number) => {
      const gain = Math.max(...PARITY.map((boundary) => rateGain(0.001, boundary, weight)));
      return requestsNeeded(Math.log(1 / 0.2), gain, 'not-begun') ?? Number.NaN;
    };
    const hours = (weight: number) => parityAt(weight) / (10 * weight) / 3_600;
    expect(page).toContain(`about ${count(Math.round(parityAt(0.01) / 100) * 100)} canary requests at beta 0.2`);
    expect(page).toContain(
      `${Math.round(hours(0.01))} hours; at a weight of 10 % it is ${hours(0.1).toFixed(1)} hours`,
    );
  });

  it('of what must decide nothing in simple-statistics (section 8)', () => {
    expect(page).toContain(`\`cumulativeStdNormalProbability(-5)\` is ${packaged.cumulativeStdNormalProbability(-5)}`);
    expect(page).toContain(`\`probit(1e-4)\` is ${packaged.probit(1e-4).toFixed(3)}`);
    const sum = (packaged.poissonDistribution(50) ?? []).reduce((left, right) => left + right, 0);
    expect(page).toContain(`\`poissonDistribution(50)\` sums to ${sum.toFixed(4)}`);
    expect(packaged.poissonDistribution(800)?.[0]).toBe(0);
    expect(packaged.sum([1e16, 1, -1e16])).toBe(1);
  });
});
