import { median } from 'simple-statistics';
import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Policy, PolicyDocument } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, poissonCount } from '../../support/random-counts.ts';
import { BLOCK_MS, type LogFault, logsOf, weatherOf } from '../../support/simulated-logs.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, type Row, randomOf, streams } from './experiment.ts';

type Logs = NonNullable<NonNullable<PolicyDocument['spec']['checks']>['logs']>;

/** Traffic of a rollout, and who runs the batch job: the stable, or the canary from the moment that it is there. */
interface Traffic {
  readonly name: string;
  readonly perSecond: number;
  readonly weights: readonly number[];
  readonly batch: 'stable' | 'canary';
}

interface Outcome {
  readonly end: 'rolled-back' | 'held' | 'nothing';
  readonly canaryRequests: number;
  readonly minutes: number;
}

const MINUTE = 60_000 / BLOCK_MS;
const HISTORY = 15 * MINUTE;
/** The canary is up two minutes before its first request. */
const UP_BEFORE = 2 * MINUTE;
const STEP = 20 * MINUTE;

const EVERY_KIND: Logs = {
  newErrors: 'hold',
  newWarnings: 'hold',
  errors: { action: 'hold' },
  warnings: { action: 'hold' },
  fields: 'hold',
  calls: { new: 'hold', lost: 'hold', rate: { action: 'hold' } },
  mix: 'hold',
};
const EVERY_ROLLBACK: Logs = {
  newErrors: 'rollback',
  newWarnings: 'rollback',
  errors: { action: 'rollback' },
  warnings: { action: 'rollback' },
  fields: 'rollback',
  calls: { new: 'rollback', lost: 'rollback', rate: { action: 'rollback' } },
  mix: 'rollback',
};

const TRAFFIC: readonly Traffic[] = [
  { name: '50/s at 5, 25, 50 %', perSecond: 50, weights: [500, 2_500, 5_000], batch: 'stable' },
  { name: '5/s at 10, 50 %', perSecond: 5, weights: [1_000, 5_000], batch: 'stable' },
  {
    name: '100/s at 1, 10 %, the canary takes over the batch job',
    perSecond: 100,
    weights: [100, 1_000],
    batch: 'canary',
  },
  {
    name: '50/s at 5, 25 %, the canary takes over the batch job',
    perSecond: 50,
    weights: [500, 2_500],
    batch: 'canary',
  },
];
const ALONE: Traffic = { name: '50/s at 10 %', perSecond: 50, weights: [1_000], batch: 'stable' };

/** J60: identical versions whose lines come in clumps, by machines, jobs and starts. */
export function logsAlike(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 12, full: 50 });
  const cells = [EVERY_KIND, EVERY_ROLLBACK].flatMap((logs, kind) =>
    TRAFFIC.map((traffic, cell): Cell => {
      const outcomes = Array.from({ length: each }, (_, i) =>
        run(randomOf(bench, 60, 10 * kind + cell, i), policyOf(logs), traffic, {}, stepBlocks(bench)),
      );
      const touched = outcomes.filter(({ end }) => end !== 'nothing').length;
      const does = kind === 0 ? 'every kind holds' : 'every kind rolls back';
      return {
        setting: `${traffic.name}; ${does}`,
        streams: each,
        figure: touched / each,
        note: 'held or rolled back',
      };
    }),
  );
  return {
    id: 'J60',
    scenario: 'logs of identical versions: clumps, jobs, machines, lines seen once, start-up lines',
    measures: 'share held or rolled back',
    target: '0',
    measured: `${cells.reduce((sum, { figure, streams: of }) => sum + (figure ?? 0) * of, 0)} of ${each * cells.length}`,
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

const FAULTS: readonly (readonly [name: string, fault: LogFault, within: number])[] = [
  ['a new error in 1 of 50 requests', { newError: { share: 0.02, lines: 2 } }, 1_600],
  ['a new error in 1 of 500 requests', { newError: { share: 0.002, lines: 2 } }, 5_000],
  ['a swallowed exception, logged in 1 of 5', { newError: { share: 0.2, lines: 1 } }, 1_600],
  ['ten times the lines of a known error', { errors: 10 }, 6_000],
  ['a call made twice', { payments: 2 }, 3_500],
  ['a call that is gone', { payments: 0 }, 2_000],
  ['a call of a new service', { newCall: 1 }, 1_600],
  ['a field gone', { lostField: true }, 2_000],
];

/** J61: what the logs alone show, by the default policy, and with `newErrors: rollback`. */
export function logFaults(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 8, full: 40 });
  const settings = [
    ...FAULTS.map(([name, fault, within]) => ({ name, fault, within, logs: {}, end: 'held' as const })),
    {
      name: 'a new error in 1 of 50 requests, which rolls back',
      fault: FAULTS[0]?.[1] ?? {},
      within: 3_000,
      logs: { newErrors: 'rollback' } as const,
      end: 'rolled-back' as const,
    },
  ];
  const cells = settings.map(({ name, fault, logs, end }, cell): Cell => {
    const outcomes = Array.from({ length: each }, (_, i) =>
      run(randomOf(bench, 61, cell, i), policyOf(logs), ALONE, fault, stepBlocks(bench), end),
    );
    const right = outcomes.filter((outcome) => outcome.end === end);
    const minutes = right.length === 0 ? null : median(right.map((one) => one.minutes));
    return {
      setting: name,
      streams: each,
      figure: right.length <= each / 2 ? null : median(right.map(({ canaryRequests }) => canaryRequests)),
      note: `canary requests until ${end === 'held' ? 'held' : 'rolled back'}; ${right.length} so, in ${minutes?.toFixed(1) ?? '-'} min`,
    };
  });
  return {
    id: 'J61',
    scenario: 'faults that only logs show; 50 requests/s at 10 %',
    measures: 'median canary requests until held, or rolled back',
    target: `at most ${settings.map(({ within }) => within).join(', ')}`,
    measured: cells.map(({ figure }) => figure ?? 'not found').join(', '),
    passed: cells.every(({ figure }, at) => figure !== null && figure <= (settings[at]?.within ?? 0)),
    cells,
  };
}

/** J62: about on the margin, in clumps: the budget holds there as well. */
export function logsOnMargin(bench: Bench): Row {
  const each = streams(bench, { tiny: 1, quick: 40, full: 200 });
  const settings: readonly (readonly [name: string, logs: Logs, fault: LogFault])[] = [
    ['twice the error lines of the stable and 10 in 1,000', { errors: { action: 'rollback' } }, { errors: 2.6 }],
    ['half as many calls again and 5 in 1,000', { calls: { rate: { action: 'rollback' } } }, { payments: 1.506 }],
  ];
  const cells = settings.map(([name, logs, fault], cell): Cell => {
    const outcomes = Array.from({ length: each }, (_, i) =>
      run(randomOf(bench, 62, cell, i), policyOf(logs), ALONE, fault, 3 * stepBlocks(bench)),
    );
    const touched = outcomes.filter(({ end }) => end !== 'nothing').length;
    const back = outcomes.filter(({ end }) => end === 'rolled-back').length;
    return {
      setting: name,
      streams: each,
      figure: touched / each,
      note: `E >= 20 ever, in an hour; rolled back ${back}`,
    };
  });
  return {
    id: 'J62',
    scenario: 'logs about on the margins, 50 requests/s at 10 %, an hour',
    measures: 'share with E >= 20 ever',
    target: '<= 5 %, none rolled back',
    measured: cells.map(({ figure }) => figure).join(', '),
    passed: cells.every(({ figure, note }) => (figure ?? 1) <= 0.05 && note?.endsWith('rolled back 0') === true),
    cells,
  };
}

function stepBlocks({ size }: Bench): number {
  return size === 'tiny' ? 12 : STEP;
}

function policyOf(logs: Logs): Policy {
  return judgePolicy({ checks: { logs }, judge: { block: '5s', warmUp: '1m' } });
}

/** The stable alone, then the steps, one look a block, until something is done. */
function run(
  random: Random,
  policy: Policy,
  traffic: Traffic,
  fault: LogFault,
  stepLength: number,
  until?: 'held' | 'rolled-back',
): Outcome {
  const history = stepLength < STEP ? 24 : HISTORY;
  let state: JudgeState = openJudgement(policy);
  const inside: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  for (let at = 0; at < history; at += 1) {
    const block = blockAt(random, traffic, at, history, 0, 1, fault);
    state = look(policy, state, {
      at: block.startedAt,
      blocks: [block],
      unusable: null,
      step: inside,
      skippedChecks: [],
    }).state;
  }
  let at = history;
  let canaryRequests = 0;
  for (const [index, bps] of traffic.weights.entries()) {
    const appliedAt = at * BLOCK_MS;
    const step: StepContext = { kind: 'weight', index, position: 'first', splitEpoch: 2 + index, appliedAt };
    for (const last = at + stepLength; at < last; at += 1) {
      const block = blockAt(random, traffic, at, history, bps, 2 + index, fault);
      canaryRequests += block.canary?.requests ?? 0;
      const end = (at + 1) * BLOCK_MS;
      const seen = look(policy, state, { at: end, blocks: [block], unusable: null, step, skippedChecks: [] });
      state = seen.state;
      const { name, hold } = seen.verdict;
      const minutes = (at + 1 - history) / MINUTE;
      if (name === 'harmful') return { end: 'rolled-back', canaryRequests, minutes };
      const isHeld = hold?.check === 'logs' || name === 'suspect';
      if (isHeld && until !== 'rolled-back') return { end: 'held', canaryRequests, minutes };
    }
  }
  return { end: 'nothing', canaryRequests, minutes: (at - history) / MINUTE };
}

function blockAt(
  random: Random,
  { perSecond, batch }: Traffic,
  at: number,
  history: number,
  canaryBps: number,
  splitEpoch: number,
  fault: LogFault,
): Block {
  const weight = canaryBps / 10_000;
  const perBlock = (perSecond * BLOCK_MS) / 1_000;
  const requests = poissonCount(random, perBlock);
  const canary = binomialCount(random, requests, weight);
  const weather = weatherOf(random, perBlock);
  const isUp = at >= history - UP_BEFORE;
  const stableRuns = batch === 'stable' || !isUp;
  const ofStable = { pods: 4, hasBatch: stableRuns, startedAt: null };
  const ofCanary = { pods: 1, hasBatch: !stableRuns, startedAt: history - UP_BEFORE };
  return {
    startedAt: at * BLOCK_MS,
    durationMs: BLOCK_MS,
    splitEpoch,
    canaryBps,
    assignment: 'per-request',
    stable: { ...NO_TALLY, requests: requests - canary },
    canary: { ...NO_TALLY, requests: canary },
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
    logs: {
      stable: logsOf(random, at, requests - canary, 1 - weight, weather, ofStable),
      canary: isUp ? logsOf(random, at, canary, weight, weather, ofCanary, fault) : null,
    },
  };
}
