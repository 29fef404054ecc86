import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Block } from '../../../src/stats/block.ts';
import { carrying, countsOfValues } from '../../support/carried-values.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import { binomial, normal, poisson, type Random } from '../../support/random.ts';
import { HEALTHY, NO_TALLY, simulateTally } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 5_000;
const WEIGHT_BPS = 1_000;
const REQUESTS_A_SECOND = 40;
const STEP: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: 0 };
const SEEN = Math.log(20);
const REPORTED = { dryRun: true } as const;

/** How one version's answers are. */
interface Carried {
  readonly queries: number;
  readonly tokens: number;
  readonly score: number;
  readonly endMs: number;
  readonly eventsASecond: number;
  /** Share of answers without their tokens. */
  readonly missing: number;
}

const ALIKE: Carried = { queries: 4, tokens: 600, score: 0.8, endMs: 120, eventsASecond: 40, missing: 0.01 };
/** Exactly on the rollback margins of what cannot be rounded: 5 buckets of 2 %, and 1.5 s + 5 pp. */
const ON_MARGIN: Carried = {
  ...ALIKE,
  tokens: ALIKE.tokens * 1.02 ** 5,
  score: ALIKE.score * 1.02 ** -5,
  eventsASecond: ALIKE.eventsASecond * 1.02 ** -5,
  missing: 1.5 * ALIKE.missing + 0.05,
};

const POLICY = judgePolicy({
  checks: {
    errors: { parity: { relative: '25%', absolute: '1pp' } },
    latency: {
      p50: { until: 'end' },
      p95: { until: 'end' },
      p99: { ...REPORTED, until: 'end' },
      dominance: { until: 'end' },
    },
    values: {
      queries: { from: { serverTiming: 'db' }, worse: 'higher' },
      tokens: { from: { json: '/usage/total_tokens' }, worse: 'both' },
      score: { from: { header: 'x-score' }, worse: 'lower' },
    },
    streams: { gap: REPORTED },
    size: {},
  },
  judge: { block: '5s', warmUp: '0s', minStep: '30s' },
});

interface Judged {
  readonly end: 'harmful' | 'at-parity' | 'time-out';
  readonly seconds: number;
  readonly largest: number;
}

interface Harm {
  readonly setting: string;
  readonly canary: Carried;
  /** Median seconds to the rollback. */
  readonly within: number;
}

const HARMS: readonly Harm[] = [
  { setting: 'queries 4 -> 9', canary: { ...ALIKE, queries: 9 }, within: 60 },
  { setting: 'tokens + 30 %', canary: { ...ALIKE, tokens: 1.3 * ALIKE.tokens }, within: 300 },
  { setting: 'answers twice as slow to their end', canary: { ...ALIKE, endMs: 2 * ALIKE.endMs }, within: 60 },
  { setting: 'events per second - 40 %', canary: { ...ALIKE, eventsASecond: 0.6 * ALIKE.eventsASecond }, within: 180 },
  { setting: 'no tokens any more', canary: { ...ALIKE, missing: 1 }, within: 60 },
];

/** J54: five values and latencies to the end: identical versions, versions on the margins, and five ways of being worse. */
export function valuesDecide(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 20, full: 200 });
  const blocks = streams(bench, { tiny: 8, quick: 120, full: 240 });
  const runs = (cell: number, canary: Carried, until: 'harm' | 'parity') =>
    Array.from({ length: count }, (_, i) => run(randomOf(bench, 54, cell, i), canary, until, blocks));
  const alike = runs(0, ALIKE, 'harm');
  const boundary = runs(1, ON_MARGIN, 'harm');
  const equal = runs(2, ALIKE, 'parity');
  const shareOf = (judged: readonly Judged[], is: (one: Judged) => boolean) => judged.filter(is).length / count;
  const rolledBack = (judged: readonly Judged[]) => shareOf(judged, ({ end }) => end === 'harmful');
  const secondsTo = (judged: readonly Judged[], wanted: Judged['end']) =>
    median(judged.map(({ end, seconds }) => (end === wanted ? seconds : (blocks * BLOCK_MS) / 1_000)));
  const seen = shareOf(boundary, ({ largest }) => largest >= SEEN);
  const shown = secondsTo(equal, 'at-parity');
  const found = HARMS.map(({ canary }, at) => secondsTo(runs(3 + at, canary, 'harm'), 'harmful'));
  const cells: readonly Cell[] = [
    { setting: 'identical versions: rolled back', streams: count, figure: rolledBack(alike) },
    { setting: 'on the margins: E >= 20', streams: count, figure: seen },
    { setting: 'on the margins: rolled back', streams: count, figure: rolledBack(boundary) },
    { setting: 'identical versions: seconds until parity', streams: count, figure: shown },
    ...HARMS.map(({ setting }, at) => ({
      setting: `${setting}: seconds until rolled back`,
      streams: count,
      figure: found[at] ?? null,
    })),
  ];
  return {
    id: 'J54',
    scenario: 'numbers that answers carry, 40 requests/s at 10 %',
    measures: 'share of the streams, or the median of the seconds',
    target: `rolled back 0; E >= 20 in <= 5 %; parity within 10 min; harm within ${HARMS.map(({ within }) => within).join(', ')} s`,
    measured: `${percent(rolledBack(alike))}, ${percent(seen)}; ${shown} s; ${found.join(', ')} s`,
    passed:
      rolledBack(alike) + rolledBack(boundary) === 0 &&
      seen <= 0.05 &&
      shown <= 600 &&
      HARMS.every(({ within }, at) => (found[at] ?? Number.POSITIVE_INFINITY) <= within),
    cells,
  };
}

function run(random: Random, canary: Carried, until: 'harm' | 'parity', longest: number): Judged {
  let state: JudgeState = openJudgement(POLICY);
  let largest = 0;
  for (let block = 0; block < longest; block += 1) {
    const startedAt = block * BLOCK_MS;
    const at = startedAt + BLOCK_MS;
    const blocks = [blockOf(random, startedAt, canary)];
    const seen = look(POLICY, state, { at, blocks, unusable: null, step: STEP, skippedChecks: [] });
    state = seen.state;
    largest = Math.max(largest, seen.verdict.logEvidence);
    const { name } = seen.verdict;
    if (name === 'harmful' || (name === 'at-parity' && until === 'parity')) {
      return { end: name, seconds: at / 1_000, largest };
    }
  }
  return { end: 'time-out', seconds: (longest * BLOCK_MS) / 1_000, largest };
}

function blockOf(random: Random, startedAt: number, canary: Carried): Block {
  const mean = (REQUESTS_A_SECOND * BLOCK_MS) / 1_000;
  const share = WEIGHT_BPS / 10_000;
  const tallyOf = (requests: number, carried: Carried) =>
    carrying(simulateTally(random, requests, HEALTHY), valuesOf(random, requests, carried));
  return {
    startedAt,
    durationMs: BLOCK_MS,
    splitEpoch: 1,
    canaryBps: WEIGHT_BPS,
    assignment: 'per-request',
    stable: tallyOf(poisson(random, mean * (1 - share)), ALIKE),
    canary: tallyOf(poisson(random, mean * share), canary),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

function valuesOf(random: Random, answers: number, carried: Carried) {
  const each = (count: number, draw: () => number) => countsOfValues(Array.from({ length: count }, draw));
  const around = (middle: number, sigma: number) => () => middle * Math.exp(sigma * normal(random));
  const without = binomial(random, answers, carried.missing);
  const tokens = Array.from({ length: answers - without }, around(carried.tokens, 0.6));
  const some = Math.ceil(answers / 3);
  return {
    queries: each(answers, () => poisson(random, carried.queries)),
    tokens: countsOfValues(tokens, without),
    score: each(answers, around(carried.score, 0.15)),
    end: each(answers, around(carried.endMs, 0.6)),
    size: each(answers, around(2_000, 1)),
    'first-event': each(some, around(80, 0.5)),
    'event-rate': each(some, around(carried.eventsASecond, 0.3)),
    gap: each(some, around(30, 0.8)),
  };
}
