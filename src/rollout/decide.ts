import type { Verdict } from '../judge/verdict.ts';
import { formatDuration } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { PulledBrake } from '../split/order.ts';
import { brakedBy, type MachineEvent } from './event.ts';
import { asOfNow, type Evidence } from './evidence.ts';
import { whatFailed, whyRefused } from './forced.ts';
import { interference } from './interference.ts';
import { whatInternalSays, whatIsAwaited, whyCheckRefuses } from './internal.ts';
import { consumerHarm } from './needs/consumer-harm.ts';
import { stageNeeds } from './needs/stage-needs.ts';
import { heldInstead, onHarm } from './on-harm.ts';
import { wasPaged } from './paged.ts';
import { currentStep, neededDwellMs, undecidedLimitMs } from './plan.ts';
import { silence } from './silence.ts';
import { isEnded, type PagedCause, type Rollout } from './state.ts';
import { steppingBack } from './step-back.ts';

/** What the tick found besides the evidence. */
export interface Facts {
  /** Database time, epoch ms. */
  readonly at: number;
  /** Why the gateway's own brake sent everything to the stable; null if it did not. */
  readonly braked: PulledBrake | null;
  /** Null: every canary address answered. Only read in `preflight`. */
  readonly preflightFailure: string | null;
}

/**
 * At most one event per look: harm first, then stuck rollouts, then advances.
 * No event follows from missing evidence: every advance names the evidence that allows it.
 */
export function decide(rollout: Rollout, evidence: Evidence, facts: Facts): MachineEvent | null {
  if (isEnded(rollout)) return null;
  return comesFirst(rollout, evidence, facts) ?? progress(rollout, evidence, facts);
}

/** What comes before the end of a stage, whatever the stage itself still needs. */
export function comesFirst(rollout: Rollout, evidence: Evidence, facts: Facts): MachineEvent | null {
  return (
    heldInstead(rollout, evidence.verdict, blamed(rollout, evidence, facts), facts.at) ??
    stuck(rollout, evidence, facts) ??
    consumerHarm(rollout, evidence)
  );
}

function blamed(rollout: Rollout, evidence: Evidence, facts: Facts): MachineEvent | null {
  return (
    harm(rollout, evidence, facts) ??
    steppingBack(rollout, evidence, facts.at) ??
    (rollout.policy.spec.dryRun ? null : interference(rollout, evidence, facts.at))
  );
}

function harm(rollout: Rollout, evidence: Evidence, facts: Facts): MachineEvent | null {
  const { kind } = rollout.stage;
  if (facts.braked !== null && kind !== 'preflight') return brakedBy(facts.braked);
  const { verdict } = evidence;
  if (verdict?.name === 'harmful' && (kind === 'step' || kind === 'bake')) {
    return { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict };
  }
  // From mirrored requests: nobody was served by the canary yet.
  if (verdict?.name === 'harmful' && kind === 'internal') {
    return onHarm(rollout, verdict) === 'hold'
      ? { kind: 'canaryJudgedHarmful', reason: verdict.reason, verdict }
      : { kind: 'internalFailed', reason: verdict.reason, verdict };
  }
  const { maxErrors } = rollout.policy.spec.internal;
  if (kind === 'internal' && evidence.forced.errors > maxErrors) {
    return { kind: 'internalFailed', reason: `${whatFailed(evidence.forced)}, ${maxErrors} allowed` };
  }
  if (kind !== 'internal' || rollout.policy.spec.dryRun) return null;
  const refused = whyRefused(evidence.forced);
  if (refused !== null) return { kind: 'internalFailed', reason: refused };
  const reason = whyCheckRefuses(evidence);
  return reason === null || verdict === null ? null : { kind: 'internalFailed', reason, verdict };
}

/** Conditions that only a person can end, reported once per cause. */
function stuck(rollout: Rollout, evidence: Evidence, { at }: Facts): MachineEvent | null {
  const { verdict, blindSince } = evidence;
  const { openPage } = rollout;
  const { after, action } = rollout.policy.spec.blind;
  // A page about a step that does not advance must not keep Serin from acting on blindness.
  if (openPage !== null && openPage !== 'undecided') return null;
  const isBlindKnown = blindSince !== null && wasPaged(rollout, 'blind', blindSince);
  const silent = silence(rollout, evidence);
  // The person who resumed it knows, and it still cannot advance.
  if (silent !== null && (silent.action === 'rollback' || !isBlindKnown)) return silent;
  if (blindSince !== null && at - blindSince >= after) {
    const isTold = isBlindKnown || openPage !== null || isHoldKnown(rollout, evidence);
    if (action === 'rollback' || !(action === 'pause' ? isBlindKnown : isTold)) {
      const reason = `blind for ${formatDuration(after)}: ${verdict?.reason ?? 'no measurement yet'}`;
      return { kind: 'blindTooLong', action, reason };
    }
  }
  const holding = held(rollout, evidence, at);
  if (openPage === null) {
    return holding ?? waitingInternally(rollout, evidence, at) ?? undecided(rollout, evidence, at);
  }
  // Somebody who was told that a stage takes long is told what is wrong with it as well, once that is known.
  const isTold = holding && wasPaged(rollout, holding.cause, asOfNow(rollout.stageEnteredAt, evidence));
  return isTold ? null : holding;
}

type HeldEvent = Extract<MachineEvent, { kind: 'undecidedTooLong' }> & { readonly cause: PagedCause };

/** Evidence that holds the canary, and a route that fails as a whole: a person is asked within minutes. */
function held(rollout: Rollout, evidence: Evidence, at: number): HeldEvent | null {
  const { verdict, suspectSince, faultSince } = evidence;
  if (rollout.paused || verdict === null) return null;
  const { maxHold } = rollout.policy.spec.judge;
  const since = (cause: PagedCause, from: number, limitMs: number): HeldEvent | null => {
    if (at <= from + limitMs || wasPaged(rollout, cause, from)) return null;
    const name = cause.startsWith('hold:') ? 'held' : verdict.name;
    const long = limitMs === 0 ? name : `${name} for longer than ${formatDuration(limitMs)}`;
    return { kind: 'undecidedTooLong', cause, reason: `${long}: ${verdict.reason}` };
  };
  // A fault that followed an increase is answered by taking the increase back first.
  if (verdict.name === 'shared-fault') {
    const isTried = rollout.withdrawal !== null && rollout.withdrawal.phase !== 'over';
    if (faultSince === null || isTried || rollout.policy.spec.dryRun) return null;
    return since('shared-fault', faultSince, maxHold);
  }
  if (!['internal', 'step', 'bake'].includes(rollout.stage.kind)) return null;
  if (verdict.name === 'suspect') return suspectSince === null ? null : since('suspect', suspectSince, maxHold);
  const { hold } = verdict;
  if (hold === undefined || evidence.held?.cause !== hold.cause) return null;
  return since(`hold:${hold.cause}`, evidence.held.since, hold.urgency === 'at-once' ? 0 : maxHold);
}

/** A check that goes on waiting in the internal phase, after every forced request has come: perhaps for what nobody sends. */
function waitingInternally(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { stage, paused, policy } = rollout;
  if (stage.kind !== 'internal' || paused || evidence.forced.requests < policy.spec.internal.requests) return null;
  const awaited = whatIsAwaited(evidence);
  const since = asOfNow(rollout.stageEnteredAt, evidence);
  const limitMs = undecidedLimitMs(rollout);
  if (awaited === null || at <= since + limitMs || wasPaged(rollout, 'undecided', since)) return null;
  const reason = `waiting in the internal phase for longer than ${formatDuration(limitMs)}: ${awaited}`;
  return { kind: 'undecidedTooLong', cause: 'undecided', reason };
}

/** Whether a person was paged for the hold that the verdict rests on. */
function isHoldKnown(rollout: Rollout, { held: hold, verdict }: Evidence): boolean {
  if (!hold || hold.cause !== verdict?.hold?.cause) return false;
  return wasPaged(rollout, `hold:${hold.cause}`, hold.since);
}

function undecided(rollout: Rollout, evidence: Evidence, at: number): MachineEvent | null {
  const { verdict, suspectSince } = evidence;
  const step = currentStep(rollout);
  if (rollout.paused || !step || !('weight' in step)) return null;
  if (verdict?.name !== 'undecided' && verdict?.name !== 'suspect') return null;
  if (verdict.name === 'suspect' && suspectSince !== null && wasPaged(rollout, 'suspect', suspectSince)) return null;
  if (verdict.hold !== undefined && isHoldKnown(rollout, evidence)) return null;
  const limitMs = undecidedLimitMs(rollout);
  // No step is decided before it has lasted as long as the policy requires.
  // Evidence that was begun anew has the same time as a stage.
  const dueAt = Math.max(
    asOfNow(rollout.stageEnteredAt, evidence) + limitMs,
    (evidence.anewAt ?? 0) + limitMs,
    warmedUpAt(rollout, evidence) + rollout.policy.spec.judge.minStep,
  );
  if (at <= dueAt || wasPaged(rollout, 'undecided', dueAt)) return null;
  if (passesByItself(verdict, at, dueAt + limitMs)) return null;
  const reason = `${verdict.name} for longer than ${formatDuration(limitMs)}: ${verdict.reason}`;
  // What holds is paged once, whichever limit it meets first.
  return { kind: 'undecidedTooLong', cause: verdict.hold ? `hold:${verdict.hold.cause}` : 'undecided', reason };
}

/** When the warm-up of the stage is over at the earliest: a canary that goes back warms up there and once more. */
function warmedUpAt({ policy, stepBack }: Rollout, evidence: Evidence): number {
  const { warmUp } = policy.spec.judge;
  return stepBack === undefined ? (evidence.appliedAt ?? 0) + warmUp : asOfNow(stepBack.at, evidence) + 2 * warmUp;
}

/** Whether the judge expects parity, at the present traffic, before twice the limit. An estimate; it waits that long. */
function passesByItself({ name, forecast }: Verdict, at: number, latestAt: number): boolean {
  if (name !== 'undecided' || !forecast?.parity) return false;
  return at + forecast.parity.highMs <= latestAt;
}

/** The end of the stage, once everything that it needs is there. */
function progress(rollout: Rollout, evidence: Evidence, { preflightFailure }: Facts): MachineEvent | null {
  const [lacks, ...others] = stageNeeds(rollout, evidence, preflightFailure).filter(({ met }) => !met);
  if (lacks === undefined) return endOfStage(rollout, evidence);
  if (preflightFailure !== null && rollout.stage.kind === 'preflight') {
    return { kind: 'preflightRefused', reason: preflightFailure };
  }
  return lacks.what === 'answers' && others.length === 0 ? untold(rollout, evidence, lacks.says) : null;
}

/** Only a person can tell what the forced requests were answered: asked once. */
function untold(rollout: Rollout, evidence: Evidence, why: string): MachineEvent | null {
  const isTold = wasPaged(rollout, 'undecided', asOfNow(rollout.stageEnteredAt, evidence));
  if (rollout.openPage !== null || isTold) return null;
  return { kind: 'undecidedTooLong', cause: 'undecided', reason: `held: ${why}` };
}

function endOfStage(rollout: Rollout, { forced, verdict }: Evidence): MachineEvent | null {
  const { stage } = rollout;
  switch (stage.kind) {
    case 'preflight':
      return { kind: 'preflightPassed' };
    case 'internal':
      return capabilitiesOf(rollout).gatewayCarries
        ? { kind: 'internalPassed', reason: whatInternalSays({ forced, verdict }) }
        : { kind: 'internalPassed', reason: 'nobody forces requests on this route' };
    case 'step':
      return verdict && { kind: 'stepPassed', index: stage.index, reason: verdict.reason, verdict };
    case 'bake': {
      const dwell = formatDuration(neededDwellMs(rollout));
      return { kind: 'bakePassed', reason: `baked for ${dwell} within its guards` };
    }
    case 'promoted':
      return { kind: 'rolloutFinalised', reason: 'the canary is the stable now' };
    case 'finalised':
    case 'rolled-back':
    case 'aborted':
    case 'superseded':
      return null;
  }
}
