import { type JudgeState, look, openJudgement, type StepContext } from '../judge/judge.ts';
import type { Finding, Verdict, VerdictName } from '../judge/verdict.ts';
import { shown } from '../policy/fault.ts';
import type { Policy } from '../policy/schema.ts';
import { positionOf } from '../rollout/plan.ts';
import type { Tally } from '../stats/block.ts';
import type { Measured } from './read-block.ts';
import { refuseInput } from './read-value.ts';

/** What the judge says after a block. */
export interface ReplayVerdict {
  readonly verdict: VerdictName;
  readonly reason: string;
  /** End of the block and line number since which the verdict has held; null before the first. */
  readonly decidedAt: string | null;
  readonly line: number | null;
  readonly checks: readonly Finding[];
}

/** A recorded rollout, judged on the record's own time. */
export interface Replay {
  readonly judged: JudgeState;
  /** The last block's place in the rollout; null before the first. */
  readonly context: (StepContext & { readonly canaryBps: number; readonly step: number }) | null;
  readonly lastAt: number | null;
  readonly answer: ReplayVerdict;
}

const NO_TALLY: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

export function openReplay(policy: Policy): Replay {
  const answer: ReplayVerdict = {
    verdict: 'undecided',
    reason: 'nothing has been measured yet',
    decidedAt: null,
    line: null,
    checks: [],
  };
  return { judged: openJudgement(policy), context: null, lastAt: null, answer };
}

/** One look at one block; throws a `Problem` when the block does not follow the one before it or names an unknown step. */
export function replayBlock(policy: Policy, before: Replay, measured: Measured, line: number): Replay {
  const { at: startedAt, canaryBps, stable, canary, grid, young, series, pairs, logs } = measured;
  if (series !== undefined) refuseUnknown(policy, Object.keys(series));
  if (before.lastAt !== null && startedAt <= before.lastAt) refuseInput('at must be later than in the block before');
  const context = contextOf(policy, before.context, measured);
  const durationMs = policy.spec.judge.block;
  const at = startedAt + durationMs;
  const block = {
    startedAt,
    durationMs,
    splitEpoch: context.splitEpoch,
    canaryBps,
    stable,
    canary,
    forced: { stable: NO_TALLY, canary: NO_TALLY },
    ruled: { stable: NO_TALLY, canary: NO_TALLY },
    ...(grid === undefined ? {} : { grid }),
    ...(young === undefined ? {} : { young }),
    ...(series === undefined ? {} : { series }),
    ...(pairs === undefined ? {} : { pairs }),
    ...(logs === undefined ? {} : { logs }),
  };
  const { kind, index, position, splitEpoch, appliedAt } = context;
  const step: StepContext = { kind, index, position, splitEpoch, appliedAt };
  const { state, verdict } = look(policy, before.judged, {
    at,
    blocks: [block],
    unusable: null,
    step,
    skippedChecks: [],
  });
  return { judged: state, context, lastAt: startedAt, answer: answerOf(before.answer, verdict, at, line) };
}

function refuseUnknown(policy: Policy, names: readonly string[]): void {
  const known = Object.keys(policy.spec.checks.queries);
  for (const name of names) {
    if (known.includes(name)) continue;
    const has = known.length === 0 ? 'the policy has no queries' : `the policy has ${known.join(', ')}`;
    refuseInput(`series has the unknown check ${shown(name)}: ${has}`);
  }
}

// A change of the step or of the weight is a new split, with an epoch of its own.
function contextOf(policy: Policy, before: Replay['context'], measured: Measured): NonNullable<Replay['context']> {
  const { step, canaryBps, at } = measured;
  if (before !== null && before.step === step && before.canaryBps === canaryBps) return before;
  const splitEpoch = (before?.splitEpoch ?? 0) + 1;
  const appliedAt = before !== null && before.step === step ? before.appliedAt : at;
  return { ...stageOf(policy, step), splitEpoch, appliedAt, canaryBps, step };
}

function stageOf(policy: Policy, step: number): Pick<StepContext, 'kind' | 'index' | 'position'> {
  const { steps } = policy.spec;
  if (step === 0) return { kind: 'internal', index: 0, position: 'first' };
  if (step === steps.length + 1) return { kind: 'bake', index: steps.length, position: 'last' };
  const declared = steps[step - 1];
  if (declared === undefined) {
    return refuseInput(
      `step is ${step}, but the policy has ${steps.length} (0 is the internal phase, ${steps.length + 1} the bake)`,
    );
  }
  if ('consumers' in declared) return { kind: 'consumers', index: step - 1, position: 'middle' };
  return { kind: 'weight', index: step - 1, position: positionOf(steps, step - 1) };
}

function answerOf(before: ReplayVerdict, { name, reason, findings }: Verdict, at: number, line: number): ReplayVerdict {
  const since =
    before.line !== null && before.verdict === name
      ? { decidedAt: before.decidedAt, line: before.line }
      : { decidedAt: new Date(at).toISOString(), line };
  return { verdict: name, reason, ...since, checks: findings };
}
