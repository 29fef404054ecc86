import { formatBps } from '../../policy/units.ts';
import type { ChangeOutcome } from './outcome.ts';

/** Whether a verb can be taken back, and by what. */
export function wayBack({ deed, before: { rollout: before }, after }: ChangeOutcome): readonly string[] {
  const { stable, canary } = after;
  switch (after.stage.kind) {
    case 'rolled-back':
    case 'aborted':
      return ['It cannot be undone: retry begins a new attempt, from the internal phase.'];
    case 'finalised':
      return [`It cannot be undone: the way back to ${stable.version} is a rollout of it.`];
    default:
      break;
  }
  switch (deed.verb) {
    case 'pause':
      return ['It can be taken back by resume.'];
    case 'resume':
      return ['It can be paused again.'];
    case 'weight':
      return [`It can be taken back by weight ${formatBps(before.canaryBps)}.`];
    case 'restore':
      return ['It can be taken back by a restore to its own entry, as long as the stage is the same.'];
    case 'extend':
      return ['It can be made shorter again by restore; advance ends the stage at once.'];
    case 'skip':
      return ['The check can be counted again by restore.'];
    case 'gate':
      return [
        after.gatesPassed.includes(deed.gate)
          ? 'A gate that is open cannot be closed again.'
          : 'An approval cannot be taken back.',
      ];
    case 'rebase':
      return ['Restore puts the policy back; what was seen so far is gone.'];
    default:
      break;
  }
  if (after.stage.kind !== 'promoted') {
    return [`No stage can be gone back to: rollback or abort takes everything off ${canary.version}.`];
  }
  const until = `Until it is finalised, rollback takes everything back to ${stable.version}`;
  if (after.policy.spec.finalise === 'manual') return [`${until}; a person finalises it.`];
  return [
    after.paused
      ? `${until}; it is finalised by itself once it is resumed.`
      : `${until}; it is finalised by itself at the next look, and there is no way back then.`,
  ];
}
