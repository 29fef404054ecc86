import type { Verdict } from '../judge/verdict.ts';
import { claimsParity } from '../parity/finding.ts';
import { obstacleIn } from '../parity/internal/reservation.ts';
import { whyUntold } from '../rollout/forced.ts';
import { isKeptInternal } from '../rollout/internal.ts';
import { stageNeeds } from '../rollout/needs/stage-needs.ts';
import { currentStep, neededDwellMs, requiredGates } from '../rollout/plan.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { isEnded, type Rollout } from '../rollout/state.ts';
import { capabilitiesOf } from '../split/capabilities.ts';

/** What an operator must do before anything else happens. Evidence that is still gathering does not count. */
export function waitsFor({ rollout, evidence }: RolloutRecord): string[] {
  if (isEnded(rollout)) return [];
  const waits: string[] = [];
  if (rollout.paused) waits.push('resume');
  if (rollout.openPage !== null) waits.push('look');
  if (rollout.stage.kind === 'promoted' && rollout.policy.spec.finalise === 'manual') waits.push('finalise');
  const hasDwelt = evidence.dwellMs >= neededDwellMs(rollout);
  if (hasDwelt && isProvenEnough({ rollout, evidence })) {
    const closed = requiredGates(rollout).filter((gate) => !rollout.gatesPassed.includes(gate));
    waits.push(...closed.map((gate) => `gate:${gate}`));
    if (stageNeeds(rollout, evidence, null).some(({ what, met }) => what === 'consumers' && !met))
      waits.push('consumers');
  }
  if (isHeldByCheck(rollout, evidence.verdict) || isUnseenBake(rollout)) waits.push('advance');
  else if (hasDwelt && isEndedByHand({ rollout, evidence })) waits.push('advance');
  return waits;
}

/** Whether a check keeps the canary in the internal phase, however many requests come: nobody is paged for it before `maxHold`. */
function isHeldByCheck({ stage }: Rollout, verdict: Verdict | null): boolean {
  return stage.kind === 'internal' && obstacleIn(verdict?.reservations ?? [])?.kind === 'holds';
}

/** Whether the operator of another router must confirm that the canary serves all traffic. */
function isUnseenBake(rollout: Rollout): boolean {
  return rollout.stage.kind === 'bake' && !capabilitiesOf(rollout).splitSeen;
}

/** Whether nothing but a person ends the stage once its time is over. */
function isEndedByHand({ rollout, evidence: { forced, verdict } }: RolloutRecord): boolean {
  const { stage, policy } = rollout;
  const { dryRun, internal } = policy.spec;
  switch (stage.kind) {
    case 'internal':
      if (forced.requests < internal.requests || isKeptInternal(verdict) || dryRun) return false;
      return capabilitiesOf(rollout).gatewayCarries && whyUntold(forced) !== null;
    case 'step':
      return listsConsumers(rollout) || dryRun || showsNoParity(verdict);
    case 'bake':
      return dryRun;
    default:
      return false;
  }
}

/** Whether every check that could show parity is skipped, or reports only. */
function showsNoParity(verdict: Verdict | null): boolean {
  return verdict?.name === 'undecided' && verdict.hold === undefined && !verdict.findings.some(claimsParity);
}

function isProvenEnough({ rollout, evidence }: RolloutRecord): boolean {
  if (rollout.stage.kind === 'internal') {
    return evidence.forced.requests >= rollout.policy.spec.internal.requests && !isKeptInternal(evidence.verdict);
  }
  return rollout.stage.kind === 'step' && (listsConsumers(rollout) || evidence.verdict?.name === 'at-parity');
}

function listsConsumers(rollout: Rollout): boolean {
  const step = currentStep(rollout);
  return step !== null && 'consumers' in step;
}
