import { median } from 'simple-statistics';
import type { CheckName } from '../../../src/judge/verdict.ts';
import { GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import { quantileGain, rateGain, requestsNeeded } from '../../../src/stats/rates/forecast.ts';
import { type Bench, type Cell, courseOf, percent, policyOf, type Row, randomOf, streams } from './experiment.ts';
import { type Finish, race } from './race.ts';
import { baseQuantile, baseTail, type Shape, scaledTail, shapeOf } from './shape.ts';
import { type Scenario, STABLE_SHAPE } from './traffic.ts';

const WEIGHT = 0.1;
const RATE = 200;
/** Looks that the expected time to parity is cut into. */
const LOOKS = 25;
const CHECKS: readonly CheckName[] = ['errors', 'clientErrors', 'p50', 'p95', 'p99'];
// Rollbacks and holds out of the way: what is asked is how often parity is shown, were nothing else looked at.
const PARITY_ALONE = { alpha: 1e-9, hold: 1e9, minStep: '1s', warmUp: '0s' } as const;

interface Setting {
  readonly name: string;
  /** Evidence that one canary request brings if the versions are equal. */
  readonly gain: number;
  readonly skipped: readonly CheckName[];
  /** The canary, 0 for equal, 1 for the parity boundary, 1.2 beyond it by a fifth. */
  readonly at: (distance: number) => Pick<Scenario, 'errors' | 'latency'>;
}

const SETTINGS: readonly Setting[] = [
  rateSetting(1e-3, 1e-3),
  rateSetting(1e-2, 2.5e-3),
  rateSetting(1e-4, 1e-3),
  quantileSetting('p50', 0.5, 5),
  quantileSetting('p95', 0.95, 8),
];

export function falsePromotions(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 40, full: 250 });
  const cells = SETTINGS.flatMap((setting, at) =>
    [1, 1.2].map((distance, beyond): Cell => {
      const finishes = promote(bench, 10, 2 * at + beyond, setting, distance, 0.05, count);
      const shown = finishes.filter(({ end }) => end === 'at-parity').length / count;
      const place = distance === 1 ? 'on the boundary' : 'a fifth beyond it';
      return { setting: `${setting.name}, ${place}`, streams: count, figure: shown };
    }),
  );
  const worst = (beyond: number) =>
    Math.max(...cells.filter((_, at) => at % 2 === beyond).map(({ figure }) => figure ?? 1));
  // A share of exactly 5 % exceeds 5 % in the sample about half the time: three standard errors are allowed.
  const limit = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / count);
  const limitBeyond = 0.01 + 3 * Math.sqrt((0.01 * 0.99) / count);
  return {
    id: 'J10',
    scenario: 'on the parity boundary, and a fifth beyond it',
    measures: 'share of streams promoted on the last step',
    target: '<= 5 % (+ 3 standard errors) / <= 1 % (likewise)',
    measured: `at most ${percent(worst(0))} / ${percent(worst(1))}`,
    passed: worst(0) <= limit && worst(1) <= limitBeyond,
    cells,
  };
}

/** Time to parity (J11), and how well it was foretold (J14). */
export function timeToParity(bench: Bench): readonly [Row, Row] {
  const count = streams(bench, { tiny: 2, quick: 30, full: 200 });
  const foretold: number[] = [];
  const cells = SETTINGS.flatMap((setting, at) =>
    [0.05, 0.2].map((beta, which): Cell => {
      const finishes = promote(bench, 11, 2 * at + which, setting, 0, beta, count);
      const shown = finishes.filter(({ end }) => end === 'at-parity').map(({ canaryRequests }) => canaryRequests);
      const bound = -Math.log(beta) / setting.gain;
      const predicted = requestsNeeded(-Math.log(beta), setting.gain, 'not-begun') ?? Number.NaN;
      foretold.push(...finishes.map(({ canaryRequests }) => canaryRequests / predicted));
      return {
        setting: `${setting.name}, beta ${beta}`,
        streams: count,
        figure: shown.length < 0.9 * count ? null : shown.reduce((sum, n) => sum + n, 0) / shown.length / bound,
        note: `bound ${Math.round(bound)} requests, shown ${percent(shown.length / count)}`,
      };
    }),
  );
  const worst = (which: number) =>
    Math.max(...cells.filter((_, at) => at % 2 === which).map(({ figure }) => figure ?? Number.POSITIVE_INFINITY));
  const inside = foretold.filter((ratio) => ratio >= 0.3 && ratio <= 2.3).length / foretold.length;
  const middle = median(foretold);
  return [
    {
      id: 'J11',
      scenario: 'equal versions until parity is shown',
      measures: 'mean canary requests over ln(1/beta)/KL',
      target: '<= 1.5 at beta .05, <= 1.8 at beta .2',
      measured: `at most ${worst(0).toFixed(2)} / ${worst(1).toFixed(2)}`,
      passed: worst(0) <= 1.5 && worst(1) <= 1.8,
      cells,
    },
    {
      id: 'J14',
      scenario: 'the forecast of time to parity, on the streams of J11',
      measures: 'actual over predicted canary requests',
      target: 'median 0.7-1.3, 80 % in 0.3-2.3',
      measured: `median ${middle.toFixed(2)}, ${percent(inside)} inside`,
      passed: middle >= 0.7 && middle <= 1.3 && inside >= 0.8,
      cells: [{ setting: 'all settings', streams: foretold.length, figure: middle, note: `${percent(inside)} inside` }],
    },
  ];
}

function promote(
  bench: Bench,
  row: number,
  cell: number,
  setting: Setting,
  distance: number,
  beta: number,
  count: number,
): readonly Finish[] {
  const expected = -Math.log(beta) / setting.gain;
  const perSecond = WEIGHT * RATE;
  const blockMs = Math.max(1_000, Math.round(expected / perSecond / LOOKS) * 1_000);
  const policy = policyOf(blockMs, { ...PARITY_ALONE, beta: { first: 0.2, middle: 0.1, last: 0.05 } });
  const scenario: Scenario = {
    blockMs,
    requestsPerSecond: RATE,
    weight: WEIGHT,
    traffic: 'even',
    ...setting.at(distance),
  };
  const horizon = Math.ceil((6 * expected) / ((perSecond * blockMs) / 1_000));
  const blocks = bench.size === 'tiny' ? 20 : horizon;
  return Array.from({ length: count }, (_, i) =>
    race(
      randomOf(bench, row, cell, i),
      courseOf(policy, scenario, blocks, {
        until: 'parity',
        position: beta === 0.05 ? 'last' : 'first',
        skipped: setting.skipped,
      }),
    ),
  );
}

function rateSetting(base: number, allowed: number): Setting {
  const boundaries = [
    { rho: 1.25, a: 0 },
    { rho: 1, a: 1e-3 },
  ];
  return {
    name: `errors ${percent(base)} + ${percent(allowed)}`,
    gain: Math.max(...boundaries.map((boundary) => rateGain(base, boundary, WEIGHT))),
    skipped: CHECKS.filter((check) => check !== 'errors'),
    at: (distance) => ({ errors: () => [base, base + distance * allowed], latency: null }),
  };
}

function quantileSetting(name: 'p50' | 'p95', level: number, buckets: number): Setting {
  const slow = 1 - level;
  const beyond = baseTail(baseQuantile(level) * GAMMA ** buckets);
  return {
    name: `${name} x ${(GAMMA ** buckets).toFixed(3)}`,
    gain: quantileGain(beyond, slow, WEIGHT),
    skipped: CHECKS.filter((check) => check !== name),
    at: (distance) => {
      const shape: Shape = distance === 0 ? STABLE_SHAPE : shapeOf(scaledTail('all', GAMMA ** (buckets * distance)));
      return { errors: () => [1e-3, 1e-3], latency: { canary: () => shape, drift: 'none' } };
    },
  };
}
