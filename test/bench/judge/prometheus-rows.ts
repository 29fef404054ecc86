import { median } from 'simple-statistics';
import { type Bench, type Cell, courseOf, percent, policyOf, type Row, randomOf, streams } from './experiment.ts';
import { errorsOnly } from './null-rows.ts';
import type { Measurement } from './prometheus-blocks.ts';
import { type Finish, race } from './race.ts';
import { type Part, scaledTail, shapeOf } from './shape.ts';
import { DAY_MS, type Scenario, STABLE_SHAPE } from './traffic.ts';

const RATE = 200;
const WEIGHT = 0.05;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MEASUREMENTS: readonly { readonly name: string; readonly by: Measurement; readonly blockMs: number }[] = [
  { name: 'gateway, 5 s', by: 'gateway', blockMs: 5_000 },
  { name: 'native schema 5, 15 s', by: 'native-5', blockMs: 15_000 },
  { name: 'native schema 3, 15 s', by: 'native-3', blockMs: 15_000 },
  { name: 'classic, 15 s', by: 'classic', blockMs: 15_000 },
];
const REGRESSIONS: readonly (readonly [Part, number])[] = [
  ['all', 1.1],
  ['all', 1.25],
  ['body', 2],
  ['tail', 2],
];

/** Identical versions under drift, by what measures them (J19). */
export function alikeOnPrometheus(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 4, full: 40 });
  const spanMs = { tiny: HOUR_MS / 6, quick: 3 * HOUR_MS, full: DAY_MS / 2 }[bench.size];
  const cells = MEASUREMENTS.filter(({ by }) => by !== 'gateway').map(({ name, by, blockMs }, cell): Cell => {
    const scenario: Scenario = {
      ...errorsOnly({ blockMs, rate: RATE, weight: WEIGHT, errors: () => [1e-3, 1e-3] }),
      latency: { canary: () => STABLE_SHAPE, drift: 'common' },
      traffic: 'diurnal',
      measurement: by,
    };
    const course = courseOf(policyOf(blockMs), scenario, spanMs / blockMs, { blocksPerLook: 4 });
    const wrong = Array.from({ length: count }, (_, i) => race(randomOf(bench, 19, cell, i), course)).filter(
      ({ end }) => end === 'harmful',
    );
    return { setting: name, streams: count, figure: wrong.length };
  });
  const wrong = cells.reduce((sum, { figure }) => sum + (figure ?? 0), 0);
  return {
    id: 'J19',
    scenario: `identical versions on Prometheus blocks, drift and common noise, ${spanMs / HOUR_MS} h`,
    measures: 'streams rolled back',
    target: 'none',
    measured: `${wrong} of ${cells.length * count}`,
    passed: wrong === 0,
    cells,
  };
}

/** How soon a slower canary is rolled back, by what measures it (J20). */
export function detectionOnPrometheus(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 30 });
  const longestMs = { tiny: HOUR_MS / 12, quick: HOUR_MS, full: 12 * HOUR_MS }[bench.size];
  const cells = REGRESSIONS.flatMap(([part, factor], at) => {
    const worse = shapeOf(scaledTail(part, factor));
    return MEASUREMENTS.map(({ name, by, blockMs }, which): Cell => {
      const scenario: Scenario = {
        ...errorsOnly({ blockMs, rate: RATE, weight: WEIGHT, errors: () => [1e-3, 1e-3] }),
        latency: { canary: () => worse, drift: 'common' },
        measurement: by,
      };
      const course = courseOf(policyOf(blockMs, { warmUp: '0s' }), scenario, longestMs / blockMs);
      const cell = at * MEASUREMENTS.length + which;
      const finishes = Array.from({ length: count }, (_, i) => race(randomOf(bench, 20, cell, i), course));
      return { setting: `${part} x${factor}, ${name}`, streams: count, ...delayOf(finishes, 'harmful') };
    });
  });
  const [coarse, fine] = [cells.filter(isBy('classic')), cells.filter(isBy('native schema 5'))];
  const large = [...coarse, ...fine].filter(({ setting }) => setting.startsWith('body x2'));
  return {
    id: 'J20',
    scenario: `a slower canary on Prometheus blocks, ${RATE * WEIGHT} canary requests/s, warm-up off`,
    measures: `median minutes until rolled back, where found in half of the streams within ${longestMs / HOUR_MS} h`,
    target: 'a doubled body within 3 min on classic buckets and on native ones',
    measured: large.map(({ setting, figure }) => `${setting}: ${figure?.toFixed(1) ?? 'not found'}`).join('; '),
    passed: large.every(({ figure }) => figure !== null && figure <= 3),
    cells,
  };
}

/** How soon latency parity is shown, by what measures it (J21). */
export function parityOnPrometheus(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 100 });
  const longestMs = { tiny: HOUR_MS / 12, quick: 2 * HOUR_MS, full: 6 * HOUR_MS }[bench.size];
  const cells = MEASUREMENTS.map(({ name, by, blockMs }, cell): Cell => {
    const scenario: Scenario = {
      ...errorsOnly({ blockMs, rate: RATE, weight: WEIGHT, errors: () => [1e-3, 1e-3] }),
      latency: { canary: () => STABLE_SHAPE, drift: 'common' },
      measurement: by,
    };
    const course = courseOf(policyOf(blockMs), scenario, longestMs / blockMs, {
      until: 'parity',
      skipped: ['errors', 'clientErrors'],
    });
    const finishes = Array.from({ length: count }, (_, i) => race(randomOf(bench, 21, cell, i), course));
    return { setting: name, streams: count, ...delayOf(finishes, 'at-parity') };
  });
  const shown = cells.filter(({ figure }) => figure !== null).length;
  return {
    id: 'J21',
    scenario: `parity of the latency alone on Prometheus blocks, ${RATE * WEIGHT} canary requests/s, beta 0.2`,
    measures: `median minutes until shown, where in half of the streams within ${longestMs / HOUR_MS} h`,
    target: 'shown on every kind of block',
    measured: cells.map(({ setting, figure }) => `${setting}: ${figure?.toFixed(1) ?? 'not shown'}`).join('; '),
    passed: shown === cells.length,
    cells,
  };
}

function delayOf(finishes: readonly Finish[], wanted: Finish['end']): Pick<Cell, 'figure' | 'note'> {
  const minutes = finishes.map(({ end, ms }) => (end === wanted ? ms / MINUTE_MS : Number.POSITIVE_INFINITY));
  const middle = median(minutes);
  const share = minutes.filter(Number.isFinite).length / minutes.length;
  return { figure: Number.isFinite(middle) ? middle : null, note: percent(share) };
}

function isBy(name: string): (cell: Cell) => boolean {
  return ({ setting }) => setting.includes(name);
}
