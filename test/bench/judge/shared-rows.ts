import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { decide } from '../../../src/rollout/decide.ts';
import { SERIN } from '../../../src/rollout/event.ts';
import { type Evidence, evidenceAfterLook, noEvidence, resetEvidence } from '../../../src/rollout/evidence.ts';
import { stepContext } from '../../../src/rollout/plan.ts';
import type { Rollout } from '../../../src/rollout/state.ts';
import { transition } from '../../../src/rollout/transition.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';
import { GAMMA } from '../../../src/stats/latency/log-histogram.ts';
import { judgePolicy } from '../../support/judge-policy.ts';
import type { Random } from '../../support/random.ts';
import { binomialCount, poissonCount } from '../../support/random-counts.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';
import { NO_TALLY } from '../../support/simulated-traffic.ts';
import { type Bench, type Cell, percent, type Row, randomOf, streams } from './experiment.ts';
import { sampleLatency } from './shape.ts';
import { openStream, STABLE_SHAPE } from './traffic.ts';

const BLOCK_MS = 5_000;
const MINUTE_MS = 60_000;
const HISTORY_MS = 600_000;

/** What both versions do at a time, in ms since the canary began, when the canary has a share of the traffic. */
interface World {
  readonly rate: number;
  readonly errors: (ms: number, weight: number) => readonly [stable: number, canary: number];
  /** How many times slower than usual. */
  readonly slow?: (ms: number, weight: number) => readonly [stable: number, canary: number];
}

const BASE = 1e-3;
const during = (from: number, to: number, value: number, otherwise: number) => (ms: number) =>
  ms >= from && ms < to ? value : otherwise;
const both = (value: number): readonly [number, number] => [value, value];

/** Beside the stable a guard asks that the canary be worse than it. */
export function guardsBeside(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 10, full: 100 });
  const policy = judgePolicy({
    steps: [{ weight: '10%', dwell: '1h' }],
    guards: { errors: '5%' },
    judge: { block: '5s' },
  });
  const onset = 10 * MINUTE_MS;
  const span = bench.size === 'tiny' ? 15 * MINUTE_MS : 30 * MINUTE_MS;
  const outage = during(onset, onset + MINUTE_MS, 0.3, BASE);
  const settings: readonly (readonly [string, World['errors'], withinMs: number | null])[] = [
    ['both at 30 % for 60 s', (ms) => both(outage(ms)), null],
    ['both at 8 % always', () => both(0.08), null],
    ['both at 30 % always', () => both(0.3), null],
    ['canary alone at 12 %', (ms) => [BASE, ms >= onset ? 0.12 : BASE], 100_000],
    ['both at 30 %, canary at 90 %', (ms) => [outage(ms), ms >= onset ? 0.9 : BASE], 60_000],
  ];
  const cells = settings.map(([setting, errors, withinMs], cell): Cell => {
    const after = Array.from({ length: count }, (_, i) => {
      const found = judged(
        randomOf(bench, 37, cell, i),
        policy,
        { rate: 100, errors },
        span,
        (verdict) => verdict.name === 'harmful',
      );
      return found === null ? null : found - onset;
    });
    const wrong = after.filter((ms) => (withinMs === null ? ms !== null : ms === null || ms > withinMs)).length;
    const note = withinMs === null ? 'rolled back' : `found at ${seconds(after)}; target ${withinMs / 1_000} s`;
    return { setting, streams: count, figure: wrong / count, note };
  });
  return {
    id: 'J37',
    scenario: 'guards where the stable serves as well, limit 5 %',
    measures: 'share of wrong outcomes: blamed for what both do, or a bad canary that is found late',
    target: '0',
    measured: worstOf(cells),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** Both versions become slow together, or nothing happens for days. */
export function sharedSlowness(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 50 });
  const policy = judgePolicy({ steps: [{ weight: '10%', dwell: '1d' }], judge: { block: '5s' } });
  const onset = 10 * MINUTE_MS;
  const end = onset + 5 * MINUTE_MS;
  const settings = [
    { rate: 100, factor: 3, withinMs: 30_000, overMs: 75_000 },
    { rate: 100, factor: 2, withinMs: 40_000, overMs: 75_000 },
    { rate: 10, factor: 3, withinMs: 90_000, overMs: 150_000 },
    { rate: 10, factor: 2, withinMs: 270_000, overMs: 150_000 },
  ];
  const faults = settings.map(({ rate, factor, withinMs, overMs }, cell): Cell => {
    const slow = during(onset, end, factor, 1);
    const world: World = { rate, errors: () => both(BASE), slow: (ms) => both(slow(ms)) };
    const found: (number | null)[] = [];
    let wrong = 0;
    for (let i = 0; i < count; i += 1) {
      let from: number | null = null;
      let to: number | null = null;
      const blamed = judged(randomOf(bench, 38, cell, i), policy, world, end + 3 * MINUTE_MS, ({ name }, at) => {
        if (name === 'shared-fault') from ??= at;
        else if (from !== null) to ??= at;
        return name === 'harmful';
      });
      found.push(from === null ? null : from - onset);
      const inTime = from !== null && from - onset <= withinMs && to !== null && to - end <= overMs;
      if (blamed !== null || !inTime) wrong += 1;
    }
    const note = `found at ${seconds(found)}; targets: found within ${withinMs / 1_000} s, over within ${overMs / 1_000} s of the end`;
    return { setting: `both x${factor}, ${rate}/s`, streams: count, figure: wrong / count, note };
  });
  const worse: World = {
    rate: 100,
    errors: () => both(BASE),
    slow: (ms) => (ms < onset ? both(1) : [3, 6]),
  };
  const away = Array.from({ length: count }, (_, i) => {
    const at = judged(randomOf(bench, 38, 8, i), policy, worse, end, ({ name }) => name === 'harmful');
    return at === null ? null : at - onset;
  });
  const late = away.filter((ms) => ms === null || ms > 60_000).length / count;
  const goes: Cell = {
    setting: 'both x3, canary x2 beside it, 100/s',
    streams: count,
    figure: late,
    note: `rolled back at ${seconds(away)}; target 60 s`,
  };
  const days = { tiny: 0.01, quick: 0.5, full: 12 }[bench.size];
  const alarms = quietDays(randomOf(bench, 38, 9, 0), policy, days);
  const quiet: Cell = { setting: `nothing, ${days} days at 20/s, drift and noise of 10 %`, streams: 1, figure: alarms };
  const cells = [...faults, goes, quiet];
  return {
    id: 'J38',
    scenario: 'both versions become slow together',
    measures: 'share of wrong outcomes: found or cleared late, or somebody blamed; false alarms',
    target: '0',
    measured: worstOf(cells),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** A canary that damages what both depend on, and an outage that merely comes soon after an increase. */
export function interferenceOrOutage(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 8, full: 60 });
  const lengths = { tiny: 20 * MINUTE_MS, quick: 30 * MINUTE_MS, full: 40 * MINUTE_MS };
  const interfering: readonly (readonly [string, World])[] = [
    [
      'canary slows what both use, x(1 + 20w)',
      { rate: 100, errors: () => both(BASE), slow: (_, weight) => both(1 + 20 * weight) },
    ],
    ['canary breaks it, errors + w', { rate: 100, errors: (_, weight) => both(BASE + weight) }],
  ];
  const blamedLate: Cell[] = interfering.map(([setting, world], cell) => {
    const ends = Array.from({ length: count }, (_, i) => rolled(randomOf(bench, 39, cell, i), world, 20 * MINUTE_MS));
    const wrong = ends.filter(
      ({ kinds, ms }) => kinds.at(-1) !== 'interferenceSuspected' || !isSecondTime(kinds) || ms > 12 * MINUTE_MS,
    );
    return {
      setting,
      streams: count,
      figure: wrong.length / count,
      note: `ended at ${seconds(ends.map(({ ms }) => ms))}; target 720 s`,
    };
  });
  const outages = (['errors', 'slow'] as const).map((what, index): Cell => {
    let blamed = 0;
    for (let i = 0; i < count; i += 1) {
      const random = randomOf(bench, 39, 4 + index, i);
      const from = random() * 10 * MINUTE_MS;
      const to = from + (3 + 3 * random()) * MINUTE_MS;
      const isOut = (ms: number) => ms >= from && ms < to;
      const world: World =
        what === 'errors'
          ? { rate: 100, errors: (ms) => both(isOut(ms) ? 0.3 : BASE) }
          : { rate: 100, errors: () => both(BASE), slow: (ms) => both(isOut(ms) ? 3 : 1) };
      if (rolled(random, world, lengths[bench.size]).rollout.stage.kind === 'rolled-back') blamed += 1;
    }
    const setting = `an outage of 3 to 6 min (${what === 'errors' ? 'errors 30 %' : 'x3'}) within 10 min of the increase`;
    return { setting, streams: count, figure: blamed / count, note: 'blamed' };
  });
  const cells = [...blamedLate, ...outages];
  return {
    id: 'J39',
    scenario: 'interference, or an outage that is nobody’s',
    measures: 'share of wrong outcomes: not blamed in 12 min by A-B-A-B, or blamed for an outage',
    target: '0',
    measured: worstOf(cells),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** A stable that fails, beside a canary that mends it. */
export function brokenStable(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 5, full: 40 });
  const length = bench.size === 'tiny' ? 15 * MINUTE_MS : 60 * MINUTE_MS;
  const settings = [
    { rate: 100, share: 1, withinMs: 10_000 },
    { rate: 100, share: 0.7, withinMs: 20_000 },
    { rate: 1, share: 1, withinMs: 40_000 },
  ];
  const cells = settings.map(({ rate, share, withinMs }, cell): Cell => {
    const said: (number | null)[] = [];
    let wrong = 0;
    for (let i = 0; i < count; i += 1) {
      let at: number | null = null;
      const end = rolled(randomOf(bench, 40, cell, i), { rate, errors: () => [share, BASE] }, length, (verdict, ms) => {
        if (verdict.hold?.cause === 'no-baseline') at ??= ms;
      });
      said.push(at);
      const stays = end.rollout.stage.kind === 'step' && end.pages === 1;
      if (!stays || at === null || at > withinMs) wrong += 1;
    }
    const note = `said at ${seconds(said)}; target ${withinMs / 1_000} s`;
    return { setting: `stable fails ${percent(share)}, ${rate}/s`, streams: count, figure: wrong / count, note };
  });
  return {
    id: 'J40',
    scenario: 'the stable is broken, the canary is well',
    measures: 'share of streams in which it is said late, paged not once, or promoted or rolled back',
    target: '0',
    measured: worstOf(cells),
    passed: cells.every(({ figure }) => figure === 0),
    cells,
  };
}

/** Looks one by one until `stop`, at 10 %; the time at which it stopped. */
function judged(
  random: Random,
  policy: Policy,
  world: World,
  lengthMs: number,
  stop: (verdict: Verdict, ms: number) => boolean,
): number | null {
  const step: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 2, appliedAt: 0 };
  let state = withHistory(random, policy, world);
  for (let ms = 0; ms < lengthMs; ms += BLOCK_MS) {
    const blocks = [blockAt(random, world, ms, 0.1, 2)];
    const at = ms + BLOCK_MS;
    const seen = look(policy, state, { at, blocks, unusable: null, step, skippedChecks: [] });
    state = seen.state;
    if (stop(seen.verdict, at)) return at;
  }
  return null;
}

interface Rolled {
  readonly rollout: Rollout;
  readonly kinds: readonly string[];
  readonly pages: number;
  /** Until it ended; the whole length if it did not. */
  readonly ms: number;
}

/** A rollout that has just entered its first step of 10 %, by the state machine. */
function rolled(
  random: Random,
  world: World,
  lengthMs: number,
  watch: (verdict: Verdict, ms: number) => void = () => undefined,
): Rolled {
  const policy = judgePolicy({
    steps: [
      { weight: '10%', dwell: '2h' },
      { weight: '50%', dwell: '2h' },
    ],
    judge: { block: '5s' },
  });
  let rollout = rolloutIn('step-1', policy);
  const began = rollout.increase?.at ?? T0;
  let evidence: Evidence = { ...noEvidence(policy, began), judge: withHistory(random, policy, world, began) };
  const kinds: string[] = [];
  let pages = 0;
  for (let ms = 0; ms < lengthMs; ms += BLOCK_MS) {
    const at = began + ms + BLOCK_MS;
    const block = blockAt(random, world, ms, rollout.canaryBps / 10_000, rollout.splitEpoch, began);
    const step = stepContext(rollout, evidence.appliedAt);
    if (step === null) break;
    const seen = look(policy, evidence.judge, { at, blocks: [block], unusable: null, step, skippedChecks: [] });
    watch(seen.verdict, ms + BLOCK_MS);
    evidence = evidenceAfterLook(rollout, evidence, {
      at,
      tickMs: BLOCK_MS,
      stepMs: 0,
      look: seen,
      blocks: [block],
      cursor: null,
      applied: true,
    });
    const event = decide(rollout, evidence, { at, braked: null, preflightFailure: null });
    if (event === null) continue;
    const moved = transition(rollout, event, { at, actor: SERIN, reason: '' });
    if (moved.kind === 'refused') throw new Error(moved.reason);
    kinds.push(event.kind);
    if (rollout.openPage === null && moved.rollout.openPage !== null) pages += 1;
    evidence = resetEvidence(evidence, moved.evidence, moved.rollout, at);
    rollout = moved.rollout;
    if (rollout.endedAt !== null) return { rollout, kinds, pages, ms: ms + BLOCK_MS };
  }
  return { rollout, kinds, pages, ms: lengthMs };
}

function isSecondTime(kinds: readonly string[]): boolean {
  return ['faultFollowedIncrease', 'faultEndedAfterWithdrawal', 'withdrawnWeightGivenAgain'].every((kind) =>
    kinds.includes(kind),
  );
}

/** What the stable did alone for ten minutes. */
function withHistory(random: Random, policy: Policy, world: World, began = 0): JudgeState {
  const blocks: Block[] = [];
  for (let ms = -HISTORY_MS; ms < 0; ms += BLOCK_MS) blocks.push(blockAt(random, world, ms, 0, 1, began));
  const step: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: began };
  return look(policy, openJudgement(policy), { at: began, blocks, unusable: null, step, skippedChecks: [] }).state;
}

function blockAt(random: Random, world: World, ms: number, weight: number, splitEpoch: number, began = 0): Block {
  const [stableErrors, canaryErrors] = world.errors(ms, weight);
  const [stableSlow, canarySlow] = world.slow?.(ms, weight) ?? [1, 1];
  const mean = (world.rate * BLOCK_MS) / 1_000;
  return {
    startedAt: began + ms,
    durationMs: BLOCK_MS,
    splitEpoch,
    canaryBps: Math.round(weight * 10_000),
    stable: tallyOf(random, mean * (1 - weight), stableErrors, stableSlow),
    canary: weight === 0 ? NO_TALLY : tallyOf(random, mean * weight, canaryErrors, canarySlow),
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
  };
}

function tallyOf(random: Random, mean: number, rate: number, slow: number): Tally {
  const requests = poissonCount(random, mean);
  const errors = binomialCount(random, requests, rate);
  const shift = Math.round(Math.log(slow) / Math.log(GAMMA));
  return { requests, errors, clientErrors: 0, latency: sampleLatency(random, STABLE_SHAPE, requests - errors, shift) };
}

/** Looks that called a fault on a route that has none. */
function quietDays(random: Random, policy: Policy, days: number): number {
  const stream = openStream(random, {
    blockMs: BLOCK_MS,
    requestsPerSecond: 20,
    weight: 0.1,
    errors: () => both(BASE),
    latency: { canary: () => STABLE_SHAPE, drift: 'common' },
    traffic: 'diurnal',
  });
  const step: StepContext = { kind: 'weight', index: 0, position: 'last', splitEpoch: 1, appliedAt: 0 };
  let state = openJudgement(policy);
  let alarms = 0;
  for (let ms = 0; ms < days * 86_400_000; ms += BLOCK_MS) {
    const at = ms + BLOCK_MS;
    const blocks = [stream.next(ms, 0.1, 1)];
    const seen = look(policy, state, { at, blocks, unusable: null, step, skippedChecks: [] });
    state = seen.state;
    if (seen.verdict.name === 'shared-fault') alarms += 1;
  }
  return alarms;
}

function seconds(all: readonly (number | null)[]): string {
  const known = all.flatMap((ms) => ms ?? []).toSorted((left, right) => left - right);
  const median = known[Math.floor((known.length - 1) / 2)];
  const last = known.at(-1);
  if (median === undefined || last === undefined) return 'no time';
  return `${Math.round(median / 1_000)} s (median), ${Math.round(last / 1_000)} s (longest)`;
}

function worstOf(cells: readonly Cell[]): string {
  const worst = Math.max(...cells.map(({ figure }) => figure ?? 1));
  return worst === 0 ? '0' : `${percent(worst)} in the worst cell`;
}
