import { faultOfBlock } from '../judge/evidence.ts';
import { alarmOf } from '../judge/fault/fault-detector.ts';
import { type JudgeState, type Look, openJudgement } from '../judge/judge.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { Policy } from '../policy/schema.ts';
import type { Block } from '../stats/block.ts';
import { addForced, type Forced } from './forced.ts';
import type { EvidenceReset } from './move.ts';
import type { NeedsOld } from './needs/old-version.ts';
import { addCost, type CostSoFar, closeStage, NO_COST } from './so-far/cost.ts';
import { countPast, enterPast, leavePast, type Past, trustedPast } from './so-far/past.ts';
import { extendTrail, type TrailEnd } from './so-far/trail.ts';
import { trailLook } from './so-far/trail-look.ts';
import { isEnded, type Rollout } from './state.ts';

/** What has been seen so far: overwritten at every look in the transaction of the look, never audited. */
export interface Evidence {
  readonly judge: JudgeState;
  readonly verdict: Verdict | null;
  /** The metrics source's cursor up to which blocks are part of `judge`. */
  readonly cursor: string | null;
  /** Time that counted towards the dwell of the present stage, in ms. */
  readonly dwellMs: number;
  /** Database time of the last look. */
  readonly lookedAt: number;
  /** Database time since which the ordered split was seen applied; null until then. */
  readonly appliedAt: number | null;
  readonly forced: Forced;
  /** Omitted where it was not counted from the start, before it was known. */
  readonly cost?: CostSoFar;
  readonly blindSince: number | null;
  /** Database time since which the verdict has been `suspect`; null while it is not. */
  readonly suspectSince: number | null;
  /** The hold that the verdict rests on, and database time since which; omitted or null while there is none. */
  readonly held?: { readonly cause: string; readonly since: number } | null;
  /** Database time since which the whole route fails, whatever the verdict; null while it does not. */
  readonly faultSince: number | null;
  /** Database time at which it was begun anew within the stage; omitted if it was not. */
  readonly anewAt?: number;
  /** How far the database's clock was set since the stage began, in ms; omitted if it was not. */
  readonly steppedMs?: number;
  /** Age at which an open request counts as slow in the next collection. */
  readonly slowAfterMs: number;
  /** The stages so far, from the first that this version saw begin; omitted before it. */
  readonly past?: Past;
  /** What was last seen of consumers; omitted where nobody asked. */
  readonly consumers?: ConsumersSeen;
  /** The end of the trail; omitted before the first look that left one. */
  readonly trail?: TrailEnd;
}

/** What is known of the consumers of the route. */
export interface ConsumersSeen {
  /** Database time at which the ledger was asked, epoch ms. */
  readonly ledgerAt: number;
  readonly needsOld: NeedsOld;
  /** How many of those who were moved are compared with their own past; omitted before the first time. */
  readonly compared?: Compared;
  /** Of those, who is worse off; omitted for nobody. */
  readonly worse?: readonly WorseOff[];
}

/** How many were moved, and what their ledger says of them. */
export interface Compared {
  readonly moved: number;
  /** How many of them have too few requests to say. */
  readonly tooFew: number;
  /** Names of those who got worse as those on the old version did in the same days. */
  readonly alike: readonly string[];
}

/** A consumer that fares worse on the new version than in its own past on the old one. */
export interface WorseOff {
  readonly name: string;
  /** Database time at which it was found, epoch ms. */
  readonly since: number;
  /** The figures, in a clause. */
  readonly says: string;
}

/** Nothing seen yet. */
export function noEvidence(policy: Policy, at: number): Evidence {
  return {
    judge: openJudgement(policy),
    verdict: null,
    cursor: null,
    dwellMs: 0,
    lookedAt: at,
    appliedAt: null,
    forced: { requests: 0, errors: 0 },
    cost: NO_COST,
    blindSince: null,
    suspectSince: null,
    faultSince: null,
    slowAfterMs: 1_000,
  };
}

export interface Observation {
  /** Database time, epoch ms. */
  readonly at: number;
  readonly tickMs: number;
  /** How far the database's clock was set since the last look, in ms. */
  readonly stepMs: number;
  readonly look: Look | null;
  /** Blocks of this look; null when the source was unusable. */
  readonly blocks: readonly Block[] | null;
  readonly cursor: string | null;
  /** Every live data plane serves the ordered epoch. */
  readonly applied: boolean;
}

/**
 * The evidence after a look. Dwell grows by the time since the last look, at most two ticks (an outage of
 * the controller does not count), and only while the split is applied, nothing is paused and evidence was available.
 */
export function evidenceAfterLook(rollout: Rollout, before: Evidence, seen: Observation): Evidence {
  const evidence = onSteppedClock(before, seen.stepMs);
  const blind = seen.look?.verdict.name === 'blind';
  const halted = rollout.paused !== null || rollout.withdrawal !== null || rollout.stepBack?.phase === 'back';
  const watching = seen.applied && !halted && !blind && seen.look?.verdict.name !== 'shared-fault';
  const elapsed = Math.max(0, Math.min(seen.at - evidence.lookedAt, 2 * seen.tickMs));
  const counted = watching && evidence.appliedAt !== null ? elapsed : 0;
  return {
    ...evidence,
    judge: seen.look?.state ?? evidence.judge,
    verdict: seen.look?.verdict ?? evidence.verdict,
    slowAfterMs: seen.look?.slowAfterMs ?? evidence.slowAfterMs,
    cursor: seen.cursor,
    dwellMs: evidence.dwellMs + counted,
    lookedAt: seen.at,
    appliedAt: evidence.appliedAt ?? (seen.applied ? seen.at : null),
    forced: rollout.stage.kind === 'internal' ? addForced(evidence.forced, ownBlocks(rollout, seen)) : evidence.forced,
    blindSince: blind ? (evidence.blindSince ?? seen.at) : null,
    suspectSince: seen.look?.verdict.name === 'suspect' ? (evidence.suspectSince ?? seen.at) : null,
    held: heldSince(evidence, seen),
    faultSince: faultSince(evidence, seen),
    ...drawnFrom(rollout, evidence, seen),
  };
}

/** What is kept for people to see of the past. A block that the judge would not take is left out of it too. */
function drawnFrom(
  rollout: Rollout,
  { past, cost, trail, lookedAt }: Evidence,
  seen: Observation,
): Pick<Evidence, 'past' | 'cost' | 'trail'> {
  const { at, look, blocks } = seen;
  const own = (blocks ?? []).filter((block) => block.splitEpoch >= rollout.firstEpoch && faultOfBlock(block) === null);
  const known = past && countPast(trustedPast(past, rollout), rollout.policy, own);
  const row = trailLook(rollout, known ?? [], {
    at,
    sinceMs: at - lookedAt,
    verdict: look?.verdict ?? null,
    blocks: own,
  });
  return {
    ...(known === undefined ? {} : { past: known }),
    ...(cost === undefined ? {} : { cost: addCost(cost, own) }),
    trail: extendTrail(trail, row),
  };
}

/**
 * The evidence after an event. The judge keeps its memory across stages (alpha covers the whole rollout), but not the
 * verdict: no step passes on the verdict of the previous one.
 */
export function resetEvidence(evidence: Evidence, reset: EvidenceReset, after: Rollout, at: number): Evidence {
  const { past } = evidence;
  if (isEnded(after)) return past === undefined ? evidence : { ...evidence, past: leavePast(past, at) };
  switch (reset) {
    case 'keep': {
      // A weight that changes within the stage has its own timestamps, on the present clock.
      const { increase, withdrawal, stepBack } = after;
      const began = [increase?.at, withdrawal?.at, withdrawal?.overAt, stepBack?.at].includes(at);
      return began && evidence.steppedMs !== undefined ? { ...evidence, steppedMs: 0 } : evidence;
    }
    case 'stage':
      // A fault from before the stage was not caused by it, so its time is kept.
      return {
        ...evidence,
        verdict: null,
        dwellMs: 0,
        appliedAt: null,
        lookedAt: at,
        blindSince: null,
        suspectSince: null,
        held: null,
        ...(evidence.cost ? { cost: closeStage(evidence.cost) } : {}),
        ...(evidence.steppedMs === undefined ? {} : { steppedMs: 0 }),
        past: enterPast(past ?? [], after, at),
      };
    case 'all':
      return { ...withoutCost(after, at), cursor: evidence.cursor, anewAt: at, ...drawnSoFar(evidence) };
  }
}

/**
 * The evidence on a clock that was set by `stepMs`: a duration of one minute stays one minute.
 * The rollout's own timestamps are audited and stay, so the duration of the stage is corrected by `steppedMs`.
 */
export function onSteppedClock(evidence: Evidence, stepMs: number): Evidence {
  if (stepMs === 0) return evidence;
  const at = (instant: number | null) => (instant === null ? null : instant + stepMs);
  return {
    ...evidence,
    lookedAt: evidence.lookedAt + stepMs,
    appliedAt: at(evidence.appliedAt),
    blindSince: at(evidence.blindSince),
    suspectSince: at(evidence.suspectSince),
    ...(evidence.held ? { held: { ...evidence.held, since: evidence.held.since + stepMs } } : {}),
    faultSince: at(evidence.faultSince),
    ...(evidence.anewAt === undefined ? {} : { anewAt: evidence.anewAt + stepMs }),
    steppedMs: (evidence.steppedMs ?? 0) + stepMs,
    judge: { ...evidence.judge, fedAt: at(evidence.judge.fedAt) },
  };
}

/** What was answered does not become untrue with a new policy. */
function drawnSoFar({ past, cost, trail }: Evidence): Pick<Evidence, 'past' | 'cost' | 'trail'> {
  return {
    ...(past === undefined ? {} : { past }),
    ...(cost === undefined ? {} : { cost: closeStage(cost) }),
    ...(trail === undefined ? {} : { trail }),
  };
}

// A cost that was not counted from the start would be too small.
function withoutCost({ policy }: Rollout, at: number): Evidence {
  const { cost: _, ...nothing } = noEvidence(policy, at);
  return nothing;
}

/** A timestamp of the rollout itself (the stage was entered, the weight grew), converted to the present clock. */
export function asOfNow(instant: number, { steppedMs = 0 }: Pick<Evidence, 'steppedMs'>): number {
  return instant + steppedMs;
}

// A look that could not see, or that saw something stronger, does not end a hold.
function heldSince({ held = null }: Evidence, { look, at }: Observation): NonNullable<Evidence['held']> | null {
  if (look === null) return held;
  const { name, hold } = look.verdict;
  if (hold !== undefined) return held?.cause === hold.cause ? held : { cause: hold.cause, since: at };
  return name === 'undecided' || name === 'at-parity' ? null : held;
}

function faultSince(evidence: Evidence, { look, at }: Observation): number | null {
  if (look === null) return evidence.faultSince;
  return alarmOf(look.state.fault, look.state.slowness) === null ? null : (evidence.faultSince ?? at);
}

function ownBlocks({ splitEpoch }: Rollout, { blocks }: Observation): readonly Block[] {
  return (blocks ?? []).filter((block) => block.splitEpoch <= splitEpoch);
}
