import { formatBps, formatDuration } from '../policy/units.ts';
import { capabilitiesOf } from '../split/capabilities.ts';
import type { Happening, OverrideEvent } from './event.ts';
import { clockOf } from './eyes/asked.ts';
import { weightInForce } from './split-order.ts';
import { type Rollout, stageName } from './state.ts';
import { inQuotes } from './words/quote.ts';

const NOT_MOVED = 'Serin does not move the traffic of this route';

/** What happened, with its verb, who did it, and why: `payments: v2 paused by ada: lunch`. */
export function sentence(before: Rollout, after: Rollout, { event, actor, reason }: Happening): string {
  const { route, canary } = after;
  const entered = before.stage !== after.stage;
  if (entered && !capabilitiesOf(after).serinMoves && after.stage.kind !== 'finalised') return adviceOnEntering(after);
  const asked = 'askedBy' in event && event.askedBy ? `, asked for by ${event.askedBy.name}` : '';
  const by = actor.role === 'serin' ? '' : ` by ${actor.name}${asked}`;
  // A paused rollout may be moved; it stays paused.
  const still = actor.role !== 'serin' && before.paused && after.paused ? ', still paused' : '';
  const why = actor.role === 'serin' ? after.reason : inQuotes(reason);
  switch (event.kind) {
    case 'preflightPassed':
      return `${route}: ${canary.version} started${by}, it gets forced requests only: ${why}${warningOf(event)}`;
    case 'pageResolved':
      return `${route}: the page about ${canary.version} is over: ${event.reason}`;
    case 'rolloutFinalised':
    case 'finalisedByHand':
      return (
        `${route}: ${canary.version} is the stable now${by && `, finalised${by}`}; ` +
        `${before.stable.version} (${before.stable.url}) may be decommissioned`
      );
    case 'superseded':
      return `${route}: ${canary.version} superseded by ${event.by}, which was started${by}: ${why}`;
    case 'rolledBack':
      return rolledBackSentence(before, after, by, why);
    default:
      break;
  }
  if (entered) {
    switch (after.stage.kind) {
      case 'promoted':
        return `${route}: ${canary.version} promoted to 100%${asRepair(event)}${by}${still}: ${why}`;
      case 'step':
      case 'bake':
        return `${route}: ${canary.version} advanced to ${stageName(after.stage)} (${formatBps(after.canaryBps)})${by}${still}: ${why}`;
      default:
        return `${route}: ${canary.version} ${stageName(after.stage)}${by}: ${why}`;
    }
  }
  const verb = actor.role === 'serin' ? '' : ` ${verbOf(event as OverrideEvent, after)}${by}`;
  return `${route}: ${canary.version}${verb}${still}: ${why}`;
}

/** `payments protected: v2 rolled back at 10%, v1 serves 100%: canary errors 4.8 % against 0.2 % ...` */
export function rolledBackSentence(
  before: Rollout,
  after: Rollout,
  by: string = '',
  why: string = after.reason,
): string {
  if (!capabilitiesOf(after).serinMoves) return adviceOnEntering(after);
  const { route, canary, stable } = after;
  const where =
    before.stage.kind === 'step' || before.stage.kind === 'bake'
      ? formatBps(weightInForce(before, after.stageEnteredAt))
      : stageName(before.stage);
  // A brake that blames nobody aborts.
  const verb = after.stage.kind === 'aborted' ? 'taken back' : 'rolled back';
  const done = `${canary.version} ${verb}${by} at ${where}, ${stable.version} serves 100%: ${why}`;
  return by === '' ? `${route} protected: ${done}` : `${route}: ${done}`;
}

/** What to do now, when the operator makes the split: nothing here claims that it was done. */
function adviceOnEntering({ route, canary, stable, stage, canaryBps, reason }: Rollout): string {
  switch (stage.kind) {
    case 'rolled-back':
      return `${route}: take all traffic off ${canary.version} now, ${stable.version} should serve 100%; ${NOT_MOVED}: ${reason}`;
    case 'step':
      return `${route}: ${canary.version} may be given ${formatBps(canaryBps)} now (${stageName(stage)}); ${NOT_MOVED}: ${reason}`;
    case 'bake':
      return (
        `${route}: ${canary.version} may be given 100% now; ${NOT_MOVED}: ` +
        `advance it to promoted when it serves everybody: ${reason}`
      );
    case 'promoted':
      return `${route}: ${canary.version} promoted: ${reason}`;
    default:
      return `${route}: ${canary.version} ${stageName(stage)}; ${NOT_MOVED}: ${reason}`;
  }
}

function warningOf({ warning }: Extract<Happening['event'], { kind: 'preflightPassed' }>): string {
  return warning === undefined ? '' : `; but ${warning}`;
}

function asRepair(event: Happening['event']): string {
  return event.kind === 'promoted' && event.repair ? ' as a repair, without the bake,' : '';
}

/** What an operator did within the stage. */
function verbOf(event: OverrideEvent, { stage, canaryBps }: Rollout): string {
  switch (event.kind) {
    case 'paused':
      return 'paused';
    case 'resumed':
      return 'resumed';
    case 'weightSet':
      return `set to ${formatBps(canaryBps)}`;
    case 'extended':
      return `given ${formatDuration(event.byMs)} more in ${stageName(stage)}`;
    case 'checkSkipped':
      return `judged without ${event.check}`;
    case 'gatePassed':
      return `let through gate ${event.gate}`;
    case 'gateApproved':
      return `approved at gate ${event.gate} (${event.approvals} of ${event.by})`;
    case 'deedAsked':
      return `waits for a second person until ${clockOf(event.until)}: ${event.command}, asked for`;
    case 'rebased':
      return 'rebased to the edited policy';
    case 'advanced':
    case 'promoted':
      return 'advanced';
    case 'rolledBack':
      return 'rolled back';
    case 'aborted':
      return 'aborted';
    case 'superseded':
      return 'superseded';
    case 'finalisedByHand':
      return 'finalised';
    case 'restored':
      return `put back to before entry ${event.to}`;
  }
}
