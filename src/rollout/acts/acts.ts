import { allNames, isSkipped, termsOf } from '../../parity/each-check.ts';
import type { LoadedPolicy } from '../../policy/read.ts';
import type { Happening } from '../event.ts';
import { justAsked, ordered } from '../eyes/asked.ts';
import { refused, type Transition, type TransitionContext } from '../move.ts';
import type { NeedsOld } from '../needs/old-version.ts';
import { closedGates, currentStep, nextStage, requiredGates } from '../plan.ts';
import type { RolloutRecord } from '../record.ts';
import { isEnded, stageName } from '../state.ts';
import { transition } from '../transition.ts';
import { type Deed, eventOf, rebasedOn, VERBS, type Verb } from './deed.ts';

/** A verb, and the sentence by which it would be refused now; null if it would be taken. */
export interface Act {
  readonly verb: Verb;
  readonly refused: string | null;
  /** Whether it would only be asked for, because the policy takes a second person for it. */
  readonly secondPerson: boolean;
}

/** What a verb depends on beside the rollout. */
export interface Surroundings {
  /** Database time, epoch ms. */
  readonly at: number;
  /** Who still needs the old version. */
  readonly needsOld?: NeedsOld;
  /** The rollout's policy as its file has it now, or why it cannot be read. */
  readonly policy: LoadedPolicy | { readonly refused: string };
  /** Why the canary of an ended rollout cannot be started again, before anybody asks the canary and the sources; null if nothing is in the way. */
  readonly startRefused: string | null;
  /** What the gateway has done and the database has not recorded, which comes first; null for nothing. */
  readonly owed: Happening | null;
}

export const STILL_RUNS = 'it still runs; only an ended rollout can be tried again';

const AN_HOUR_MS = 3_600_000;

/**
 * Every verb, tried through the transition. One that takes something is tried with what a person would most likely give it:
 *
 * - `advance`: the next stage. `promote`: with the bake, and in the bake without it; never as a repair.
 * - `weight`: half of the present weight; where that is 0 %, the weight of the step. `extend`: an hour.
 * - `skip`: the check that the verdict rests on, else the first that is not skipped. `gate`: the first that is closed.
 * - `rebase`: the policy as its file has it. `retry`: as far as it is refused before the canary and the sources are asked.
 */
export function actsOf(record: RolloutRecord, around: Surroundings): readonly Act[] {
  const { at, needsOld, owed } = around;
  const present = owed === null ? record : { ...record, rollout: afterOwed(record.rollout, owed) };
  const actor = { name: '', role: 'operator' } as const;
  const context: TransitionContext = { at, actor, reason: '', ...(needsOld ? { needsOld } : {}) };
  return VERBS.map((verb) => {
    // A retry goes by what is recorded.
    const of = verb === 'retry' ? record : present;
    const tried = tryDeed(of, likelyDeed(verb, of), around, context);
    if (tried === null) return { verb, refused: null, secondPerson: false };
    if (tried.kind === 'refused') return { verb, refused: tried.reason, secondPerson: false };
    return { verb, refused: null, secondPerson: justAsked(tried.rollout) !== null };
  });
}

function afterOwed(
  rollout: RolloutRecord['rollout'],
  { event, at, actor, reason }: Happening,
): RolloutRecord['rollout'] {
  const moved = transition(rollout, event, { at, actor, reason });
  return moved.kind === 'moved' ? moved.rollout : rollout;
}

/** Null for a `retry` that is not refused: it begins another rollout. */
function tryDeed(
  { rollout }: RolloutRecord,
  deed: Deed,
  { policy, startRefused }: Surroundings,
  context: TransitionContext,
): Transition | null {
  switch (deed.verb) {
    case 'retry':
      if (!isEnded(rollout)) return refused(STILL_RUNS);
      return startRefused === null ? null : refused(startRefused);
    case 'rebase':
      // The file is read before anything else.
      return 'refused' in policy
        ? refused(policy.refused)
        : transition(rollout, ordered(rollout, rebasedOn(policy), context.at), context);
    default:
      return transition(rollout, ordered(rollout, eventOf(deed), context.at), context);
  }
}

/** A verb as a person would most likely mean it now. */
export function likelyDeed(verb: Verb, record: RolloutRecord): Deed {
  const { rollout } = record;
  switch (verb) {
    case 'advance': {
      const next = nextStage(rollout);
      return { verb, to: next ? stageName(next) : '' };
    }
    case 'promote':
      return { verb, full: rollout.stage.kind === 'bake', repair: false };
    case 'weight':
      return { verb, canaryBps: Math.floor(rollout.canaryBps / 2) || likelyWeight(record) };
    case 'extend':
      return { verb, byMs: AN_HOUR_MS };
    case 'skip':
      return { verb, check: likelyCheck(record) };
    case 'gate':
      return { verb, gate: closedGates(rollout)[0] ?? requiredGates(rollout)[0] ?? '' };
    default:
      return { verb };
  }
}

function likelyWeight({ rollout }: RolloutRecord): number {
  const step = currentStep(rollout);
  return rollout.canaryBps === 0 && step && 'weight' in step ? step.weight : 0;
}

function likelyCheck({ rollout, evidence }: RolloutRecord) {
  const { policy, skippedChecks } = rollout;
  const blamed = evidence.verdict?.leads ?? evidence.verdict?.worst ?? null;
  const declared = allNames()
    .flatMap(({ listed }) => listed)
    .filter((name) => termsOf(policy, name) !== null);
  const open = [...(blamed === null ? [] : [blamed]), ...declared].filter(
    (name) => !isSkipped(policy, name, skippedChecks),
  );
  return open[0] ?? declared[0] ?? 'errors';
}
