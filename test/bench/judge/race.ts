import { type JudgeState, look, openJudgement, type StepContext } from '../../../src/judge/judge.ts';
import type { CheckName, Verdict } from '../../../src/judge/verdict.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import type { Block } from '../../../src/stats/block.ts';
import type { Random } from '../../support/random.ts';
import { addTally, type Baseline, NOTHING, openRivals, type Rival, type RivalName } from './rivals.ts';
import { openStream, type Scenario } from './traffic.ts';

/** How long a race lasts and who takes part. */
export interface Course {
  readonly policy: Policy;
  readonly scenario: Scenario;
  readonly blocks: number;
  /** Blocks handed over at one look; the verdict of harm is reached in the same block whatever it is. */
  readonly blocksPerLook: number;
  readonly position: StepContext['position'];
  readonly skipped: readonly CheckName[];
  readonly rivals: readonly RivalName[];
  readonly baseline: Baseline;
  /** `harm`: until rolled back. `parity`: until rolled back or at parity. */
  readonly until: 'harm' | 'parity';
  /** The canary's share from a time on, one step each, where it is not the scenario's all the time. */
  readonly ladder?: readonly { readonly fromMs: number; readonly weight: number }[];
  /** Called after each look of the product. */
  readonly watch?: (state: JudgeState, verdict: Verdict, canaryRequests: number) => void;
}

export interface Finish {
  readonly end: 'harmful' | 'at-parity' | 'time-out';
  /** ms since the canary began, and its requests until then. */
  readonly ms: number;
  readonly canaryRequests: number;
  /** The check that the last verdict names. */
  readonly worst: string | null;
  /** ms at which each rival rolled back; null where it did not. */
  readonly rivals: Readonly<Partial<Record<RivalName, number | null>>>;
}

const HISTORY_MS = 600_000;
const MINUTE_MS = 60_000;

/** One stream through the product and the rivals. Before it, the stable has served for ten minutes alone. */
export function race(random: Random, course: Course): Finish {
  const { policy, scenario, blocks: longest, until } = course;
  const { blockMs, weight } = scenario;
  const stream = openStream(random, scenario);
  let state = openJudgement(policy);
  const history = Math.ceil(HISTORY_MS / blockMs);
  const past = Array.from({ length: history }, (_, at) => stream.next((at - history) * blockMs, 0, 1));
  const inside: StepContext = { kind: 'internal', index: 0, position: 'first', splitEpoch: 1, appliedAt: 0 };
  state = look(policy, state, { at: 0, blocks: past, unusable: null, step: inside, skippedChecks: [] }).state;

  const ladder = course.ladder ?? [{ fromMs: 0, weight }];
  const field = openField(course);
  const served: number[] = [];
  let waiting: Block[] = [];
  let requests = 0;
  let finish: Omit<Finish, 'rivals'> | null = null;
  for (let at = 0; at < longest; at += 1) {
    const index = ladder.findLastIndex(({ fromMs }) => fromMs <= at * blockMs);
    const rung = ladder[index] ?? { fromMs: 0, weight };
    const epoch = 2 + index;
    const block = stream.next(at * blockMs, rung.weight, epoch);
    field.observe(block);
    if (finish === null) {
      waiting.push(block);
      requests += block.canary?.requests ?? 0;
      served.push(requests);
      const next = ladder[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      if (waiting.length === course.blocksPerLook || (at + 1) * blockMs >= next || at === longest - 1) {
        const { position } = course;
        const step: StepContext = { kind: 'weight', index, position, splitEpoch: epoch, appliedAt: rung.fromMs };
        const input = { at: (at + 1) * blockMs, blocks: waiting, unusable: null, step, skippedChecks: course.skipped };
        const result = look(policy, state, input);
        waiting = [];
        state = result.state;
        finish = finishOf(result.verdict);
        course.watch?.(state, result.verdict, requests);
      }
    }
    if (finish !== null && field.racing() === 0) break;
  }
  const ended = finish ?? { end: 'time-out', ms: longest * blockMs, canaryRequests: requests, worst: null };
  return { ...ended, rivals: field.finished };

  function finishOf({ name, worst }: Verdict): Omit<Finish, 'rivals'> | null {
    if (name !== 'harmful' && !(name === 'at-parity' && until === 'parity')) return null;
    const ms = state.measuredUntil ?? 0;
    return { end: name, ms, canaryRequests: served[Math.round(ms / blockMs) - 1] ?? requests, worst };
  }
}

function openField({ rivals, baseline, scenario }: Course) {
  let running: readonly Rival[] = openRivals(rivals, baseline);
  const finished: Partial<Record<RivalName, number | null>> = Object.fromEntries(rivals.map((name) => [name, null]));
  let canary = NOTHING;
  let stable = NOTHING;
  let sinceMs = 0;
  return {
    finished,
    racing: () => running.length,
    observe(block: Block) {
      if (running.length === 0) return;
      canary = addTally(canary, block.canary);
      stable = addTally(stable, block.stable);
      sinceMs += scenario.blockMs;
      if (sinceMs < MINUTE_MS) return;
      const over = running.filter((rival) => rival.minute(canary, stable));
      for (const { name } of over) finished[name] = block.startedAt + scenario.blockMs;
      running = running.filter((rival) => !over.includes(rival));
      canary = NOTHING;
      stable = NOTHING;
      sinceMs = 0;
    },
  };
}
