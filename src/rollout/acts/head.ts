import { counted } from '../../policy/counted.ts';
import { formatBps, formatDuration } from '../../policy/units.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import { approvalsInWords } from '../eyes/approvals.ts';
import { someNames, unlistedInWords } from '../needs/old-version.ts';
import { onHarm } from '../on-harm.ts';
import { closedGates, currentStep, gatesOf, neededDwellMs } from '../plan.ts';
import { type Rollout, stageName } from '../state.ts';
import type { ChangeOutcome } from './outcome.ts';

/** What a verb does to the rollout itself. */
export function headOf({
  deed,
  event,
  before: { rollout: before, evidence },
  after,
}: ChangeOutcome): readonly string[] {
  const { route, canary, stable } = after;
  const was = stageName(before.stage);
  const now = stageName(after.stage);
  switch (deed.verb) {
    case 'pause':
      return [pausedIn(after), ...harmWhilePaused(after, onHarm(after, evidence.verdict))];
    case 'resume':
      return [
        `${route} goes on in ${now}${goesOnAlone(after)}.`,
        ...(before.withdrawal?.phase === 'held'
          ? [`${canary.version} gets back the weight that was taken from it for a fault of the whole route.`]
          : []),
      ];
    case 'advance':
      return after.stage.kind === 'finalised'
        ? finalised(after, before)
        : [
            `${canary.version} goes from ${was} to ${now} without waiting for what ${was} still needs.`,
            ...leftIn(event, after),
          ];
    case 'promote':
      if (after.stage.kind === 'bake')
        return [
          `${canary.version} goes from ${was} to the bake at 100%, without the steps that are left.`,
          ...leftIn(event, after),
        ];
      return [
        `${canary.version} is promoted from ${was} to 100%, ${was === 'bake' ? 'without waiting for the end of the bake' : 'without the bake'}.`,
        ...(deed.repair ? [`It is recorded as the repair of ${stable.version}.`] : []),
        ...leftIn(event, after),
      ];
    case 'rollback':
      return [`${canary.version} of ${route} is rolled back from ${was}, and the rollout is over.`];
    case 'abort':
      return [`The rollout of ${canary.version} on ${route} is aborted in ${was}, and is over.`];
    case 'finalise':
      return finalised(after, before);
    case 'weight':
      return [`The weight of ${now} is ${formatBps(after.canaryBps)} instead of ${formatBps(before.canaryBps)}.`];
    case 'extend':
      return [extended(before, after)];
    case 'skip':
      return [
        `${deed.check} counts no more in any stage that is left: it neither rolls ${canary.version} back nor keeps a step from passing.`,
      ];
    case 'gate': {
      const rule = gatesOf(after).find(({ name }) => name === deed.gate);
      if (rule?.approval && !after.gatesPassed.includes(deed.gate)) {
        return [
          `Gate ${deed.gate} of ${now} stays closed: it has ${approvalsInWords(after, deed.gate, rule.approval)} then.`,
        ];
      }
      const closed = closedGates(after);
      return [
        `Gate ${deed.gate} of ${now} is open then${closed.length > 0 ? `; ${closed.join(', ')} stay${closed.length === 1 ? 's' : ''} closed` : ''}.`,
      ];
    }
    case 'restore':
      return [`${route} goes on in ${now} as it was configured before entry ${deed.to} of the audit.`];
    case 'rebase':
      return [`${route} goes on in ${now} under ${after.policy.metadata.name} as its file is now.`];
  }
}

/** Whom it goes on without. */
function leftIn(event: ChangeOutcome['event'], after: Rollout): readonly string[] {
  if (!('leaveBehind' in event) || event.leaveBehind === undefined) return [];
  const { listed, unlisted } = event.leaveBehind;
  return [
    ...(listed.length === 0
      ? []
      : [
          `It goes on without ${counted(listed.length, 'listed consumer')} that still ${listed.length === 1 ? 'needs' : 'need'} ${after.stable.version}: ${someNames(listed)}.`,
        ]),
    ...(unlisted === null || unlisted.requests === 0 ? [] : [`It goes on though ${unlistedInWords(unlisted)}.`]),
  ];
}

function pausedIn({ route, stage, policy, canaryBps }: Rollout): string {
  if (stage.kind !== 'promoted') {
    return `${route} stays in ${stageName(stage)} at ${formatBps(canaryBps)}: nothing advances until it is resumed, and the time until then is no dwell.`;
  }
  return policy.spec.finalise === 'manual'
    ? `${route} stays promoted; only a person finalises it anyway.`
    : `${route} stays promoted: it is not finalised by itself until it is resumed.`;
}

function harmWhilePaused({ stage, policy }: Rollout, leads: ReturnType<typeof onHarm>): readonly string[] {
  if (stage.kind === 'promoted' || stage.kind === 'preflight') return [];
  if (policy.spec.dryRun) return ['Evidence rolls nothing back here (dryRun); the brake of the gateway does.'];
  if (leads === 'hold')
    return ['Harm that is found pages somebody and rolls nothing back (onHarm: hold); the brake of the gateway does.'];
  return ['Harm still rolls it back.'];
}

/** What ends the stage from now on. */
function goesOnAlone(rollout: Rollout): string {
  const { stage, policy } = rollout;
  const step = currentStep(rollout);
  const isByHand =
    (policy.spec.dryRun && stage.kind !== 'internal') ||
    (step !== null && 'consumers' in step) ||
    (stage.kind === 'bake' && !capabilitiesOf(rollout).splitSeen);
  if (stage.kind === 'promoted') {
    return policy.spec.finalise === 'manual' ? ', which a person finalises' : ', and is finalised at the next look';
  }
  return isByHand
    ? ', which a person ends with advance'
    : ': it advances by itself once dwell, gates and evidence allow it';
}

function extended(before: Rollout, after: Rollout): string {
  const [hadMs, needMs] = [neededDwellMs(before), neededDwellMs(after)];
  const name = stageName(after.stage);
  if (hadMs === needMs) return `Nothing waits longer: ${name} has no dwell.`;
  return `The dwell of ${name} is ${formatDuration(needMs)} instead of ${formatDuration(hadMs)}.`;
}

function finalised({ route, canary, stable }: Rollout, before: Rollout): readonly string[] {
  return [
    `${canary.version} becomes the stable of ${route}, and the rollout is over.`,
    `${before.stable.version} (${stable.url}) gets nothing any more, and may be decommissioned.`,
  ];
}
