import { mean, median } from 'simple-statistics';
import { GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import { quantileGain, rateHarmGain } from '../../../src/stats/rates/forecast.ts';
import {
  type Bench,
  type Cell,
  courseOf,
  percent,
  policyOf,
  type Row,
  randomOf,
  rivalShares,
  streams,
} from './experiment.ts';
import { errorsOnly } from './null-rows.ts';
import { type Finish, race } from './race.ts';
import { RIVALS, type RivalName } from './rivals.ts';
import { baseQuantile, type Part, scaledTail, shapeOf } from './shape.ts';
import { DAY_MS, type Scenario } from './traffic.ts';

const LOG_THRESHOLD = Math.log(1_000);
const BOUNDARY = { rho: 1.1, a: 1e-4 };
const LOOK_MS = 5_000;
/** Looks that the bound is cut into where it takes long: what a look's length adds to the delay stays below 2 %. */
const LOOKS_PER_BOUND = 50;
const ERROR_RULES: readonly RivalName[] = ['B', "B'", 'C', 'D', 'E'];

export function errorRegressions(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 30, full: 300 });
  const weight = 0.01;
  const cells: Cell[] = [];
  for (const factor of [2, 5, 20]) {
    for (const base of [1e-4, 1e-3, 1e-2]) {
      for (const rate of [10, 100, 1_000]) {
        const worse = factor * base;
        if (worse <= BOUNDARY.rho * base + BOUNDARY.a) continue;
        const bound = LOG_THRESHOLD / rateHarmGain(base, worse, BOUNDARY, weight);
        const blockMs = blockFor(bound, weight * rate);
        if (blockMs === null) continue;
        const scenario = errorsOnly({ blockMs, rate, weight, errors: (ms) => [base, ms < 0 ? base : worse] });
        const setting = `${factor}x of ${percent(base)}, ${rate}/s`;
        cells.push(race4(setting, scenario, bound, 4, count, ERROR_RULES));
        if (bench.size === 'tiny') break;
      }
    }
  }
  return ratioRow('J4', 'errors 2x, 5x, 20x from the start', 1.9, 1.6, cells);

  function race4(
    setting: string,
    scenario: Scenario,
    bound: number,
    row: number,
    n: number,
    rules: readonly RivalName[],
  ) {
    return detect(bench, row, cells.length, setting, scenario, bound, n, rules);
  }
}

export function latencyRegressions(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 8, full: 100 });
  const weight = 0.01;
  const cells: Cell[] = [];
  const regressions: readonly (readonly [Part, number])[] = [
    ['all', 1.1],
    ['all', 1.25],
    ['all', 2],
    ['body', 1.1],
    ['body', 1.25],
    ['body', 2],
    ['tail', 2],
  ];
  for (const [part, factor] of regressions) {
    for (const rate of [10, 100]) {
      const bound = LOG_THRESHOLD / bestQuantileGain(part, factor, weight);
      const blockMs = blockFor(bound, weight * rate);
      if (blockMs === null) continue;
      const worse = shapeOf(scaledTail(part, factor));
      const scenario: Scenario = {
        ...errorsOnly({ blockMs, rate, weight, errors: () => [1e-3, 1e-3] }),
        latency: { canary: () => worse, drift: 'none' },
      };
      const setting = `${part} x${factor}, ${rate}/s`;
      cells.push(detect(bench, 5, cells.length, setting, scenario, bound, count, RIVALS));
      if (bench.size === 'tiny') break;
    }
  }
  return ratioRow('J5', 'latency of all, of the bulk, of the tail', 1.8, 1.4, cells);
}

export function catastrophes(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 60, full: 1_000 });
  const policy = policyOf(LOOK_MS, { warmUp: '0s' });
  const steady = { blockMs: LOOK_MS, rate: 1_000, weight: 0.01 };
  const slow = shapeOf(scaledTail('all', 2));
  const settings: readonly (readonly [string, Scenario])[] = [
    ['every answer fails', errorsOnly({ ...steady, errors: (ms) => [1e-3, ms < 0 ? 1e-3 : 1] })],
    ['errors 20x of 1 %', errorsOnly({ ...steady, errors: (ms) => [1e-2, ms < 0 ? 1e-2 : 0.2] })],
    [
      'latency x2',
      { ...errorsOnly({ ...steady, errors: () => [1e-3, 1e-3] }), latency: { canary: () => slow, drift: 'none' } },
    ],
  ];
  const cells = settings.map(([setting, scenario], cell): Cell => {
    const looks = Array.from(
      { length: count },
      (_, i) => race(randomOf(bench, 6, cell, i), courseOf(policy, scenario, 60)).ms / LOOK_MS,
    ).toSorted((a, b) => a - b);
    const late = looks[Math.ceil(0.95 * count) - 1] ?? Number.NaN;
    return { setting, streams: count, figure: late, note: `worst ${looks.at(-1)}` };
  });
  const latest = Math.max(...cells.map(({ figure }) => figure ?? Number.POSITIVE_INFINITY));
  return {
    id: 'J6',
    scenario: 'what the bound finds within one look, at 10 canary requests/s',
    measures: 'looks until rolled back in 95 % of the streams',
    target: '<= 3 looks',
    measured: `${latest} looks`,
    passed: latest <= 3,
    cells,
  };
}

export function lateOnset(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 10, full: 50 });
  const onsetMs = bench.size === 'tiny' ? 300_000 : DAY_MS / 4;
  const weight = 0.01;
  const policy = policyOf(LOOK_MS);
  const settings = [
    { factor: 5, base: 1e-3, rate: 1_000 },
    { factor: 5, base: 1e-2, rate: 100 },
  ];
  const cells = settings.map(({ factor, base, rate }, cell): Cell => {
    const worse = factor * base;
    const bound = LOG_THRESHOLD / rateHarmGain(base, worse, BOUNDARY, weight);
    const boundMs = (1_000 * bound) / (weight * rate);
    const scenario = errorsOnly({
      blockMs: LOOK_MS,
      rate,
      weight,
      errors: (ms) => [base, ms < onsetMs ? base : worse],
    });
    const blocks = Math.ceil((onsetMs + 10 * boundMs) / LOOK_MS);
    const delays = Array.from(
      { length: count },
      (_, i) =>
        race(randomOf(bench, 12, cell, i), courseOf(policy, scenario, blocks, { blocksPerLook: 60 })).ms - onsetMs,
    );
    return {
      setting: `${factor}x of ${percent(base)} after ${onsetMs / 3_600_000} h, ${rate}/s`,
      streams: count,
      figure: mean(delays) / boundMs,
      note: `bound ${Math.round(boundMs / 1_000)} s`,
    };
  });
  const worst = Math.max(...cells.map(({ figure }) => figure ?? Number.POSITIVE_INFINITY));
  return {
    id: 'J12',
    scenario: 'errors that begin after six hours',
    measures: 'mean delay over the bound',
    target: '<= 3.5',
    measured: `at most ${worst.toFixed(2)}`,
    passed: worst <= 3.5,
    cells,
  };
}

/** The bound of the best single quantile: ln(1/alpha) over its KL divergence to the rollback margin. */
function bestQuantileGain(part: Part, factor: number, weight: number): number {
  const tail = scaledTail(part, factor);
  const tests = [
    { level: 0.5, buckets: 2 },
    { level: 0.95, buckets: 3 },
    { level: 0.99, buckets: 5 },
  ];
  return Math.max(
    ...tests.map(({ level, buckets }) => {
      const worse = tail(baseQuantile(level) * GAMMA ** buckets);
      return worse > 1 - level ? quantileGain(worse, 1 - level, weight) : 0;
    }),
  );
}

// Null where the bound is below five looks (J6), or longer than a day.
function blockFor(bound: number, perSecond: number): number | null {
  const boundMs = (1_000 * bound) / perSecond;
  if (boundMs < 5 * LOOK_MS || bound < 5 || boundMs > DAY_MS) return null;
  return Math.max(LOOK_MS, Math.round(boundMs / LOOKS_PER_BOUND / 1_000) * 1_000);
}

function detect(
  bench: Bench,
  row: number,
  cell: number,
  setting: string,
  scenario: Scenario,
  bound: number,
  count: number,
  rules: readonly RivalName[],
): Cell {
  const policy = policyOf(scenario.blockMs, { warmUp: '0s' });
  const perBlock = (scenario.requestsPerSecond * scenario.weight * scenario.blockMs) / 1_000;
  const blocks = Math.ceil((6 * bound) / perBlock);
  const finishes: readonly Finish[] = Array.from({ length: count }, (_, i) =>
    race(
      randomOf(bench, row, cell, i),
      courseOf(policy, scenario, blocks, { blocksPerLook: 4, rivals: i < Math.max(1, count / 10) ? rules : [] }),
    ),
  );
  const found = finishes.filter(({ end }) => end === 'harmful');
  const counted = found.length >= 0.95 * count;
  return {
    setting,
    streams: count,
    figure: counted ? mean(found.map(({ canaryRequests }) => canaryRequests)) / bound : null,
    note: `bound ${Math.round(bound)} requests${counted ? '' : `, found ${percent(found.length / count)}`}`,
    rivals: rivalShares(finishes),
  };
}

function ratioRow(id: string, scenario: string, each: number, middle: number, cells: readonly Cell[]): Row {
  const ratios = cells.flatMap(({ figure }) => figure ?? []);
  const worst = ratios.length === 0 ? Number.NaN : Math.max(...ratios);
  const typical = ratios.length === 0 ? Number.NaN : median(ratios);
  return {
    id,
    scenario,
    measures: 'mean canary requests over ln(1/alpha)/KL, where found in 95 % of the streams',
    target: `<= ${each} each, median <= ${middle}`,
    measured: `at most ${worst.toFixed(2)}, median ${typical.toFixed(2)}, ${ratios.length} of ${cells.length} cells`,
    passed: worst <= each && typical <= middle,
    rivalsMeasure: 'rolled back within six times the bound',
    cells,
  };
}
