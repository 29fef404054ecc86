import { readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import { readPolicy } from '../../../src/policy/read.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { normalTail } from '../../../src/stats/evidence/normal.ts';
import { bucketOf } from '../../../src/stats/latency/log-histogram.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { type Bench, type Cell, courseOf, percent, type Row, randomOf, streams } from './experiment.ts';
import { type Course, type Finish, race } from './race.ts';
import { equalValues } from './series-rows.ts';
import { type Shape, scaledTail, shapeOf } from './shape.ts';
import { type LatencyScenario, type Scenario, STABLE_SHAPE } from './traffic.ts';

const BLOCK_MS = 15_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LOG_20 = Math.log(20);
const ALIKE: LatencyScenario = { canary: () => STABLE_SHAPE, drift: 'none' };
const STANDARD = judgePolicy();
const QUIET = shipped('quiet');

/** Latencies of one value each. */
const constant = (ms: number): Shape => ({ from: bucketOf(ms), shares: [1], cumulative: [1] });

/** Equal versions at the 50 % step of standard.yaml, whose margins are the defaults. */
export function parityWhenQuiet(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 40 });
  const settings: readonly (readonly [string, number, number, Partial<Scenario>])[] = [
    ['3 requests/s', 3, 9, {}],
    ['1 request/s', 1, 24, {}],
    ['3 requests/s, native histograms of schema 5', 3, 9, { measurement: 'native-5' }],
  ];
  const cells = settings.map(([setting, requestsPerSecond, hours, parts], cell): Cell => {
    const scenario = quiet({ requestsPerSecond, weight: 0.5, ...parts });
    const finishes = runs(bench, 25, cell, count, STANDARD, scenario, hours, { until: 'parity', position: 'last' });
    const within = finishes.filter(({ end }) => end === 'at-parity').length / count;
    const harmful = finishes.filter(({ end }) => end === 'harmful').length;
    return {
      setting,
      streams: count,
      figure: median(finishes.map(({ ms }) => ms / HOUR_MS)),
      note: `${percent(within)} within ${hours} h, ${harmful} rolled back`,
    };
  });
  const isLate = ({ figure }: Cell, at: number) => (figure ?? 0) >= (settings[at]?.[2] ?? 0);
  return {
    id: 'J25',
    scenario: 'little traffic, equal versions, errors 0.1 %, at 50 % of standard.yaml',
    measures: 'median hours until parity is shown',
    target: 'below 9 h at 3/s, 24 h at 1/s',
    measured: cells.map(({ figure }) => `${(figure ?? 0).toFixed(1)} h`).join(' / '),
    passed: !cells.some(isLate) && cells.every(({ note }) => note?.endsWith(' 0 rolled back')),
    cells,
  };
}

/** On the rollback boundary, by the drawn form and by merged blocks. */
export function boundaryWhenQuiet(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 60 });
  const hours = bench.size === 'full' ? 24 : 8;
  const settings: readonly (readonly [string, number, number, Partial<Scenario>])[] = [
    ['1 request/min at 25 %', 1 / 60, 0.25, {}],
    ['0.2 requests/s at 10 %', 0.2, 0.1, {}],
    ['1 request/s at 10 %', 1, 0.1, {}],
    ['3 requests/s at 1 %', 3, 0.01, {}],
    ['1 request/s at 10 %, native histograms of schema 5', 1, 0.1, { measurement: 'native-5' }],
  ];
  const cells = settings.map(([setting, requestsPerSecond, weight, parts], cell): Cell => {
    let reached = 0;
    let rolledBack = 0;
    for (let i = 0; i < count; i += 1) {
      let highest = 0;
      const scenario = quiet({ requestsPerSecond, weight, errors: () => [0.05, 1.1 * 0.05 + 0.0001], ...parts });
      const [finish] = runs(bench, 26, 1_000 * cell + i, 1, STANDARD, scenario, hours, {
        watch: (state) => {
          highest = Math.max(highest, state.harm.level);
        },
      });
      reached += highest >= LOG_20 ? 1 : 0;
      rolledBack += finish?.end === 'harmful' ? 1 : 0;
    }
    return { setting, streams: count, figure: reached / count, note: `${rolledBack} rolled back` };
  });
  const all = cells.length * count;
  const share = cells.reduce((sum, { figure }) => sum + (figure ?? 0), 0) / cells.length;
  return {
    id: 'J26',
    scenario: `little traffic, errors of 5 % exactly on the rollback boundary, ${hours} h`,
    measures: 'share of streams in which the evidence reached E = 20',
    target: '<= 5 % (+ 3 standard errors), none rolled back',
    measured: `${percent(share)} of ${all}`,
    passed: share <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / all) && cells.every(({ note }) => note === '0 rolled back'),
    cells,
  };
}

/** A canary that is worse, at 25 % of quiet.yaml. */
export function harmWhenQuiet(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 4, full: 40 });
  const slow: LatencyScenario = { canary: () => shapeOf(scaledTail('all', 2)), drift: 'none' };
  const settings: readonly (readonly [string, number, number, Partial<Scenario>])[] = [
    ['1 request/min, fails always', 1 / 60, 82, { errors: () => [0.001, 1] }],
    ['0.2 requests/s, fails always', 0.2, 10, { errors: () => [0.001, 1] }],
    ['0.2 requests/s, errors of 20 %', 0.2, 36, { errors: () => [0.001, 0.2] }],
    ['1 request/s, fails always', 1, 6, { errors: () => [0.001, 1] }],
    ['1 request/s, errors of 20 %', 1, 10, { errors: () => [0.001, 0.2] }],
    ['1 request/s, twice as slow', 1, 12, { latency: slow }],
  ];
  const cells = settings.map(([setting, requestsPerSecond, minutes, parts], cell): Cell => {
    const scenario = quiet({ requestsPerSecond, weight: 0.25, ...parts });
    const finishes = runs(bench, 27, cell, count, QUIET, scenario, 8);
    const found = finishes.filter(({ end }) => end === 'harmful').length;
    return {
      setting,
      streams: count,
      figure: median(finishes.map(({ ms }) => ms / MINUTE_MS)),
      note: `at most ${minutes} min; ${found} of ${count} found, median ${Math.round(median(finishes.map(({ canaryRequests }) => canaryRequests)))} canary requests`,
    };
  });
  return {
    id: 'J27',
    scenario: 'little traffic, a worse canary at 25 % of quiet.yaml',
    measures: 'median minutes until it is rolled back',
    target: 'below 82 / 10 / 36 / 6 / 10 / 12 min',
    measured: cells.map(({ figure }) => (figure ?? 0).toFixed(1)).join(' / '),
    passed: cells.every(({ figure }, at) => (figure ?? 0) <= (settings[at]?.[2] ?? 0)),
    cells,
  };
}

/** What is measured in coarse steps: a clock of 1 ms, latencies that are all alike, values of a query that are equal. */
export function coarseSteps(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 10, full: 100 });
  const ticking = shapeOfClock(1.6, 0.6);
  const settings: readonly (readonly [string, Shape, Shape, 'at-parity' | 'harmful'])[] = [
    ['p50 2 ms by a clock of 1 ms', ticking, ticking, 'at-parity'],
    ['always 5 ms', constant(5), constant(5), 'at-parity'],
    ['always 5 ms, the canary always 6 ms', constant(5), constant(6), 'harmful'],
  ];
  const cells = settings.map(([setting, stable, canary, expected], cell): Cell => {
    const latency: LatencyScenario = { stable, canary: () => canary, drift: 'none' };
    const scenario = {
      ...quiet({ requestsPerSecond: 100, weight: 0.1, latency, errors: () => [0, 0] }),
      blockMs: 5_000,
    };
    const finishes = runs(bench, 28, cell, count, STANDARD, scenario, 1, { until: 'parity' });
    const right = finishes.filter(({ end }) => end === expected).length;
    const note = `${expected} after a median of ${Math.round(median(finishes.map(({ ms }) => ms / 1_000)))} s`;
    return { setting, streams: count, figure: right / count, note };
  });
  const values = equalValues(12);
  const all: readonly Cell[] = [
    ...cells,
    {
      setting: 'a query with the value 7 for both versions',
      streams: 1,
      figure: values === null ? 0 : 1,
      note: `at-parity after ${values} intervals`,
    },
  ];
  return {
    id: 'J28',
    scenario: 'latencies and values that come in coarse steps, 100 requests/s',
    measures: 'share of streams with the right verdict within an hour',
    target: 'all',
    measured: all.map(({ figure }) => percent(figure ?? 0)).join(' / '),
    passed: all.every(({ figure }) => figure === 1),
    cells: all,
  };
}

function quiet(parts: Pick<Scenario, 'requestsPerSecond' | 'weight'> & Partial<Scenario>): Scenario {
  return { blockMs: BLOCK_MS, traffic: 'even', errors: () => [0.001, 0.001], latency: ALIKE, ...parts };
}

function runs(
  bench: Bench,
  row: number,
  cell: number,
  count: number,
  policy: Policy,
  scenario: Scenario,
  hours: number,
  parts: Partial<Course> = {},
): readonly Finish[] {
  const blocks = bench.size === 'tiny' ? 20 : (hours * HOUR_MS) / scenario.blockMs;
  return Array.from({ length: count }, (_, i) =>
    race(randomOf(bench, row, cell, i), courseOf(policy, scenario, blocks, parts)),
  );
}

/** Log-normal latencies as a clock of 1 ms sees them: rounded up. */
function shapeOfClock(medianMs: number, sigma: number): Shape {
  return shapeOf((ms) => (ms < 1 ? 1 : normalTail(Math.log(Math.floor(ms) / medianMs) / sigma)));
}

function shipped(name: string): Policy {
  const file = new URL(`../../../policies/${name}.yaml`, import.meta.url);
  const reading = readPolicy(readFileSync(file, 'utf8'), `${name}.yaml`);
  if (!reading.ok) throw new Error(`${name}.yaml cannot be read`);
  return reading.policy;
}
