import { look } from '../../../src/judge/judge.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { decide } from '../../../src/rollout/decide.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import { evidenceAfterLook, noEvidence, resetEvidence } from '../../../src/rollout/evidence.ts';
import { stepContext } from '../../../src/rollout/plan.ts';
import { orderFor } from '../../../src/rollout/split-order.ts';
import { isEnded, type Rollout } from '../../../src/rollout/state.ts';
import { begin, transition } from '../../../src/rollout/transition.ts';
import { WHOLE_BPS } from '../../../src/split/assign.ts';
import { rampedWeight } from '../../../src/split/ramp.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { normalTail } from '../../../src/stats/evidence/normal.ts';
import { bucketOf } from '../../../src/stats/latency/log-histogram.ts';
import { addTallies } from '../../../src/stats/tallies.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { startedEvent } from '../../support/rollouts.ts';
import { BASE_P99_MS, type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';
import { errorsOnly } from './null-rows.ts';
import { type Shape, scaledTail, shapeOf } from './shape.ts';
import { openStream, type Scenario, STABLE_SHAPE } from './traffic.ts';

const LOOK_MS = 5_000;
const HISTORY_BLOCKS = 120;
const LONGEST_MS = 4 * 3_600_000;
const JOINS_AFTER_MS = 600_000;
/** One pod of four. */
const POD_PART = 0.25;
const BASE = 1e-3;

/** How a canary behaves at a time since its stage began: its pods are new then, and go on when its weight goes back. */
interface Course {
  readonly name: string;
  readonly errors?: (ms: number) => number;
  readonly latency?: (ms: number) => Shape;
  readonly stable?: Shape;
  readonly pod?: Pod;
}

/** A pod that joins the canary within a step, and takes its part of the canary's requests; times are since it joined. */
interface Pod {
  readonly errors: (ms: number) => number;
  readonly latency: (ms: number) => Shape;
  /** Whether its answers are kept apart while it is young, as the gateway does. */
  readonly young: 'apart' | 'with-the-rest';
}

interface Outcome {
  readonly end: Rollout['stage']['kind'];
  /** Since the stage in which it ended began, and since the rollout began. */
  readonly stageMs: number;
  readonly ms: number;
  readonly stepBacks: number;
  /** Requests of the canary that failed, and answers above the stable's p99 and a tenth, beyond what the stable has. */
  readonly failed: number;
  readonly slow: number;
}

const shapes = new Map<string, Shape>();

/** All latencies scaled, in steps of 5 %. */
function slower(factor: number): Shape {
  const step = Math.round(Math.log(factor) / Math.log(1.05));
  return cached(`scaled ${step}`, () => (step === 0 ? STABLE_SHAPE : shapeOf(scaledTail('all', 1.05 ** step))));
}

/** A cache in front of something ten times as slow. */
function missing(share: number): Shape {
  const rounded = Math.round(200 * share) / 200;
  const tail = (ms: number, medianMs: number) => normalTail(Math.log(ms / medianMs) / 0.4);
  return cached(`missing ${rounded}`, () => shapeOf((ms) => (1 - rounded) * tail(ms, 10) + rounded * tail(ms, 100)));
}

function cached(name: string, make: () => Shape): Shape {
  const shape = shapes.get(name) ?? make();
  shapes.set(name, shape);
  return shape;
}

const COLD: readonly Course[] = [
  { name: '1 + 4 exp(-t/60 s) times slower', latency: (ms) => slower(1 + 4 * Math.exp(-ms / 60_000)) },
  { name: '3 times slower, less and less over 3 min', latency: (ms) => slower(1 + 2 * Math.max(0, 1 - ms / 180_000)) },
  { name: '3 % errors for 45 s', errors: (ms) => (ms < 45_000 ? 0.03 : BASE) },
  {
    name: 'a cache that fills for 10 min',
    latency: (ms) => missing(0.1 + 0.3 * Math.exp(-ms / 120_000)),
    stable: missing(0.1),
  },
];

/** The state machine of the product on virtual time, one look a block: only the store and the sockets are missing. */
function rollOut(random: Random, policy: Policy, course: Course): Outcome {
  let rollout = begin(startedEvent(policy), 0);
  let evidence = noEvidence(policy, 0);
  let stepBacks = 0;
  let failed = 0;
  let slow = 0;
  const since = () => rollout.stageEnteredAt;
  const scenario: Scenario = {
    ...errorsOnly({
      blockMs: LOOK_MS,
      rate: 100,
      weight: 0,
      errors: (ms) => [BASE, course.errors?.(ms - since()) ?? BASE],
    }),
    latency: {
      canary: (ms) => course.latency?.(ms - since()) ?? course.stable ?? STABLE_SHAPE,
      ...(course.stable ? { stable: course.stable } : {}),
      drift: 'none',
    },
  };
  const stream = openStream(random, scenario);
  const pod = course.pod && { ...course.pod, stream: openStream(random, podScenario(course.pod, since)) };
  move({ kind: 'preflightPassed' }, 0);
  for (let at = -HISTORY_BLOCKS * LOOK_MS; at < 0; at += LOOK_MS) observe(stream.next(at, 0, 1), at + LOOK_MS);
  move({ kind: 'internalPassed', reason: '' }, 0);
  let at = 0;
  for (; at < LONGEST_MS && !isEnded(rollout); at += LOOK_MS) {
    const order = orderFor(rollout);
    const { canaryBps } = rampedWeight(order, at - (order.ramp?.since ?? 0));
    const block = blockAt(at, canaryBps);
    count(block);
    observe(block, at + LOOK_MS);
    const event = decide(rollout, evidence, { at: at + LOOK_MS, braked: null, preflightFailure: null });
    if (event?.kind === 'canarySteppedBack') stepBacks += 1;
    if (event !== null) {
      if (event.kind === 'canaryJudgedHarmful') {
        return { end: 'rolled-back', stageMs: at + LOOK_MS - since(), ms: at + LOOK_MS, stepBacks, failed, slow };
      }
      move(event, at + LOOK_MS);
    }
  }
  return { end: rollout.stage.kind, stageMs: at - since(), ms: at, stepBacks, failed, slow };

  function blockAt(from: number, canaryBps: number): Block {
    const weight = canaryBps / WHOLE_BPS;
    const joinedAt = since() + JOINS_AFTER_MS;
    if (pod === undefined || from < joinedAt || weight === 1) return stream.next(from, weight, rollout.splitEpoch);
    const rest = { ...stream.next(from, weight * (1 - POD_PART), rollout.splitEpoch), canaryBps };
    const { canary: tally } = pod.stream.next(from, weight * POD_PART, rollout.splitEpoch);
    if (tally === null) throw new Error('the pod has a tally');
    const until = joinedAt + policy.spec.judge.warmUp;
    const isYoung = pod.young === 'apart' && from > joinedAt && from < until;
    if (!isYoung) return { ...rest, canary: addTallies(rest.canary, tally) };
    return { ...rest, young: { canary: { addresses: ['10.0.0.4'], count: 1, until, tally } } };
  }

  function move(event: Parameters<typeof transition>[1], when: number): void {
    const moved = transition(rollout, event, { at: when, actor: SERIN, reason: '' });
    if (moved.kind === 'refused') throw new Error(moved.reason);
    rollout = moved.rollout;
    evidence = resetEvidence(evidence, moved.evidence, rollout, when);
  }

  function observe(block: Block, when: number): void {
    const step = stepContext(rollout, evidence.appliedAt);
    const input = { at: when, blocks: [block], unusable: null, skippedChecks: [] };
    const seen = step && look(policy, evidence.judge, { ...input, step });
    evidence = evidenceAfterLook(rollout, evidence, {
      at: when,
      tickMs: LOOK_MS,
      stepMs: 0,
      look: seen,
      blocks: [block],
      cursor: null,
      applied: true,
    });
  }

  function count({ canary, stable }: Block): void {
    if (canary === null || stable === null) return;
    failed += canary.errors - BASE * canary.requests;
    const [ours, theirs] = [slowIn(canary), slowIn(stable)];
    if (theirs.answers > 0) slow += ours.slow - (ours.answers * theirs.slow) / theirs.answers;
  }
}

function podScenario({ errors, latency }: Pod, since: () => number): Scenario {
  const age = (ms: number) => ms - since() - JOINS_AFTER_MS;
  return {
    ...errorsOnly({ blockMs: LOOK_MS, rate: 100, weight: 0, errors: (ms) => [BASE, errors(age(ms))] }),
    latency: { canary: (ms) => latency(age(ms)), drift: 'none' },
  };
}

function slowIn({ latency }: Tally): { readonly answers: number; readonly slow: number } {
  const from = bucketOf(1.1 * BASE_P99_MS);
  const counts = Object.entries(latency).map(([bucket, answers]) => ({ isSlow: Number(bucket) > from, answers }));
  const sum = (some: typeof counts) => some.reduce((total, { answers }) => total + answers, 0);
  return { answers: sum(counts), slow: sum(counts.filter(({ isSlow }) => isSlow)) };
}

function policyWith(bench: Bench, warmUp: string): Policy {
  const weights = bench.size === 'full' ? ['1%', '10%', '50%'] : ['10%', '50%'];
  return judgePolicy({
    internal: { requests: 0 },
    steps: weights.map((weight) => ({ weight, dwell: '1m' })),
    bake: { dwell: '1m' },
    judge: { block: '5s', warmUp },
  });
}

function outcomesOf(bench: Bench, row: number, cell: number, course: Course, warmUp = '4m'): readonly Outcome[] {
  const count = streams(bench, { tiny: 1, quick: 3, full: 12 });
  const policy = policyWith(bench, warmUp);
  return Array.from({ length: count }, (_, i) => rollOut(randomOf(bench, row, cell, i), policy, course));
}

const meanOf = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;

/** A canary that is cold after each increase. */
export function coldStarts(bench: Bench): Row {
  const courses = bench.size === 'tiny' ? COLD.slice(0, 1) : COLD;
  const cells = courses.map((course, at): Cell => {
    const outcomes = outcomesOf(bench, 33, at, course);
    const promoted = outcomes.filter(({ end }) => end === 'finalised');
    const hurt = `beyond the stable’s ${meanOf(outcomes, ({ failed }) => failed).toFixed(0)} failed, ${meanOf(outcomes, ({ slow }) => slow).toFixed(0)} slow`;
    const back = `went back ${meanOf(outcomes, ({ stepBacks }) => stepBacks).toFixed(1)} times`;
    return {
      setting: course.name,
      streams: outcomes.length,
      figure: promoted.length / outcomes.length,
      note: `${back}, ${hurt}, took ${minutes(meanOf(outcomes, ({ ms }) => ms))}`,
    };
  });
  const least = Math.min(...cells.map(({ figure }) => figure ?? 0));
  return {
    id: 'J33',
    scenario: 'cold after each increase of the weight, 100/s',
    measures: 'share promoted',
    target: 'all',
    measured: `${percent(least)} at least`,
    passed: least === 1,
    cells,
  };
}

/** The same rollout of a canary that is never cold. */
export function neverCold(bench: Bench): Row {
  const outcomes = outcomesOf(bench, 34, 0, { name: 'identical versions' });
  const promoted = outcomes.filter(({ end }) => end === 'finalised').length;
  const stepBacks = outcomes.reduce((sum, outcome) => sum + outcome.stepBacks, 0);
  return {
    id: 'J34',
    scenario: 'identical versions with a warm-up after each increase',
    measures: 'share that went back to the weight before',
    target: '0, and all promoted',
    measured: `${stepBacks} went back, ${promoted} of ${outcomes.length} promoted`,
    passed: stepBacks === 0 && promoted === outcomes.length,
    cells: [
      {
        setting: 'identical versions',
        streams: outcomes.length,
        figure: stepBacks / outcomes.length,
        note: `took ${minutes(meanOf(outcomes, ({ ms }) => ms))}`,
      },
    ],
  };
}

/** A canary that fails every request from the first on: without warm-up and ramp it is out sooner, and hurts more users. */
export function crash(bench: Bench): Row {
  const course: Course = { name: 'every request fails', errors: () => 1 };
  const outcomes = outcomesOf(bench, 35, 0, course);
  const without = outcomesOf(bench, 35, 0, course, '0s');
  const latest = Math.max(...outcomes.map(({ stageMs }) => stageMs)) / 1_000;
  const hurt = meanOf(outcomes, ({ failed }) => failed);
  const hurtWithout = meanOf(without, ({ failed }) => failed);
  const isOut = [...outcomes, ...without].every(({ end }) => end === 'rolled-back');
  return {
    id: 'J35',
    scenario: 'a crash from the start, 100/s',
    measures: 'seconds until rolled back, at most',
    target: '< 60 s, with fewer users hurt than without warm-up and ramp',
    measured: `${latest} s, ${hurt.toFixed(0)} hurt against ${hurtWithout.toFixed(0)}`,
    passed: isOut && latest < 60 && hurt < hurtWithout,
    cells: [
      { setting: course.name, streams: outcomes.length, figure: latest, note: `${hurt.toFixed(0)} hurt on average` },
    ],
  };
}

/** A canary that stays worse is out for certain, after minutes: the price of patience with cold ones. */
export function worseForGood(bench: Bench): Row {
  const courses: readonly (Course & { readonly withinMs: number })[] = [
    { name: '5 % errors', errors: () => 0.05, withinMs: 15 * 60_000 },
    { name: 'twice as slow', latency: () => slower(2), withinMs: 15 * 60_000 },
    { name: '1 % errors', errors: () => 0.01, withinMs: 45 * 60_000 },
  ];
  const cells = (bench.size === 'tiny' ? courses.slice(0, 1) : courses).map((course, at) => {
    const outcomes = outcomesOf(bench, 36, at, course);
    const out = outcomes.filter(({ end }) => end === 'rolled-back').length;
    const latest = Math.max(...outcomes.map(({ ms }) => ms));
    const hurt = `beyond the stable’s ${meanOf(outcomes, ({ failed }) => failed).toFixed(0)} failed`;
    const cell: Cell = {
      setting: course.name,
      streams: outcomes.length,
      figure: latest / 60_000,
      note: `rolled back ${percent(out / outcomes.length)}, ${hurt}, on average ${minutes(meanOf(outcomes, ({ ms }) => ms))}`,
    };
    return { cell, passed: out === outcomes.length && latest <= course.withinMs };
  });
  return {
    id: 'J36',
    scenario: 'worse for good, from the first increase on, 100/s',
    measures: 'minutes until rolled back, at most',
    target: 'all rolled back: within 15 min, 1 % errors within 45 min',
    measured: cells.map(({ cell }) => `${cell.setting} ${(cell.figure ?? 0).toFixed(1)} min`).join(', '),
    passed: cells.every(({ passed }) => passed),
    cells: cells.map(({ cell }) => cell),
  };
}

const COLD_POD: Omit<Pod, 'young'> = {
  errors: (ms) => (ms < 45_000 ? 0.03 : BASE),
  latency: (ms) => slower(1 + 4 * Math.exp(-ms / 60_000)),
};

/** One of four pods of the canary joins ten minutes after its step began. */
export function joiningPods(bench: Bench): Row {
  const policy = judgePolicy({
    internal: { requests: 0 },
    steps: [{ weight: '50%', dwell: '20m' }],
    bake: { dwell: '1m' },
    judge: { block: '5s', warmUp: '4m' },
  });
  const count = streams(bench, { tiny: 1, quick: 3, full: 12 });
  const outcomesWith = (cell: number, name: string, pod: Pod) =>
    Array.from({ length: count }, (_, i) => rollOut(randomOf(bench, 53, cell, i), policy, { name, pod }));
  const cold = outcomesWith(0, 'cold', { ...COLD_POD, young: 'apart' });
  const counted = outcomesWith(1, 'cold, counted', { ...COLD_POD, young: 'with-the-rest' });
  const dead = outcomesWith(2, 'dead', { ...COLD_POD, errors: () => 1, young: 'apart' });
  const promoted = (outcomes: readonly Outcome[]) =>
    outcomes.filter(({ end }) => end === 'finalised').length / outcomes.length;
  const isOut = dead.every(({ end }) => end === 'rolled-back');
  const latest = Math.max(...dead.map(({ stageMs }) => stageMs - JOINS_AFTER_MS)) / 60_000;
  return {
    id: 'J53',
    scenario: 'one of four pods of the canary joins 10 min into a step at 50 %, 100/s',
    measures: 'share promoted; minutes until a pod that fails always is found, at most',
    target: 'cold: all promoted; fails always: rolled back within 2 min',
    measured: `${percent(promoted(cold))} promoted; found in ${latest.toFixed(1)} min`,
    passed: promoted(cold) === 1 && isOut && latest <= 2,
    cells: [
      {
        setting: 'up to 5 times slower, 3 % errors for 45 s',
        streams: count,
        figure: promoted(cold),
        note: 'share promoted, its answers kept apart',
      },
      {
        setting: 'the same, without an age',
        streams: count,
        figure: promoted(counted),
        note: 'share promoted, its answers counted with the rest: no target',
      },
      {
        setting: 'every request fails',
        streams: count,
        figure: latest,
        note: `minutes since it joined, ${meanOf(dead, ({ failed }) => failed).toFixed(0)} failed on average in the other pods`,
      },
    ],
  };
}
