import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { ShapeCounts } from '../../../src/stats/answers/shape-counts.ts';
import type { Block } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, poissonCount } from '../../support/random-counts.ts';
import {
  NOISY_FIELDS,
  PLACES,
  type SimulatedField,
  type SimulatedPlace,
  shapesOf,
} from '../../support/simulated-shapes.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, type Row, randomOf, streams } from './experiment.ts';

type Declared = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['responseShape']>;

const BLOCK_MS = 30_000;
const HISTORY = 4;
const HOUR = 120;

interface Traffic {
  readonly name: string;
  /** Answers in the sample, of both versions. */
  readonly perBlock: number;
  readonly weightBps: number;
}

interface Outcome {
  readonly end: 'rolled-back' | 'held' | 'nothing';
  /** Answers of the canary that were read until then. */
  readonly answers: number;
}

const BUSY: Traffic = { name: '50 answers/s, a sample of 10 %, at 10 %', perBlock: 150, weightBps: 1_000 };
const QUIET: Traffic = { name: '2 answers/s, all read, at 50 %', perBlock: 60, weightBps: 5_000 };
const MUCH: Traffic = { name: '170 answers/s, a sample of 10 %, at 10 %', perBlock: 500, weightBps: 1_000 };

/** J56: what differs from answer to answer differs in both versions. */
export function shapesAlike(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 10, full: 100 });
  const settings = [BUSY, QUIET].flatMap((traffic) => [
    { traffic, breaking: 'hold' as const },
    { traffic, breaking: 'rollback' as const },
  ]);
  const cells = settings.map(({ traffic, breaking }, cell): Cell => {
    const outcomes = Array.from({ length: each }, (_, i) =>
      run(randomOf(bench, 56, cell, i), { breaking, compatible: 'hold' }, traffic, PLACES, PLACES, blocksOf(bench)),
    );
    const touched = outcomes.filter(({ end }) => end !== 'nothing').length;
    return {
      setting: `${traffic.name}; breaking: ${breaking}`,
      streams: each,
      figure: touched / each,
      note: 'held or rolled back',
    };
  });
  return {
    id: 'J56',
    scenario:
      'shapes of identical versions at ten endpoints: times, ids, words, rare fields, flags, 0.1 % error bodies; an hour',
    measures: 'share held or rolled back, by compatible differences as well',
    target: '0',
    measured: `${cells.reduce((sum, { figure }) => sum + (figure ?? 0) * each, 0)} of ${each * cells.length}`,
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

const changed = (path: string, change: Partial<SimulatedField>): readonly SimulatedField[] =>
  NOISY_FIELDS.map((field) => (field.path === path ? { ...field, ...change } : field));

const FAULTS: readonly (readonly [name: string, fields: readonly SimulatedField[], within: number])[] = [
  ['a field gone', NOISY_FIELDS.filter(({ path }) => path !== '/amount'), 300],
  ['a field missing in 3 %', changed('/amount', { present: 0.97 }), 1_500],
  ['a field missing in 1 %', changed('/amount', { present: 0.99 }), 6_000],
  ['a field renamed', changed('/amount', { path: '/total' }), 300],
  ['another type', changed('/amount', { traits: ['string'], oneOf: {} }), 300],
  ['null in 10 %', changed('/amount', { isNull: 0.1 }), 600],
  [
    'a new word in 5 %',
    changed('/status', { oneOf: { 'value:PAID': 0.65, 'value:OPEN': 0.25, 'value:VOID': 0.05, 'value:HELD': 0.05 } }),
    1_000,
  ],
  ['a date of another format', changed('/created', { traits: ['string', 'format:date'] }), 300],
  ['an empty list in 30 % instead of 5 %', changed('/items', { oneOf: { empty: 0.3 } }), 600],
];

/** J57: what breaks clients, by answers of the canary that were read until it holds. */
export function shapesDiffer(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 8, full: 60 });
  const settings = [
    ...FAULTS.map(([name, fields, within]) => ({
      name,
      fields,
      within,
      breaking: 'hold' as const,
      end: 'held' as const,
    })),
    {
      name: 'a field gone, which rolls back',
      fields: FAULTS[0]?.[1] ?? [],
      within: 400,
      breaking: 'rollback' as const,
      end: 'rolled-back' as const,
    },
  ];
  const cells = settings.map(({ name, fields, breaking, end }, cell): Cell => {
    const one = (of: readonly SimulatedField[]) => [{ name: 'GET /orders/{id} 2xx', share: 1, fields: of }];
    const outcomes = Array.from({ length: each }, (_, i) =>
      run(randomOf(bench, 57, cell, i), { breaking }, MUCH, one(NOISY_FIELDS), one(fields), 2 * blocksOf(bench), end),
    );
    const right = outcomes.filter((outcome) => outcome.end === end);
    return {
      setting: name,
      streams: each,
      figure: right.length <= each / 2 ? null : median(right.map(({ answers }) => answers)),
      note: `canary answers read until ${end === 'held' ? 'held' : 'rolled back'}; ${right.length} so`,
    };
  });
  return {
    id: 'J57',
    scenario: 'shapes that break clients, at one endpoint, 50 canary answers read in 30 s',
    measures: 'median canary answers read until held, or rolled back',
    target: `at most ${settings.map(({ within }) => within).join(', ')}`,
    measured: cells.map(({ figure }) => figure ?? 'not found').join(', '),
    passed: cells.every(({ figure }, at) => figure !== null && figure <= (settings[at]?.within ?? 0)),
    cells,
  };
}

/** J58: every always-present field is missing in exactly as many answers as the margin allows. */
export function shapesOnMargin(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 24, full: 200 });
  const canary = PLACES.map((place) => ({ ...place, fields: onMargin(place.fields) }));
  const outcomes = Array.from({ length: each }, (_, i) =>
    run(randomOf(bench, 58, 0, i), { breaking: 'rollback' }, BUSY, PLACES, canary, blocksOf(bench)),
  );
  const touched = outcomes.filter(({ end }) => end !== 'nothing').length;
  const back = outcomes.filter(({ end }) => end === 'rolled-back').length;
  return {
    id: 'J58',
    scenario: 'shapes exactly on their margins, every field of ten endpoints, an hour',
    measures: 'share held ever',
    target: '<= 5 %, none rolled back',
    measured: `${touched / each}, rolled back ${back}`,
    passed: touched / each <= 0.05 && back === 0,
    cells: [
      { setting: BUSY.name, streams: each, figure: touched / each, note: `held or rolled back; rolled back ${back}` },
    ],
  };
}

function onMargin(fields: readonly SimulatedField[]): readonly SimulatedField[] {
  return fields.map((field) => {
    const { present = 1 } = field;
    return present < 0.5 ? field : { ...field, present: Math.max(0, 1 - (1.1 * (1 - present) + 0.002)) };
  });
}

function blocksOf({ size }: Bench): number {
  return size === 'tiny' ? 8 : HOUR;
}

function policyOf(responseShape: Declared): Policy {
  return judgePolicy({ checks: { responseShape }, judge: { block: '30s', warmUp: '0s' } });
}

/** Two minutes of the stable alone, then the step, one look a block, until something is done. */
function run(
  random: Random,
  declared: Declared,
  traffic: Traffic,
  stable: readonly SimulatedPlace[],
  canary: readonly SimulatedPlace[],
  blocks: number,
  until?: 'held' | 'rolled-back',
): Outcome {
  const policy = policyOf(declared);
  let state: JudgeState = openJudgement(policy);
  let answers = 0;
  for (let at = 0; at < HISTORY + blocks; at += 1) {
    const isCompared = at >= HISTORY;
    const all = poissonCount(random, traffic.perBlock);
    const ours = isCompared ? binomialCount(random, all, traffic.weightBps / 10_000) : 0;
    answers += ours;
    const shapes = { stable: shapesOf(random, stable, all - ours), canary: shapesOf(random, canary, ours) };
    const block = blockAt(at, isCompared ? traffic.weightBps : 0, { requests: [all - ours, ours], shapes });
    const end = (at + 1) * BLOCK_MS;
    const step: StepContext = isCompared
      ? { kind: 'weight', index: 0, position: 'first', splitEpoch: 2, appliedAt: HISTORY * BLOCK_MS }
      : { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
    const seen = look(policy, state, { at: end, blocks: [block], unusable: null, step, skippedChecks: [] });
    state = seen.state;
    if (seen.verdict.name === 'harmful') return { end: 'rolled-back', answers };
    const isHeld = seen.verdict.hold?.check === 'responseShape' || seen.verdict.name === 'suspect';
    if (isHeld && until !== 'rolled-back') return { end: 'held', answers };
  }
  return { end: 'nothing', answers };
}

interface Seen {
  readonly requests: readonly [stable: number, canary: number];
  readonly shapes: { readonly stable: ShapeCounts; readonly canary: ShapeCounts };
}

function blockAt(at: number, canaryBps: number, { requests: [stable, canary], shapes }: Seen): Block {
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch: canaryBps === 0 ? 1 : 2,
    canaryBps,
    assignment: 'per-request',
    stable: { ...NO_TALLY, requests: stable, shapes: shapes.stable },
    canary: { ...NO_TALLY, requests: canary, ...(canary === 0 ? {} : { shapes: shapes.canary }) },
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}
