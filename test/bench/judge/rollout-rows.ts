import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { Verdict } from '../../../src/judge/verdict.ts';
import type { Random } from '../../support/random.ts';
import { type Bench, type Cell, percent, policyOf, type Row, randomOf, streams } from './experiment.ts';
import { errorsOnly } from './null-rows.ts';
import { type Part, type Shape, scaledTail, shapeOf } from './shape.ts';
import { drifting, openStream, type Scenario, STABLE_SHAPE } from './traffic.ts';

const LOOK_MS = 30_000;
const WEIGHTS: readonly number[] = [0.01, 0.1, 0.5];
const HISTORY_BLOCKS = 20;

type End = 'promoted' | 'rolled-back' | 'undecided';

interface EndToEnd {
  readonly name: string;
  readonly wrong: End;
  readonly behaviour: Pick<Scenario, 'errors' | 'latency' | 'clumpMean'>;
}

const slower = (part: Part, factor: number): Shape => shapeOf(scaledTail(part, factor));
const withLatency = (canary: Shape, drift: 'none' | 'common' = 'common') => ({ canary: () => canary, drift });
const drifted = (ms: number): readonly [number, number] => [drifting(2e-3, ms), drifting(2e-3, ms)];
const worse =
  (factor: number) =>
  (ms: number): readonly [number, number] => [drifting(2e-3, ms), factor * drifting(2e-3, ms)];

const SCENARIOS: readonly EndToEnd[] = [
  healthy('healthy, no drift', { errors: () => [2e-3, 2e-3], latency: withLatency(STABLE_SHAPE, 'none') }),
  healthy('healthy, drift', { errors: drifted, latency: withLatency(STABLE_SHAPE) }),
  healthy('healthy, a little better', { errors: worse(0.8), latency: withLatency(slower('all', 0.95)) }),
  healthy('healthy, common bursts', {
    errors: (ms) => (ms > 0 && ms % 1_200_000 < 60_000 ? [0.06, 0.06] : [2e-3, 2e-3]),
    latency: withLatency(STABLE_SHAPE),
  }),
  bad('errors 5x', { errors: worse(5), latency: withLatency(STABLE_SHAPE) }),
  bad('errors 20x', { errors: worse(20), latency: withLatency(STABLE_SHAPE) }),
  bad('every answer fails', { errors: (ms) => [drifting(2e-3, ms), 1], latency: withLatency(STABLE_SHAPE) }),
  bad('latency x1.5', { errors: drifted, latency: withLatency(slower('all', 1.5)) }),
  bad('latency x2 of the bulk', { errors: drifted, latency: withLatency(slower('body', 2)) }),
  bad('latency x2 of the tail', { errors: drifted, latency: withLatency(slower('tail', 2)) }),
];

export function endToEnd(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 2, full: 60 });
  const rates = bench.size === 'tiny' ? [1_000] : [100, 1_000];
  const cells: Cell[] = [];
  let wrong = 0;
  let open = 0;
  for (const { name, wrong: mistake, behaviour } of SCENARIOS) {
    for (const rate of rates) {
      const scenario: Scenario = {
        ...errorsOnly({ blockMs: LOOK_MS, rate, weight: 0, errors: behaviour.errors }),
        ...behaviour,
      };
      const ends = Array.from({ length: count }, (_, i) =>
        rollOut(randomOf(bench, 15, cells.length, i), scenario, bench.size === 'tiny' ? 30 : 960),
      );
      const mistaken = ends.filter((end) => end === mistake).length;
      const undecided = ends.filter((end) => end === 'undecided').length;
      wrong += mistaken;
      open += undecided;
      const note = `promoted ${percent(ends.filter((end) => end === 'promoted').length / count)}, undecided ${percent(undecided / count)}`;
      cells.push({ setting: `${name}, ${rate}/s`, streams: count, figure: mistaken / count, note });
    }
  }
  return {
    id: 'J15',
    scenario: 'end to end: 1 %, 10 %, 50 %',
    measures: 'share of wrong outcomes (healthy rolled back, bad promoted)',
    target: '0',
    measured: `${wrong} of ${count * cells.length}, ${open} undecided after 8 h a step`,
    passed: wrong === 0,
    cells,
  };
}

/** The state is written out and read in again at every look. */
export function restarts(bench: Bench): Row {
  const count = streams(bench, { tiny: 1, quick: 4, full: 20 });
  const cells = SCENARIOS.slice(3, 6).map(({ name, behaviour }, cell): Cell => {
    const scenario: Scenario = {
      ...errorsOnly({ blockMs: LOOK_MS, rate: 100, weight: 0, errors: behaviour.errors }),
      ...behaviour,
    };
    let different = 0;
    for (let i = 0; i < count; i += 1) {
      const kept: string[] = [];
      const restored: string[] = [];
      const looks = bench.size === 'tiny' ? 20 : 60;
      rollOut(randomOf(bench, 16, cell, i), scenario, looks, (verdict) => kept.push(JSON.stringify(verdict)));
      rollOut(
        randomOf(bench, 16, cell, i),
        scenario,
        looks,
        (verdict) => restored.push(JSON.stringify(verdict)),
        (state) => JSON.parse(JSON.stringify(state)) as JudgeState,
      );
      if (kept.length !== restored.length || kept.some((verdict, at) => verdict !== restored[at])) different += 1;
    }
    return { setting: name, streams: count, figure: different / count };
  });
  const different = cells.reduce((sum, { figure }) => sum + (figure ?? 1), 0);
  return {
    id: 'J16',
    scenario: 'restart after every look',
    measures: 'share of streams with a verdict that differs in any figure',
    target: '0, bit for bit',
    measured: different === 0 ? 'identical' : 'different',
    passed: different === 0,
    cells,
  };
}

function rollOut(
  random: Random,
  scenario: Scenario,
  blocksPerStep: number,
  watch: (verdict: Verdict) => void = () => undefined,
  restart: (state: JudgeState) => JudgeState = (state) => state,
): End {
  const policy = policyOf(LOOK_MS);
  const stream = openStream(random, scenario);
  let state = openJudgement(policy);
  let at = -HISTORY_BLOCKS * LOOK_MS;
  const inside: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: at };
  while (at < 0) feed(inside, 0);
  for (const [index, weight] of WEIGHTS.entries()) {
    const position = index === 0 ? 'first' : index === WEIGHTS.length - 1 ? 'last' : 'middle';
    const step: StepContext = { kind: 'weight', index, position, splitEpoch: index + 2, appliedAt: at };
    let blocks = 0;
    for (;;) {
      const { name } = feed(step, weight);
      if (name === 'harmful') return 'rolled-back';
      if (name === 'at-parity') break;
      blocks += 1;
      if (blocks >= blocksPerStep) return 'undecided';
    }
  }
  return 'promoted';

  function feed(step: StepContext, weight: number): Verdict {
    const block = stream.next(at, weight, step.splitEpoch);
    at += LOOK_MS;
    const result = look(policy, state, { at, blocks: [block], unusable: null, step, skippedChecks: [] });
    state = restart(result.state);
    watch(result.verdict);
    return result.verdict;
  }
}

function healthy(name: string, behaviour: EndToEnd['behaviour']): EndToEnd {
  return { name, wrong: 'rolled-back', behaviour };
}

function bad(name: string, behaviour: EndToEnd['behaviour']): EndToEnd {
  return { name, wrong: 'promoted', behaviour };
}
