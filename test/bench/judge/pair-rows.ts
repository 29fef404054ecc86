import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { AnswerPairs, FieldPairs } from '../../../src/stats/answers/answer-pairs.ts';
import type { Block } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, poissonCount } from '../../support/random-counts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 5_000;
const HOUR = 720;
/** Compared requests in a block: one a second, of ten endpoints. */
const MEAN = 5;
const PLACES: readonly string[] = Array.from({ length: 10 }, (_, at) => `GET /things/${at} 2xx`);

/** How often the canary's answer is another in a field, and the stable's second one. */
interface FieldOf {
  readonly path: string;
  readonly differs: number;
  readonly noise: number;
}

const alike = (path: string, rate: number): FieldOf => ({ path, differs: rate, noise: rate });

/** Of every endpoint: timestamps and ids, lists in any order, rare optional fields, flags, an error body now and then. */
const NOISY: readonly FieldOf[] = [
  alike('/at', 1),
  alike('/id', 1),
  ...Array.from({ length: 3 }, (_, at) => alike(`/items/*/order${at}`, 0.5)),
  alike('/discount', 0.02),
  alike('/hint', 0.005),
  alike('/flags/beta', 0.1),
  alike('status', 0.001),
];

interface Fault {
  readonly name: string;
  /** What differs by the version, at the first so many endpoints. */
  readonly fields: readonly FieldOf[];
  readonly places: number;
  /** Compared requests within which it is to be named, in the median. */
  readonly within: number;
}

const lost = (path: string, differs: number): FieldOf => ({ path, differs, noise: 0 });

const FAULTS: readonly Fault[] = [
  { name: 'another value, everywhere', fields: [lost('/total', 1)], places: 10, within: 120 },
  {
    name: 'a list in another order',
    fields: [lost('/list/*/id', 0.95), lost('/list/*/sum', 0.9)],
    places: 1,
    within: 220,
  },
  { name: 'a list twice as long', fields: [lost('/list', 1)], places: 1, within: 220 },
  { name: 'a default changed, where a fifth leaves it out', fields: [lost('/limit', 0.2)], places: 10, within: 900 },
  { name: 'the total of one list off by one', fields: [lost('/page/total', 1)], places: 1, within: 220 },
  { name: 'another value in 1 % of one endpoint of ten', fields: [lost('/sum', 0.01)], places: 1, within: 30_000 },
  {
    name: 'random in 30 %, and now in 60 %',
    fields: [{ path: '/pick', differs: 0.6, noise: 0.3 }],
    places: 1,
    within: 2_000,
  },
];

/** J65: versions that are alike, with fields that differ by themselves. */
export function answersAlike(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 16, full: 200 });
  const blocks = bench.size === 'tiny' ? 24 : HOUR;
  const cells = (['hold', 'rollback'] as const).map((differences, cell): Cell => {
    const ends = Array.from({ length: count }, (_, i) => {
      const policy = policyWith({ differences });
      return run(randomOf(bench, 65, cell, i), policy, NOISY, null, blocks);
    });
    const touched = ends.filter(({ end }) => end !== 'nothing').length;
    return {
      setting: `differences: ${differences}`,
      streams: count,
      figure: touched / count,
      note: 'held or rolled back',
    };
  });
  return {
    id: 'J65',
    scenario: 'both versions answer alike: timestamps, ids, random order, rare fields, flags, error bodies; an hour',
    measures: 'share of rollouts that are held or rolled back',
    target: '0',
    measured: cells.map(({ figure }) => String(figure)).join(', '),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** J66: what the status does not show, by compared requests until it is named, in the internal phase. */
export function answersDiffer(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 40 });
  const faults = bench.size === 'tiny' ? FAULTS.slice(0, 1) : FAULTS;
  const cells = faults.map(({ name, within, ...fault }, cell): Cell => {
    const ends = Array.from({ length: count }, (_, i) =>
      run(randomOf(bench, 66, cell, i), policyWith({}), NOISY, fault, (3 * within) / MEAN),
    );
    const found = ends.flatMap(({ end, compared }) => (end === 'held' ? compared : []));
    const note = `compared requests until it is named; ${found.length} of ${count} within three times the target`;
    return { setting: name, streams: count, figure: found.length < count ? null : median(found), note };
  });
  return {
    id: 'J66',
    scenario: 'one field of the canary differs, beside nine that are noise at each of ten endpoints; weight 0',
    measures: 'median of compared requests, of all endpoints together, until it is named and holds',
    target: `at most ${faults.map(({ within }) => within).join(', ')}`,
    measured: cells.map(({ figure }) => (figure === null ? 'not found' : String(Math.round(figure)))).join(', '),
    passed: cells.every(({ figure }, at) => figure !== null && figure <= (faults[at]?.within ?? 0)),
    cells,
  };
}

/** J67: every noisy field exactly on the margin. */
export function answersOnMargin(bench: Bench): Row {
  const count = streams(bench, { tiny: 2, quick: 16, full: 200 });
  const blocks = bench.size === 'tiny' ? 24 : HOUR;
  const rates = [0, 0.01, 0.1, 0.3].map((by, at) => ({ path: `/edge${at}`, by, against: 1.1 * by + 0.001 }));
  const ends = Array.from({ length: count }, (_, i) =>
    run(randomOf(bench, 67, 0, i), policyWith({ differences: 'rollback' }), rates, null, blocks),
  );
  const suspected = ends.filter(({ logEvidence }) => logEvidence >= Math.log(20)).length / count;
  const back = ends.filter(({ end }) => end === 'rolled-back').length / count;
  return {
    id: 'J67',
    scenario: 'four fields of each of ten endpoints exactly on the margin, `differences: rollback`; an hour',
    measures: 'share with E >= 20; rolled back',
    target: '<= 5 %; 0',
    measured: `${suspected}; ${back}`,
    passed: suspected <= 0.05 && back === 0,
    cells: [
      { setting: 'E >= 20', streams: count, figure: suspected, note: 'of the combined evidence' },
      { setting: 'rolled back', streams: count, figure: back, note: '' },
    ],
  };
}

/** Of a request: only the canary's answer is another, or only the stable's second one. */
interface EdgeField {
  readonly path: string;
  readonly against: number;
  readonly by: number;
}

interface End {
  readonly end: 'rolled-back' | 'held' | 'nothing';
  readonly compared: number;
  /** The largest of all looks. */
  readonly logEvidence: number;
}

type Terms = NonNullable<PolicyDocument['spec']['checks']>['answers'];

function policyWith(answers: Terms): Policy {
  return judgePolicy({ checks: { answers }, judge: { block: '5s', warmUp: '0s' } });
}

function run(
  random: Random,
  policy: Policy,
  fields: readonly (FieldOf | EdgeField)[],
  fault: Pick<Fault, 'fields' | 'places'> | null,
  blocks: number,
): End {
  const step: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  let state: JudgeState = openJudgement(policy);
  let compared = 0;
  let logEvidence = 0;
  for (let at = 0; at < blocks; at += 1) {
    const block = blockAt(random, at, fields, fault);
    compared += block.pairs?.compared ?? 0;
    const input = { at: (at + 1) * BLOCK_MS, blocks: [block], unusable: null, step, skippedChecks: [] };
    const seen = look(policy, state, input);
    state = seen.state;
    logEvidence = Math.max(logEvidence, seen.verdict.logEvidence);
    if (seen.verdict.name === 'harmful') return { end: 'rolled-back', compared, logEvidence };
    if (seen.verdict.hold !== undefined) return { end: 'held', compared, logEvidence };
  }
  return { end: 'nothing', compared, logEvidence };
}

function blockAt(
  random: Random,
  at: number,
  fields: readonly (FieldOf | EdgeField)[],
  fault: Pick<Fault, 'fields' | 'places'> | null,
): Block {
  const counts: Record<string, FieldPairs> = {};
  const places: Record<string, number> = {};
  for (const [index, place] of PLACES.entries()) {
    const of = poissonCount(random, MEAN / PLACES.length);
    if (of === 0) continue;
    places[place] = of;
    const faulty = fault !== null && index < fault.places ? fault.fields : [];
    for (const field of [...fields, ...faulty]) {
      const seen = countsOf(random, of, field);
      if (seen.differs + seen.noise > 0) counts[`${place} ${field.path}`] = seen;
    }
  }
  const compared = Object.values(places).reduce((sum, of) => sum + of, 0);
  const pairs: AnswerPairs = { compared, unusable: 0, places, fields: counts };
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch: 1,
    canaryBps: 0,
    stable: { ...NO_TALLY, requests: 100 },
    canary: NO_TALLY,
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
    pairs,
  };
}

function countsOf(random: Random, of: number, field: FieldOf | EdgeField): FieldPairs {
  if ('against' in field) {
    const against = binomialCount(random, of, field.against);
    return { differs: against, noise: binomialCount(random, of - against, field.by / (1 - field.against)), both: 0 };
  }
  const differs = binomialCount(random, of, field.differs);
  const both = binomialCount(random, differs, field.noise);
  return { differs, noise: both + binomialCount(random, of - differs, field.noise), both };
}
