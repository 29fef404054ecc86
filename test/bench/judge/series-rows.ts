import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import { queryOf, queryStateOf, seriesTest } from '../../../src/parity/queries/query.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block, SeriesPoint } from '../../../src/stats/block.ts';
import { logSeriesHarm, logSeriesParity } from '../../../src/stats/series/series.ts';
import { type QueryDocument, queryPolicy } from '../../support/query-policy.ts';
import { normal, type Random } from '../../support/random.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';

const MINUTE_MS = 60_000;
const DAY = 1_440;
const LOG_100 = Math.log(100);
const LOG_20 = Math.log(20);
const NOISE = 0.05;
const STEP: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: 0 };
const NO_MARGIN = { rollback: { relative: '0%' }, parity: { relative: '0%' } } as const;

/** Gives a version's value in an interval: a stream is a source of chance and what both versions have in common. */
type PointAt = (random: Random, interval: number) => SeriesPoint;

/** Identical versions for a day of minutes: how often E reaches 100, which a valid test does in at most 1 %. */
export function seriesAlike(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 10, full: 300 });
  const intervals = bench.size === 'tiny' ? 60 : DAY;
  const settings: readonly (readonly [string, Partial<QueryDocument>, PointAt])[] = [
    ['noise of 5 %, no margin', NO_MARGIN, alike(1)],
    ['noise of 5 %, no margin, both directions', { ...NO_MARGIN, worse: 'both' }, alike(1)],
    ['heavy tails, shared drift, no margin', NO_MARGIN, heavy],
    ['noise of 5 %, margin 5 %', {}, alike(1)],
    ['8 pods of the stable, one of the canary, no margin', NO_MARGIN, podsAlike],
    ['guard: a skewed value of a small arm, no margin', { ...NO_MARGIN, comparable: false }, skewed],
  ];
  const cells = settings.map(([setting, query, pointAt], cell): Cell => {
    const reached = Array.from({ length: count }, (_, i) =>
      runStream(randomOf(bench, 19, cell, i), query, intervals, pointAt, ({ harm }) => harm >= LOG_100),
    );
    return { setting, streams: count, figure: reached.filter((at) => at !== null).length / count };
  });
  const all = cells.length * count;
  const share = cells.reduce((sum, { figure }) => sum + (figure ?? 0), 0) / cells.length;
  return {
    id: 'J22',
    scenario: `one value a minute, identical versions, ${intervals} intervals`,
    measures: 'share of streams in which E of the query check reached 100',
    target: '<= 1 % (+ 3 standard errors)',
    measured: `${percent(share)} of ${all}`,
    passed: share <= 0.01 + 3 * Math.sqrt((0.01 * 0.99) / all),
    cells,
  };
}

/** Drops of a value that lower is worse of: found within 17 intervals at alpha 1 %. */
export function seriesPower(bench: Bench): Row {
  const count = streams(bench, { tiny: 20, quick: 300, full: 3_000 });
  const published = [
    [0.1, 0.28],
    [0.15, 0.95],
    [0.25, 1],
  ] as const;
  const query: Partial<QueryDocument> = { worse: 'lower' };
  const cells = published.map(([drop, power], cell): Cell => {
    const found = Array.from({ length: count }, (_, i) =>
      runStream(randomOf(bench, 20, cell, i), query, 17, alike(1 - drop), ({ harm }) => harm >= LOG_100),
    );
    const times = found.filter((at) => at !== null);
    const note = `published ${percent(power)}${times.length === 0 ? '' : `; median ${median(times)} intervals`}`;
    return { setting: `a drop of ${percent(drop)}`, streams: count, figure: times.length / count, note };
  });
  const short = published.filter(([, power], at) => {
    const error = 3 * Math.sqrt((power * (1 - power)) / count);
    return (cells[at]?.figure ?? 0) < power - 0.01 - error;
  });
  return {
    id: 'J23',
    scenario: 'one value a minute, noise and margin 5 %, alpha 1 %',
    measures: 'share of streams in which the drop was found within 17 intervals',
    target: '28 / 95 / 100 % (- 3 standard errors)',
    measured: cells.map(({ figure }) => percent(figure ?? 0)).join(' / '),
    passed: short.length === 0,
    cells,
  };
}

/** A canary on the parity margin, and one that equals the stable. */
export function seriesParity(bench: Bench): Row {
  const count = streams(bench, { tiny: 4, quick: 200, full: 1_000 });
  const intervals = bench.size === 'tiny' ? 30 : 240;
  const settings = [
    ['on the margin of 10 %, worse by chance in every second interval', 1.1],
    ['equal versions', 1],
  ] as const;
  const cells = settings.map(([setting, factor], cell): Cell => {
    const shown = Array.from({ length: count }, (_, i) =>
      runStream(randomOf(bench, 21, cell, i), {}, intervals, onMargin(factor), ({ parity }) => parity >= LOG_20),
    );
    const times = shown.filter((at) => at !== null);
    const note = times.length === 0 ? {} : { note: `median ${median(times)} intervals` };
    return { setting, streams: count, figure: times.length / count, ...note };
  });
  const wrong = cells[0]?.figure ?? 1;
  return {
    id: 'J24',
    scenario: `one value a minute, parity at beta 5 %, ${intervals} intervals`,
    measures: 'share of streams in which parity was shown',
    target: '<= 5 % on the margin (+ 3 standard errors)',
    measured: cells.map(({ figure }) => percent(figure ?? 0)).join(' / '),
    passed: wrong <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / count),
    cells,
  };
}

/** Intervals after which parity at beta 5 % is shown where both versions always have one value; null for more than these. */
export function equalValues(intervals: number): number | null {
  return runStream(
    () => 0,
    {},
    intervals,
    () => ({ stable: 7, canary: 7 }),
    ({ parity }) => parity >= LOG_20,
  );
}

/** The interval, from one, after which the check's evidence was first found so; null where it never was. */
function runStream(
  random: Random,
  query: Partial<QueryDocument>,
  intervals: number,
  pointAt: PointAt,
  found: (logs: { readonly harm: number; readonly parity: number }) => boolean,
): number | null {
  const policy = queryPolicy({ interval: '60s', ...query });
  let state = openJudgement(policy);
  for (let interval = 0; interval < intervals; interval += 1) {
    state = judge(policy, state, blockAt(interval, pointAt(random, interval)));
    if (found(logsOf(policy, state))) return interval + 1;
  }
  return null;
}

function judge(policy: Policy, state: JudgeState, block: Block): JudgeState {
  const at = block.startedAt + block.durationMs;
  return look(policy, state, { at, blocks: [block], unusable: null, step: STEP, skippedChecks: [] }).state;
}

function logsOf({ spec: { checks } }: Policy, state: JudgeState) {
  const check = queryOf(checks, 'query:cpu');
  if (check === null) throw new Error('the policy has the check');
  const { series } = queryStateOf(state.checks.queries, 'query:cpu');
  return { harm: logSeriesHarm(series), parity: logSeriesParity(series, seriesTest(check)) ?? 0 };
}

function blockAt(interval: number, cpu: SeriesPoint): Block {
  const nothing = { stable: NO_TALLY, canary: NO_TALLY };
  return {
    startedAt: interval * MINUTE_MS,
    durationMs: MINUTE_MS,
    splitEpoch: 1,
    canaryBps: 1_000,
    ...nothing,
    forced: nothing,
    ruled: nothing,
    series: { cpu },
  };
}

function alike(factor: number): PointAt {
  return (random) => ({ stable: noisy(random), canary: factor * noisy(random) });
}

function noisy(random: Random): number {
  return 1 + NOISE * normal(random);
}

// The stable moves by chance around one, the canary around its value at the margin: worse in every second interval.
function onMargin(factor: number): PointAt {
  return (random) => {
    const stable = noisy(random);
    return { stable, canary: factor * stable * (1 + NOISE * normal(random)) };
  };
}

function heavy(random: Random, interval: number): SeriesPoint {
  const drift = 10 * Math.sin(interval / 100);
  const cauchy = () => Math.tan(Math.PI * (random() - 0.5));
  return { stable: drift + cauchy(), canary: drift + cauchy() };
}

function podsAlike(random: Random): SeriesPoint {
  return { stable: Array.from({ length: 8 }, () => noisy(random)), canary: noisy(random) };
}

// The mean of 4 exponential values against one of 100: worse in fewer than every second interval, far worse at times.
function skewed(random: Random): SeriesPoint {
  const average = (n: number) => {
    let sum = 0;
    for (let one = 0; one < n; one += 1) sum -= Math.log(1 - random());
    return sum / n;
  };
  return { stable: average(100), canary: average(4) };
}
