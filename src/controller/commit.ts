import type { ListSide } from '../consumers/list-before.ts';
import { Problem } from '../problem/problem.ts';
import { announce } from '../rollout/announce.ts';
import type { Happening } from '../rollout/event.ts';
import { type Evidence, resetEvidence } from '../rollout/evidence.ts';
import type { Transition } from '../rollout/move.ts';
import type { NeedsOld } from '../rollout/needs/old-version.ts';
import type { AuditDraft, Configuration, RolloutRecord } from '../rollout/record.ts';
import { trailChange } from '../rollout/so-far/trail.ts';
import { type Rollout, stageName } from '../rollout/state.ts';
import { transition } from '../rollout/transition.ts';
import type { ListChange, RolloutChange } from '../store/store.ts';
import type { ControllerPorts } from './ports.ts';

/** An event with everything that its audit entry says. */
export interface Cause extends Happening {
  readonly needsOld?: NeedsOld;
  /** What is made of the list of consumers with it, and both sides of that by name. */
  readonly consumers?: { readonly change: ListChange; readonly before: ListSide; readonly after: ListSide };
}

type Ports = Pick<ControllerPorts, 'channels' | 'routes' | 'installation'>;

/**
 * The change that an event makes: rollout, evidence, audit entry and messages, committed in one transaction.
 * Throws Problem('refused') when the state machine does not allow it.
 */
export function changeFor(ports: Ports, record: RolloutRecord, cause: Cause, leaseEpoch: number | null): RolloutChange {
  const { rollout: before } = record;
  const moved = move(before, cause);
  if (moved.kind === 'refused') throw new Problem('refused', moved.reason);
  const after = moved.rollout;
  return {
    rollout: after,
    evidence: resetEvidence(decidedBy(record.evidence, cause), moved.evidence, after, cause.at),
    expectedVersion: before.version,
    leaseEpoch,
    audit: [auditDraft(before, after, cause)],
    deliveries: deliveriesFor(ports, record, after, cause),
    ...newStable(ports, after),
    ...(cause.consumers ? { consumers: { change: cause.consumers.change } } : {}),
  };
}

/** A look that decided nothing: only the evidence is overwritten. */
export function evidenceOnly(rollout: Rollout, evidence: Evidence, leaseEpoch: number): RolloutChange {
  const change = { rollout, evidence, expectedVersion: rollout.version, leaseEpoch, audit: [], deliveries: [] };
  return afterLook(change, evidence);
}

/** The change of a look: with its row of the trail. */
export function afterLook(change: RolloutChange, { trail }: Evidence): RolloutChange {
  return trail === undefined ? change : { ...change, trail: trailChange(trail) };
}

export function auditDraft(before: Rollout | null, after: Rollout, cause: Cause): AuditDraft {
  const { event, consumers } = cause;
  return {
    at: cause.at,
    actor: cause.actor,
    route: after.route,
    rolloutId: after.id,
    event,
    reason: cause.reason || ('reason' in event ? event.reason : after.reason),
    before: before && { ...configuration(before), ...(consumers ? { consumers: consumers.before } : {}) },
    after: { ...configuration(after), ...(consumers ? { consumers: consumers.after } : {}) },
  };
}

/** What is shown afterwards is the verdict that decided: a look alone does not know that it was the second try. */
function decidedBy(evidence: Evidence, { event }: Cause): Evidence {
  return event.kind === 'canaryJudgedHarmful' ? { ...evidence, verdict: event.verdict } : evidence;
}

function move(before: Rollout, cause: Cause): Transition {
  const { at, actor, reason, needsOld } = cause;
  return transition(before, cause.event, { at, actor, reason, needsOld });
}

function deliveriesFor(
  { channels, installation }: Ports,
  { rollout: before, evidence }: RolloutRecord,
  after: Rollout,
  cause: Cause,
): RolloutChange['deliveries'] {
  return announce(before, after, cause, evidence, installation).flatMap((message) =>
    channels
      .filter((channel) => channel.takes.includes(message.kind))
      .map((channel) => ({ channel: channel.name, message })),
  );
}

/** Finalised: the canary replaces what `serin.yaml` declares for the route, until the file declares something else. */
function newStable(ports: Pick<ControllerPorts, 'routes'>, after: Rollout): Pick<RolloutChange, 'newStable'> {
  if (after.stage.kind !== 'finalised') return {};
  const declared = ports.routes.find((route) => route.name === after.route);
  const replacedUrl = declared?.stable.url ?? after.stable.url;
  return { newStable: { route: after.route, stable: after.canary, replacedUrl } };
}

function configuration(rollout: Rollout): Configuration {
  return {
    stage: stageName(rollout.stage),
    canaryBps: rollout.canaryBps,
    stable: rollout.stable.url,
    canary: rollout.canary.url,
    paused: rollout.paused !== null,
    policyDigest: rollout.policyDigest,
    skippedChecks: rollout.skippedChecks,
    extraDwellMs: rollout.extraDwellMs,
  };
}
