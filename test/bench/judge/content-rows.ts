import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { AnswerCounts, CategoryCounts } from '../../../src/stats/answers/answer-counts.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, multinomialCounts, poissonCount } from '../../support/random-counts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, type Row, randomOf, streams } from './experiment.ts';

const BLOCK_MS = 5_000;
const HISTORY = 120;
const HOUR = 720;

type Rules = NonNullable<NonNullable<NonNullable<PolicyDocument['spec']['checks']>['errors']>['when']>;

/** What one version answers with: shares of the answers that are looked at. */
interface Answers {
  readonly unread: number;
  readonly failed: number;
  readonly partial: number;
  /** Of the words `stop`, `length` and `tool_calls`. */
  readonly words: readonly [stop: number, length: number, toolCalls: number];
}

interface Setting {
  readonly name: string;
  readonly rules: Rules;
  readonly sample: number;
  readonly perSecond: number;
  readonly stable: Answers;
  readonly canary: Answers;
  /** What has to happen within so many blocks; null where nothing may. */
  readonly expected: { readonly end: 'rolled-back' | 'held'; readonly by: string; readonly within: number } | null;
}

interface Outcome {
  readonly end: 'rolled-back' | 'held' | 'nothing';
  readonly blocks: number;
  readonly by: string | null;
}

const WELL: Answers = { unread: 0.01, failed: 0.002, partial: 0.002, words: [0.9, 0.04, 0.06] };
const GRAPHQL: Rules = [{ graphql: 'total' }];
const JSON_RPC: Rules = [{ jsonRpc: 'any' }];
const COMMON = { rules: GRAPHQL, sample: 0.1, perSecond: 100, stable: WELL } as const;
const byContent = (within: number) => ({ end: 'rolled-back', by: 'content', within }) as const;
const SHIFTED: Answers = { ...WELL, words: [0.79, 0.15, 0.06] };
const CALLING: Answers = { ...WELL, words: [0.76, 0.04, 0.2] };

const SETTINGS: readonly Setting[] = [
  { ...COMMON, name: 'GraphQL, identical, 100/s', canary: WELL, expected: null },
  { ...COMMON, name: 'GraphQL, identical, 2/s, all read', sample: 1, perSecond: 2, canary: WELL, expected: null },
  { ...COMMON, name: 'GraphQL errors 0.2 % to 2 %', canary: { ...WELL, failed: 0.02 }, expected: byContent(160) },
  {
    ...COMMON,
    name: 'GraphQL errors 0.2 % to 2 %, all read',
    sample: 1,
    canary: { ...WELL, failed: 0.02 },
    expected: byContent(24),
  },
  {
    ...COMMON,
    name: 'JSON-RPC errors 0.2 % to 5 %',
    rules: JSON_RPC,
    canary: { ...WELL, failed: 0.05 },
    expected: byContent(50),
  },
  {
    ...COMMON,
    name: 'GraphQL errors 0.2 % to 50 %, 2/s, all read',
    sample: 1,
    perSecond: 2,
    canary: { ...WELL, failed: 0.5 },
    expected: byContent(60),
  },
  {
    ...COMMON,
    name: 'finish reason: length 4 % to 15 %',
    canary: SHIFTED,
    expected: { end: 'rolled-back', by: 'category:finish', within: 160 },
  },
  {
    ...COMMON,
    name: 'finish reason: tool_calls 6 % to 20 %',
    canary: CALLING,
    expected: { end: 'held', by: 'category:finish', within: 160 },
  },
  {
    ...COMMON,
    name: 'partial answers 0.2 % to 5 %',
    canary: { ...WELL, partial: 0.05 },
    expected: { end: 'held', by: 'content:partial', within: 80 },
  },
  {
    ...COMMON,
    name: 'unread 1 % to 87 %',
    canary: { ...WELL, unread: 0.87 },
    expected: { end: 'held', by: 'content:unread', within: 6 },
  },
];

/** J55: what a sample of the answers carries, of identical versions and of worse ones. */
export function contentDecides(bench: Bench): Row {
  const alike = streams(bench, { tiny: 1, quick: 40, full: 400 });
  const worse = streams(bench, { tiny: 1, quick: 12, full: 100 });
  const judged = SETTINGS.map((setting, cell) => {
    const blocks = setting.expected === null ? (bench.size === 'tiny' ? 20 : HOUR) : 2 * setting.expected.within;
    const outcomes = Array.from({ length: setting.expected === null ? alike : worse }, (_, i) =>
      run(randomOf(bench, 55, cell, i), setting, blocks),
    );
    return { setting, outcomes };
  });
  const cells = judged.map(({ setting, outcomes }) => cellOf(setting, outcomes));
  const passed = cells.every(({ figure }, at) => {
    const expected = SETTINGS[at]?.expected ?? null;
    return expected === null ? figure === 0 : (figure ?? Number.POSITIVE_INFINITY) <= expected.within;
  });
  return {
    id: 'J55',
    scenario: 'errors by content, unread answers, finish reasons; weight 10 %, a sample of 10 % of 100/s or all of 2/s',
    measures: 'median blocks of 5 s until rolled back or held; share of identical ones in an hour',
    target: `0, 0; at most ${SETTINGS.flatMap(({ expected }) => expected?.within ?? []).join(', ')}`,
    measured: cells.map(({ figure }) => (figure === null ? 'not found' : Number(figure.toPrecision(3)))).join(', '),
    passed,
    cells,
  };
}

function cellOf({ name, expected }: Setting, outcomes: readonly Outcome[]): Cell {
  const streamsSeen = outcomes.length;
  if (expected === null) {
    const touched = outcomes.filter(({ end }) => end !== 'nothing').length;
    return { setting: name, streams: streamsSeen, figure: touched / streamsSeen, note: 'rolled back or held' };
  }
  const right = outcomes.filter(({ end, by }) => end === expected.end && by === expected.by);
  const blocks = right.map((outcome) => outcome.blocks);
  return {
    setting: name,
    streams: streamsSeen,
    figure: right.length < streamsSeen ? null : median(blocks),
    note: `blocks until ${expected.end === 'held' ? 'held' : 'rolled back'}; ${right.length} so by ${expected.by}`,
  };
}

function policyFor({ rules, sample }: Setting): Policy {
  return judgePolicy({
    checks: {
      errors: { when: rules, sample: `${100 * sample}%` },
      categories: { finish: { from: { json: '/finish_reason' }, worse: ['length'] } },
    },
    judge: { block: '5s', warmUp: '0s' },
  });
}

/** Ten minutes of the stable alone, then both, one look a block, until something is done or the blocks are over. */
function run(random: Random, setting: Setting, blocks: number): Outcome {
  const policy = policyFor(setting);
  const inside: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  const step: StepContext = { kind: 'weight', index: 0, position: 'first', splitEpoch: 2, appliedAt: 0 };
  const past = Array.from({ length: HISTORY }, (_, at) => blockAt(random, setting, at - HISTORY, 0, 1));
  let state: JudgeState = look(policy, openJudgement(policy), inputAt(0, past, inside)).state;
  const expectsRollback = setting.expected?.end === 'rolled-back';
  for (let at = 0; at < blocks; at += 1) {
    const seen = look(policy, state, inputAt((at + 1) * BLOCK_MS, [blockAt(random, setting, at, 0.1, 2)], step));
    state = seen.state;
    const { name, worst, hold } = seen.verdict;
    if (name === 'harmful') return { end: 'rolled-back', blocks: at + 1, by: worst };
    if (hold !== undefined && !expectsRollback) return { end: 'held', blocks: at + 1, by: hold.check };
  }
  return { end: 'nothing', blocks, by: null };
}

function inputAt(at: number, blocks: readonly Block[], step: StepContext) {
  return { at, blocks, unusable: null, step, skippedChecks: [] };
}

function blockAt(random: Random, setting: Setting, at: number, weight: number, splitEpoch: number): Block {
  const mean = (setting.perSecond * BLOCK_MS) / 1_000;
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch,
    canaryBps: Math.round(weight * 10_000),
    assignment: 'per-request',
    stable: tallyOf(random, poissonCount(random, mean * (1 - weight)), setting.stable, setting.sample),
    canary: tallyOf(random, poissonCount(random, mean * weight), setting.canary, setting.sample),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

function tallyOf(random: Random, requests: number, answers: Answers, sample: number): Tally {
  const sampled = binomialCount(random, requests, sample);
  return { ...NO_TALLY, requests, ...(sampled === 0 ? {} : carriedBy(random, sampled, answers)) };
}

function carriedBy(random: Random, sampled: number, answers: Answers): AnswerCounts {
  const unread = binomialCount(random, sampled, answers.unread);
  const failed = binomialCount(random, sampled - unread, answers.failed);
  const partial = binomialCount(random, sampled - unread - failed, answers.partial);
  const [stop = 0, length = 0, toolCalls = 0] = multinomialCounts(random, sampled - unread, answers.words);
  const words: CategoryCounts = { stop, length, tool_calls: toolCalls, '': unread };
  const said = Object.fromEntries(Object.entries(words).filter(([, count]) => count > 0));
  return { content: { sampled, unread, failed, partial }, categories: { finish: said } };
}
