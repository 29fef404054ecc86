import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { gamma, type Population, type UnitEffect, type User, usersOf, zipf } from '../../support/simulated-units.ts';
import { runUnitRollout, type UnitOutcome } from '../../support/unit-rollout.ts';
import { type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';

const MINUTE_MS = 60_000;
/** 10 % for 91 min, then 50 % for 64 min: to the next look after the dwell. */
const STEPS_MS = [91 * MINUTE_MS, 64 * MINUTE_MS];
const HOUR_MS = 60 * MINUTE_MS;

type Populated = readonly [setting: string, population: (random: Random) => Population];

const EVEN: readonly Populated[] = [
  ['500 equal keys, latency sd .3', (random) => of(usersOf(random, zipf(500, 0), 0.3))],
  ['200 tenants, Zipf 1, sd .5', (random) => of(usersOf(random, zipf(200, 1), 0.5))],
  ['5,000 users, Zipf 1.1, sd .1', (random) => of(usersOf(random, zipf(5_000, 1.1), 0.1))],
  ['5,000 users, Zipf 1.1, sd .3', (random) => of(usersOf(random, zipf(5_000, 1.1), 0.3))],
];

const UNEVEN: readonly Populated[] = [
  [
    'errors uneven, gamma .2',
    (random) => of(usersOf(random, zipf(500, 1), 0.1).map((user) => ({ ...user, errors: gamma(random, 0.2) / 0.2 }))),
  ],
  [
    'a client of .5 % that always fails',
    (random) => withOne(random, { share: 0.005, slower: 1, errors: 1, failing: 1 }),
  ],
  ['a client of 20 %, 1.5 times slower', (random) => withOne(random, { share: 0.2, slower: 1.5, errors: 1 })],
  ['a client of 20 %, errors of 1 %', (random) => withOne(random, { share: 0.2, slower: 1, errors: 1, failing: 0.01 })],
  ['keys that come and go', (random) => of(comingAndGoing(random))],
];

const PAST_HOURS = 24;

/** The rollout begins after the past and half a minute. */
const VANISHING: Populated = [
  'a client of 20 %, whose errors of 1 % vanish as the rollout begins',
  (random) => {
    const failing = (at: number) => (at <= PAST_HOURS * HOUR_MS ? 0.01 : 0);
    return withOne(random, { share: 0.2, slower: 1, errors: 1, failing });
  },
];

/** Identical versions, whatever the users do. */
export function keysAlike(bench: Bench): Row {
  const cells = cellsOf(bench, [...EVEN, ...UNEVEN]).map(([setting, population], cell): Cell => {
    const count = streams(bench, { tiny: 1, quick: cell === 2 || cell === 3 ? 1 : 3, full: 60 });
    const outcomes = runs(bench, { row: 41, cell, count }, policyOf(), population);
    const worse = outcomes.filter(({ harmful, held }) => harmful !== null || held).length;
    return { setting, streams: count, figure: worse / count, note: `at parity ${atParity(outcomes)}` };
  });
  return {
    id: 'J41',
    scenario: 'identical versions, sticky keys, 100 requests/s, a day of history',
    measures: 'share of rollouts that were rolled back or held',
    target: '0',
    measured: percent(Math.max(...cells.map(({ figure }) => figure ?? 0))),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** Parity within the dwell, for users without a key that weighs more than all others. */
export function keysToParity(bench: Bench): Row {
  const cells = cellsOf(bench, EVEN.slice(0, bench.size === 'full' ? 4 : 2)).map(
    ([setting, population], cell): Cell => {
      const count = streams(bench, { tiny: 1, quick: 8, full: 60 });
      const outcomes = runs(bench, { row: 42, cell, count }, policyOf(), population);
      const shown = outcomes.filter(({ parityMs }) => (parityMs[1] ?? null) !== null).length;
      return { setting, streams: count, figure: shown / count, note: `at parity ${atParity(outcomes)}` };
    },
  );
  const lowest = Math.min(...cells.map(({ figure }) => figure ?? 0));
  return {
    id: 'J42',
    scenario: 'identical versions, sticky keys: parity at 50 % within 64 min',
    measures: 'share of rollouts at parity',
    target: '>= 90 % (- 3 standard errors)',
    measured: percent(lowest),
    passed:
      bench.size === 'tiny' || cells.every(({ figure, streams: n }) => (figure ?? 0) >= 0.9 - 3 * Math.sqrt(0.09 / n)),
    cells,
  };
}

/** A worse canary, by the keys it serves. */
export function keysWorse(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 4, full: 30 });
  const equal = EVEN[0]?.[1] ?? (() => of([]));
  const behind = (random: Random) => withOne(random, { share: 0.2, slower: 0.4, errors: 1 });
  const settings: readonly (readonly [string, UnitEffect, (random: Random) => Population, minutes: number])[] = [
    ['twice as slow', { slower: 2 }, equal, 1],
    ['a quarter slower', { slower: 1.25 }, equal, 8],
    ['a tenth slower', { slower: 1.1 }, equal, 64],
    ['a quarter slower, behind a fast heavy client', { slower: 1.25 }, behind, 8],
    ['a point more errors', { errorsPlus: 0.01 }, equal, 8],
    ['five times the errors', { errorsTimes: 5 }, equal, 46],
    ['60 points more errors, in the warm-up', { errorsPlus: 0.6 }, equal, 0],
  ];
  const cells = cellsOf(bench, settings).map(([setting, effect, population, minutes], cell): Cell => {
    const outcomes = runs(bench, { row: 43, cell, count }, policyOf(), population, effect);
    const late = outcomes.filter(
      ({ harmful }) => harmful === null || harmful.canaryBps > 1_000 || harmful.ms > minutes * MINUTE_MS,
    );
    const note = `within ${minutes} min of the end of the warm-up; median ${medianSeconds(outcomes)} s`;
    return { setting, streams: count, figure: late.length / count, note };
  });
  return {
    id: 'J43',
    scenario: 'a worse canary at 10 %, 500 equal sticky keys, 100 requests/s',
    measures: 'share that is found late or never',
    target: '<= 10 % (+ 3 standard errors)',
    measured: percent(Math.max(...cells.map(({ figure }) => figure ?? 0))),
    passed: bench.size === 'tiny' || cells.every(({ figure }) => (figure ?? 1) <= 0.1 + 3 * Math.sqrt(0.09 / count)),
    cells,
  };
}

/** Exactly on the parity margin of errors: twice 0.1 %, with a rollback margin beyond it. */
export function keysOnMargin(bench: Bench): Row {
  const checks = { errors: { rollback: { relative: '200%', absolute: '1pp' } } };
  const chosen = [EVEN[0], EVEN[1], UNEVEN[0], UNEVEN[1], UNEVEN[2], VANISHING].filter((one) => one !== undefined);
  const count = streams(bench, { tiny: 1, quick: 6, full: 100 });
  const cells = cellsOf(bench, chosen).map(([setting, population], cell): Cell => {
    const outcomes = runs(
      bench,
      { row: 44, cell, count },
      policyOf({ checks }),
      population,
      { errorsPlus: 1e-3 },
      STEPS_MS.slice(0, 1),
    );
    const shown = outcomes.filter(({ parityMs }) => (parityMs[0] ?? null) !== null).length;
    return { setting, streams: count, figure: shown / count, note: 'at parity at 10 %, beta 20 %' };
  });
  const highest = Math.max(...cells.map(({ figure }) => figure ?? 0));
  return {
    id: 'J44',
    scenario: 'sticky keys, errors exactly on the parity margin for 91 min',
    measures: 'share of rollouts at parity',
    target: '<= 20 % (+ 3 standard errors)',
    measured: percent(highest),
    passed: highest <= 0.2 + 3 * Math.sqrt(0.16 / count),
    cells,
  };
}

/** Parity at 10 % for users who differ: their past says how far one cohort is from the other. */
export function unevenKeysToParity(bench: Bench): Row {
  const chosen = [EVEN[1], ...UNEVEN.slice(0, 4)].filter((one) => one !== undefined);
  const count = streams(bench, { tiny: 1, quick: 4, full: 60 });
  const cells = cellsOf(bench, chosen).map(([setting, population], cell): Cell => {
    const outcomes = runs(bench, { row: 52, cell, count }, policyOf(), population, {}, STEPS_MS.slice(0, 1));
    const shown = outcomes.filter(({ parityMs }) => (parityMs[0] ?? null) !== null).length;
    return { setting, streams: count, figure: shown / count, note: `at parity ${atParity(outcomes)}` };
  });
  const lowest = Math.min(...cells.map(({ figure }) => figure ?? 0));
  return {
    id: 'J52',
    scenario: 'identical versions, sticky keys of users who differ: parity at 10 % within 91 min',
    measures: 'share of rollouts at parity',
    target: '>= 80 % (- 3 standard errors)',
    measured: percent(lowest),
    passed: bench.size === 'tiny' || lowest >= 0.8 - 3 * Math.sqrt(0.16 / count),
    cells,
  };
}

/** With the tests there is time for two settings of a row. */
function cellsOf<Setting>({ size }: Bench, settings: readonly Setting[]): readonly Setting[] {
  return size === 'tiny' ? settings.slice(0, 2) : settings;
}

function policyOf(spec: Partial<PolicyDocument['spec']> = {}): Policy {
  const steps = [
    { weight: '10%', dwell: '90m' },
    { weight: '50%', dwell: '1h' },
  ];
  return judgePolicy({ steps, judge: { warmUp: '1m' }, ...spec });
}

function runs(
  bench: Bench,
  { row, cell, count }: { readonly row: number; readonly cell: number; readonly count: number },
  policy: Policy,
  population: (random: Random) => Population,
  effect: UnitEffect = {},
  stepsMs: readonly number[] = STEPS_MS,
): readonly UnitOutcome[] {
  const pastHours = bench.size === 'tiny' ? 0 : PAST_HOURS;
  const lasts = bench.size === 'tiny' ? stepsMs.map(() => 2 * MINUTE_MS) : stepsMs;
  return Array.from({ length: count }, (_, i) => {
    const random = randomOf(bench, row, cell, i);
    return runUnitRollout({ policy, random, population: population(random), effect, pastHours, stepsMs: lasts });
  });
}

function atParity(outcomes: readonly UnitOutcome[]): string {
  const at = (step: number) => {
    const shown = outcomes.flatMap(({ parityMs }) => parityMs[step] ?? []).toSorted((left, right) => left - right);
    const median = shown[Math.floor(shown.length / 2)];
    const after = median === undefined ? '' : ` (${Math.round(median / MINUTE_MS)} min)`;
    return `${shown.length} of ${outcomes.length}${after}`;
  };
  return `${at(0)} at 10 %, ${at(1)} at 50 %`;
}

function medianSeconds(outcomes: readonly UnitOutcome[]): number | string {
  const found = outcomes
    .map(({ harmful }) => harmful?.ms ?? Number.POSITIVE_INFINITY)
    .toSorted((left, right) => left - right);
  const median = found[Math.floor(found.length / 2)] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(median) ? median / 1_000 : 'never';
}

function of(users: readonly User[]): Population {
  return { users, requestsPerSecond: 100, errors: 1e-3 };
}

function withOne(random: Random, one: User): Population {
  return of([
    ...usersOf(
      random,
      zipf(500, 0.5).map((share) => share * (1 - one.share)),
      0.1,
    ),
    one,
  ]);
}

// Each key is there for six hours, of the day before and the rollout.
function comingAndGoing(random: Random): readonly User[] {
  return usersOf(random, zipf(1_500, 0.5), 0.3).map((user) => {
    const from = (34 * random() - 6) * HOUR_MS;
    return { ...user, share: user.share * 5, present: [from, from + 6 * HOUR_MS] };
  });
}
