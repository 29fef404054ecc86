import { logRateHarm } from '../../../src/stats/rates/error-rate.ts';
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
import { type Finish, race } from './race.ts';
import type { RivalName } from './rivals.ts';
import { DAY_MS, drifting, type Scenario, STABLE_SHAPE } from './traffic.ts';

const ERROR_RULES: readonly RivalName[] = ['B', "B'", 'C', 'D', 'E'];
const LATENCY_RULES: readonly RivalName[] = ['B', "B'", 'D', 'E', 'F'];
const MINUTE_MS = 60_000;

export function errorsAlike(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 10, full: 200 });
  const watched = streams(bench, { tiny: 1, quick: 2, full: 20 });
  const blocks = bench.size === 'tiny' ? 60 : DAY_MS / MINUTE_MS;
  const policy = policyOf(MINUTE_MS);
  const settings = [1, 10, 100, 1_000].flatMap((rate) => [1e-4, 1e-3, 1e-2].map((errors) => ({ rate, errors })));
  const cells = settings.map(({ rate, errors }, cell) => {
    const scenario = errorsOnly({ blockMs: MINUTE_MS, rate, weight: 0.01, errors: (ms) => both(drifting(errors, ms)) });
    const finishes = Array.from({ length: count }, (_, i) =>
      race(
        randomOf(bench, 1, cell, i),
        courseOf(policy, { ...scenario, traffic: 'diurnal' }, blocks, {
          blocksPerLook: 60,
          rivals: i < watched ? ERROR_RULES : [],
        }),
      ),
    );
    return rolledBack(`${rate}/s, errors ${percent(errors)}`, finishes);
  });
  return nullRow('J1', 'identical versions, errors, 24 h, diurnal', '<= 0.1 % of all', cells, 0.001);
}

export function latencyAlike(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 100 });
  const blocks = streams(bench, { tiny: 20, quick: 240, full: 720 });
  const policy = policyOf(MINUTE_MS);
  const cells = [1, 10, 100, 1_000].map((rate, cell) => {
    const scenario: Scenario = {
      ...errorsOnly({ blockMs: MINUTE_MS, rate, weight: 0.01, errors: (ms) => both(drifting(1e-3, ms)) }),
      latency: { canary: () => STABLE_SHAPE, drift: 'common' },
    };
    const finishes = Array.from({ length: count }, (_, i) =>
      race(
        randomOf(bench, 2, cell, i),
        courseOf(policy, scenario, blocks, { blocksPerLook: 12, rivals: LATENCY_RULES }),
      ),
    );
    return rolledBack(`${rate}/s, ${blocks / 60} h`, finishes);
  });
  return nullRow('J2', 'identical versions, latency, drift and common AR(1) of 10 %', '0 (alarm at 2)', cells, 0);
}

export function onBoundary(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 40, full: 1_000 });
  const settings = [
    { rate: 100, weight: 0.1, errors: 1e-3 },
    { rate: 100, weight: 0.01, errors: 1e-2 },
    { rate: 1_000, weight: 0.1, errors: 1e-4 },
    { rate: 100, weight: 0.5, errors: 2e-2 },
  ];
  const policy = policyOf(5_000);
  let rollbacks = 0;
  const cells = settings.map(({ rate, weight, errors }, cell): Cell => {
    const boundary = (s: number): readonly [number, number] => [s, 1.1 * s + 1e-4];
    const swing = (ms: number) => errors * (1 + 0.5 * Math.sin(ms / 100_000));
    const scenario = errorsOnly({ blockMs: 5_000, rate, weight, errors: (ms) => boundary(swing(ms)) });
    let held = 0;
    for (let i = 0; i < count; i += 1) {
      let highest = 0;
      const { end } = race(
        randomOf(bench, 3, cell, i),
        courseOf(policy, scenario, bench.size === 'tiny' ? 20 : 300, {
          watch: (state) => {
            highest = Math.max(highest, logRateHarm(state.checks.errors));
          },
        }),
      );
      if (highest >= Math.log(20)) held += 1;
      if (end === 'harmful') rollbacks += 1;
    }
    return {
      setting: `${rate}/s at ${percent(weight)}, errors ${percent(errors)}`,
      streams: count,
      figure: held / count,
    };
  });
  const worst = Math.max(...cells.map(({ figure }) => figure ?? 0));
  const share = rollbacks / (count * settings.length);
  return {
    id: 'J3',
    scenario: 'exactly on the rollback boundary',
    measures: 'share of streams in which E of the errors reached 20',
    target: '<= 5 % / rolled back <= 0.1 %',
    measured: `at most ${percent(worst)} / ${percent(share)}`,
    passed: worst <= 0.05 && share <= 0.001,
    cells,
  };
}

export function commonBursts(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 40, full: 200 });
  const scenario = errorsOnly({
    blockMs: 5_000,
    rate: 100,
    weight: 0.1,
    errors: (ms) => both(ms >= 0 && ms % 900_000 >= 780_000 && ms % 900_000 < 840_000 ? 0.03 : 0.001),
  });
  const policy = policyOf(5_000);
  const finishes = Array.from({ length: count }, (_, i) =>
    race(
      randomOf(bench, 7, 0, i),
      courseOf(policy, scenario, bench.size === 'tiny' ? 60 : 720, { blocksPerLook: 12, rivals: ERROR_RULES }),
    ),
  );
  const cells = [rolledBack('x30 for a minute every quarter of an hour, 100/s at 10 %', finishes)];
  return nullRow('J7', 'bursts of errors that both versions share', '0', cells, 0);
}

export function clumps(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 12, full: 100 });
  const policy = policyOf(5_000);
  const settings = [
    [5, 100, 0.1, 1e-3],
    [5, 100, 0.1, 1e-2],
    [5, 1_000, 0.01, 1e-3],
    [5, 100, 0.5, 1e-2],
    [20, 100, 0.1, 1e-2],
    [20, 1_000, 0.01, 1e-2],
    [20, 1_000, 0.1, 1e-3],
  ] as const;
  const cells = settings.map(([clumpMean, rate, weight, errors], cell) => {
    const scenario = { ...errorsOnly({ blockMs: 5_000, rate, weight, errors: () => both(errors) }), clumpMean };
    const finishes = Array.from({ length: count }, (_, i) =>
      race(
        randomOf(bench, 8, cell, i),
        courseOf(policy, scenario, bench.size === 'tiny' ? 20 : 720, {
          blocksPerLook: 12,
          rivals: i < count / 4 ? ERROR_RULES : [],
        }),
      ),
    );
    return rolledBack(`mean ${clumpMean}, ${rate}/s at ${percent(weight)}, errors ${percent(errors)}`, finishes);
  });
  const row = nullRow('J8', 'clumps of errors, each in one version and one shadow group', '<= 1 % each', cells, 0.01);
  return { ...row, passed: cells.every(({ figure }) => (figure ?? 1) <= 0.01) };
}

export function versionNoise(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 4, full: 40 });
  const blocks = streams(bench, { tiny: 20, quick: 240, full: 480 });
  const policy = policyOf(MINUTE_MS);
  const cells = [0.01, 0.02, 0.03, 0.05].map((sd, cell) => {
    const scenario: Scenario = {
      ...errorsOnly({ blockMs: MINUTE_MS, rate: 100, weight: 0.1, errors: () => both(1e-3) }),
      latency: { canary: () => STABLE_SHAPE, drift: 'none', versionNoise: sd },
    };
    const finishes = Array.from({ length: count }, (_, i) =>
      race(
        randomOf(bench, 9, cell, i),
        courseOf(policy, scenario, blocks, { blocksPerLook: 12, rivals: LATENCY_RULES }),
      ),
    );
    return rolledBack(`sd ${percent(sd)}, memory 10 min, 100/s at 10 %`, finishes);
  });
  return nullRow('J9', 'slow noise of one version alone', '<= 2 %', cells, 0.02);
}

export function movingSplit(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 100, full: 300 });
  const scenario = errorsOnly({
    blockMs: 5_000,
    rate: 200,
    weight: 0.1,
    errors: (ms) => both(ms < 300_000 ? 0.01 : 0.06),
  });
  const policy = policyOf(5_000);
  const ladder = [
    { fromMs: 0, weight: 0.1 },
    { fromMs: 300_000, weight: 0.5 },
  ];
  const finishes = Array.from({ length: count }, (_, i) =>
    race(
      randomOf(bench, 13, 0, i),
      courseOf(policy, scenario, 120, { blocksPerLook: 12, ladder, rivals: ERROR_RULES }),
    ),
  );
  const cells = [rolledBack('10 % -> 50 % while the base rate goes from 1 to 6 %', finishes)];
  return nullRow('J13', 'the split moves while the base rate drifts', '0', cells, 0);
}

interface ErrorsOnly {
  readonly blockMs: number;
  readonly rate: number;
  readonly weight: number;
  readonly errors: Scenario['errors'];
}

export function errorsOnly({ blockMs, rate, weight, errors }: ErrorsOnly): Scenario {
  return { blockMs, requestsPerSecond: rate, weight, errors, latency: null, traffic: 'even' };
}

function both(rate: number): readonly [number, number] {
  return [rate, rate];
}

function rolledBack(setting: string, finishes: readonly Finish[]): Cell {
  const harmful = finishes.filter(({ end }) => end === 'harmful');
  return {
    setting,
    streams: finishes.length,
    figure: harmful.length / finishes.length,
    rivals: rivalShares(finishes),
    ...(harmful.length === 0 ? {} : { note: `by ${[...new Set(harmful.map(({ worst }) => worst))].join(', ')}` }),
  };
}

function nullRow(id: string, scenario: string, target: string, cells: readonly Cell[], limit: number): Row {
  const all = cells.reduce((sum, { streams: n }) => sum + n, 0);
  const wrong = Math.round(cells.reduce((sum, { figure, streams: n }) => sum + (figure ?? 0) * n, 0));
  return {
    id,
    scenario,
    measures: 'share of streams rolled back',
    target,
    measured: `${wrong} of ${all}`,
    passed: wrong / all <= limit,
    rivalsMeasure: 'rolled back',
    cells,
  };
}
