import { counted } from '../../policy/counted.ts';
import type { MachineEvent } from '../event.ts';
import type { Compared, Evidence, WorseOff } from '../evidence.ts';
import { changed, refused, type Transition, type TransitionContext } from '../move.ts';
import { wasPaged } from '../paged.ts';
import type { PagedCause, Rollout } from '../state.ts';
import { asksWhoNeedsOld, someNames } from './old-version.ts';

/**
 * What follows when a consumer is worse off since it was moved. Its past is no randomised comparison, so that it never rolls the rollout
 * back: it may hold, page, or take that one consumer back.
 */
export function consumerHarm(rollout: Rollout, evidence: Evidence): MachineEvent | null {
  const [first, ...others] = worseOff(rollout, evidence);
  if (first === undefined) return null;
  if (whatFollows(rollout) === 'move-back') {
    const reason = `${first.name} was moved back to ${rollout.stable.version}: ${first.says}`;
    return { kind: 'consumerMovedBack', consumer: first.name, reason };
  }
  // What is open already says that somebody is needed for something else.
  if (rollout.openPage !== null && rollout.openPage !== 'undecided') return null;
  const unpaged = [first, ...others].find(({ name, since }) => !wasPaged(rollout, causeOf(name), since));
  if (unpaged === undefined) return null;
  const held = whatFollows(rollout) === 'hold' ? 'it goes no further' : 'it goes on';
  const reason = `${unpaged.name} is worse off since it was moved, and ${held} (consumers.onHarm): ${unpaged.says}`;
  return { kind: 'undecidedTooLong', cause: causeOf(unpaged.name), reason };
}

/** How those fare who were moved, and whether that holds the rollout; null where nobody was, or none was compared yet. */
export function faring(
  rollout: Rollout,
  evidence: Evidence,
): { readonly holds: boolean; readonly says: string } | null {
  const [first, ...others] = worseOff(rollout, evidence);
  if (first !== undefined) {
    const more =
      others.length === 0
        ? ''
        : `; so ${others.length === 1 ? 'is' : 'are'} ${someNames(others.map(({ name }) => name))}`;
    const says = `${first.name} is worse off since it was moved: ${first.says}${more}`;
    return { holds: whatFollows(rollout) !== 'page', says };
  }
  const { compared } = evidence.consumers ?? {};
  const isAny = rollout.stage.kind === 'step' && compared !== undefined && compared.moved > 0;
  return isAny ? { holds: false, says: comparedInWords(rollout, compared) } : null;
}

/** `3 moved consumers, compared with their own past on v1: none is worse off by itself; 1 of them has too few requests to say`. */
function comparedInWords({ stable }: Rollout, { moved, tooFew, alike }: Compared): string {
  const isOne = moved === 1;
  const own = `${isOne ? 'its' : 'their'} own past on ${stable.version}`;
  const all = `${counted(moved, 'moved consumer')}, compared with ${own}`;
  const few = isOne ? 'it has' : `${tooFew} of them ${tooFew === 1 ? 'has' : 'have'}`;
  const quiet = tooFew === 0 ? '' : `; ${few} too few requests to say`;
  const shared =
    alike.length === 0 ? '' : `; ${someNames(alike)} got worse, and so did those on ${stable.version} in the same days`;
  return `${all}: ${isOne ? 'it' : 'none'} is ${isOne ? 'not ' : ''}worse off by itself${quiet}${shared}`;
}

/** The consumer that a page is about; null for a page about anything else. */
export function consumerOf(cause: PagedCause | undefined): string | null {
  return cause?.startsWith(PREFIX) ? cause.slice(PREFIX.length) : null;
}

const PREFIX = 'hold:consumer:';

function causeOf(name: string): PagedCause {
  return `${PREFIX}${name}`;
}

function whatFollows({ policy }: Rollout): 'hold' | 'move-back' | 'page' {
  return policy.spec.consumers.onHarm ?? 'hold';
}

/** Rules count in the steps alone, and in a dry run nothing follows from evidence. */
function worseOff(rollout: Rollout, { consumers }: Evidence): readonly WorseOff[] {
  const counts = rollout.stage.kind === 'step' && !rollout.policy.spec.dryRun && asksWhoNeedsOld(rollout);
  const { movedBack = {} } = rollout;
  // What was found before it was moved back is settled.
  const settledAt = (name: string) => (Object.hasOwn(movedBack, name) ? (movedBack[name] ?? 0) : 0);
  return counts ? (consumers?.worse ?? []).filter(({ name, since }) => since > settledAt(name)) : [];
}

/** Its rule is changed with it; it stays back until a person moves it. */
export function moveBack(
  rollout: Rollout,
  { consumer, reason }: Extract<MachineEvent, { kind: 'consumerMovedBack' }>,
  { at }: TransitionContext,
): Transition {
  if (rollout.stage.kind !== 'step') return refused('rules of consumers count in the steps alone');
  return changed(rollout, { reason, movedBack: { ...rollout.movedBack, [consumer]: at } });
}
